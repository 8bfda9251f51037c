//! Outputs by name: where a registry says that they are becomes plans to fetch them.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use futures::TryStreamExt;
use reenact_registry::{
    DataType, JobType, Location, Output, OutputKey, PropertyPath, Registry, StepKey,
};

use crate::discover::{DiscoveredOutput, is_marker};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Plan, PlanOptions};
use crate::retry::{RetryPolicy, Retrying};
use crate::source::{ObjectMeta, ObjectSource, ObjectSourceExt};

/// Which outputs of a [`Registry`] are wanted.
///
/// Parses `step.output`, `step`, property paths (`Steps.step.Outputs['x']`, `properties.Outputs['x']`), `job-type:NAME` and
/// `data-type:NAME`.
///
/// ```
/// use std::sync::Arc;
///
/// use reenact_downloader::{ErrorKind, InMemory, PlanOptions, Transfer, TransferOptions, Wanted};
/// use reenact_registry::{Location, Output, OutputKey, Registry};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let bucket = InMemory::new("prod");
/// bucket.put("run/clean/table/part-0.csv", "x\n1\n");
/// let source: Arc<dyn reenact_downloader::ObjectSource> = Arc::new(bucket);
/// let mut registry = Registry::default();
/// let table = Location::parse("s3://prod/run/clean/table/")?;
/// registry.register(Output::new(OutputKey::parse("clean.table")?, table))?;
///
/// let directory = tempfile::tempdir()?;
/// let wanted: Wanted = "clean.table".parse()?;
/// for named in wanted.plan(&source, &registry, &PlanOptions::default()).await? {
///     let into = directory.path().join(&named.directory);
///     let report =
///         Transfer::new(Arc::clone(&source), TransferOptions::default()).run(&named.plan, &into, &()).await?;
///     assert!(report.is_complete());
/// }
/// assert!(directory.path().join("prod/clean/table/part-0.csv").exists());
///
/// let wrong: Wanted = "clean.tabel".parse()?;
/// let error = wrong.plan(&source, &registry, &PlanOptions::default()).await.unwrap_err();
/// assert_eq!((error.kind(), error.nearest()), (ErrorKind::UnknownOutput, Some("clean.table")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Wanted {
    /// One output of one step.
    Output(OutputKey),
    /// All outputs of one step.
    Step(StepKey),
    /// The output that a property path refers to.
    Property(PropertyPath),
    /// The outputs of all steps that ran for a job type.
    JobType(JobType),
    /// All outputs of a data type.
    DataType(DataType),
}

/// An output and the plan to fetch it.
#[derive(Debug)]
#[non_exhaustive]
pub struct NamedOutput {
    /// Which output it is.
    pub key: OutputKey,
    /// The prefix, or the key, where it is.
    pub root: String,
    /// What is to be fetched.
    pub plan: Plan,
    /// Where it belongs, so that no two outputs meet: bucket, pipeline, execution, step and name, as far as they are known.
    pub directory: PathBuf,
}

impl Wanted {
    /// Looks the outputs up, lists them in `source`, and plans how they are fetched. `_SUCCESS` markers and what lies below
    /// `_temporary` are no part of an output.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::UnknownOutput`] with the names there are, if there is no such output.
    /// - [`ErrorKind::Invalid`] if the name fits several outputs, or one that is not in this source.
    /// - [`ErrorKind::KeyNotFound`] if there is no object where an output should be.
    /// - Those of [`ObjectSource::list_page`] and of [`Plan::new`].
    pub async fn plan(
        &self,
        source: &Arc<dyn ObjectSource>,
        registry: &Registry,
        options: &PlanOptions,
    ) -> Result<Vec<NamedOutput>> {
        let retrying = Retrying::new(Arc::clone(source), RetryPolicy::default());
        let mut planned = Vec::new();
        for output in self.find(registry)? {
            let root = root_in(source.as_ref(), output)?;
            let listed: Vec<ObjectMeta> = retrying.list(&root).try_collect().await?;
            let objects: Vec<_> =
                listed.into_iter().filter(|object| is_part(&root, &object.key)).collect();
            if objects.is_empty() {
                let reason = format!("nothing is left of output {}", output.key());
                return Err(
                    about(source.as_ref(), ErrorKind::KeyNotFound, &root).with_reason(reason)
                );
            }
            planned.push(NamedOutput {
                key: output.key().clone(),
                plan: Plan::new(&root, &objects, options)?,
                directory: directory(source.as_ref(), registry, output.key()),
                root,
            });
        }
        Ok(planned)
    }

    /// Looks the outputs up, without asking where they are for their objects.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownStep`] or [`ErrorKind::UnknownOutput`] with the names there are, and [`ErrorKind::Invalid`] if the name
    /// fits several outputs.
    pub fn find<'a>(&'a self, registry: &'a Registry) -> Result<Vec<&'a Output>> {
        let found: Vec<&Output> = match self {
            Self::Output(key) => vec![registry.output(key).map_err(|error| self.unknown(error))?],
            Self::Property(path) => {
                vec![registry.resolve(path).map_err(|error| self.unknown(error))?]
            }
            Self::Step(key) => {
                registry.outputs_of(key).map_err(|error| self.unknown(error))?.collect()
            }
            Self::JobType(job_type) => registry.with_job_type(job_type).collect(),
            Self::DataType(data_type) => registry.with_data_type(data_type).collect(),
        };
        if !found.is_empty() {
            return Ok(found);
        }
        let names = |output: &Output| match self {
            Self::DataType(_) => output.data_type().map(ToString::to_string),
            _ => output.key().job_type().map(ToString::to_string),
        };
        let mut known: Vec<String> = registry.outputs().filter_map(names).collect();
        known.sort();
        known.dedup();
        Err(Error::unknown(ErrorKind::UnknownOutput, &self.to_string(), known))
    }

    fn unknown(&self, source: reenact_registry::Error) -> Error {
        let kind = match (source.kind(), self) {
            (reenact_registry::ErrorKind::NotFound, Self::Step(_)) => ErrorKind::UnknownStep,
            (reenact_registry::ErrorKind::NotFound, _) => ErrorKind::UnknownOutput,
            _ => ErrorKind::Invalid,
        };
        Error::unknown(kind, &self.to_string(), source.available().to_vec()).with_source(source)
    }
}

impl NamedOutput {
    /// Returns the output as a discovery would have found it, with the objects that are to be fetched.
    pub fn into_discovered(self) -> DiscoveredOutput {
        let objects = self.plan.items().iter().map(|item| item.object().clone()).collect();
        DiscoveredOutput { key: self.key, root: self.root, objects, success_marker: false }
    }
}

impl FromStr for Wanted {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let invalid = |source: reenact_registry::Error| {
            Error::new(ErrorKind::Invalid)
                .with_reason(format!("{text:?} names no output, such as step.output"))
                .with_source(source)
        };
        if let Some(name) = text.strip_prefix("job-type:") {
            return JobType::parse(name).map(Self::JobType).map_err(invalid);
        }
        if let Some(name) = text.strip_prefix("data-type:") {
            return DataType::parse(name).map(Self::DataType).map_err(invalid);
        }
        if text.starts_with("properties.") || text.starts_with("Steps.") {
            return PropertyPath::parse(text).map(Self::Property).map_err(invalid);
        }
        if text.contains('.') {
            return OutputKey::parse(text).map(Self::Output).map_err(invalid);
        }
        StepKey::parse(text).map(Self::Step).map_err(invalid)
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Output(key) => key.fmt(formatter),
            Self::Step(key) => key.fmt(formatter),
            Self::Property(path) => path.fmt(formatter),
            Self::JobType(job_type) => write!(formatter, "job-type:{job_type}"),
            Self::DataType(data_type) => write!(formatter, "data-type:{data_type}"),
        }
    }
}

/// Returns the key, or the prefix, where an output is in `source`.
fn root_in(source: &dyn ObjectSource, output: &Output) -> Result<String> {
    let bucket = source.bucket();
    let root = match output.location() {
        Location::S3(uri) if uri.bucket() == bucket.as_str() => Some(uri.key().to_owned()),
        Location::Local(path) => bucket.directory().and_then(|directory| {
            path.strip_prefix(directory).ok()?.to_str().map(ToOwned::to_owned)
        }),
        Location::S3(_) => None,
    };
    root.ok_or_else(|| {
        let place = output.location();
        let reason = format!("output {} is at {place}, not in this bucket", output.key());
        Error::new(ErrorKind::Invalid).with_bucket(bucket.as_str()).with_reason(reason)
    })
}

/// Returns whether an object is part of the output at `root`, which ends at a `/` whether that is written or not.
fn is_part(root: &str, key: &str) -> bool {
    let Some(path) = key.strip_prefix(root) else { return false };
    let is_below =
        root.is_empty() || root.ends_with('/') || path.is_empty() || path.starts_with('/');
    is_below && !is_marker(path)
}

fn about(source: &dyn ObjectSource, kind: ErrorKind, key: &str) -> Error {
    Error::new(kind).with_bucket(source.bucket().as_str()).with_key(key)
}

fn directory(source: &dyn ObjectSource, registry: &Registry, key: &OutputKey) -> PathBuf {
    let bucket = match source.bucket().directory() {
        Some(directory) => directory.file_name().unwrap_or_default().into(),
        // The ARN of an access point is no name of a directory.
        None => PathBuf::from(source.bucket().as_str().replace(['/', ':'], "-")),
    };
    let execution = registry.execution();
    let known = [
        execution.pipeline().map(ToString::to_string),
        execution.id().map(ToString::to_string),
        Some(key.step_key().to_string()),
        Some(key.logical_name().to_string()),
    ];
    known.into_iter().flatten().fold(bucket, |directory, name| directory.join(name))
}
