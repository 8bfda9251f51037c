//! What one execution of a pipeline wrote, sorted out of a listing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, Utc};
use reenact_registry::{
    Execution, ExecutionId, KeyFields, Layout, Mismatch, Output, OutputKey, PipelineName, Registry,
    StepKey,
};
use serde::Serialize;

use crate::bucket::Bucket;
use crate::error::{Error, ErrorKind, Result};
use crate::source::ObjectMeta;

/// What committers of Hadoop and Spark write into while they are not done.
const UNCOMMITTED: &str = "_temporary";
/// What they write when they are.
const SUCCESS: &str = "_SUCCESS";

/// One execution of a pipeline, and everything it wrote.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct DiscoveredExecution {
    /// The bucket it was found in.
    #[serde(serialize_with = "as_text")]
    pub bucket: Bucket,
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The execution's id.
    pub id: ExecutionId,
    /// When it began, where that is known.
    pub started: Option<DateTime<Utc>>,
    /// When the newest object of its outputs was written.
    pub newest: Option<DateTime<Utc>>,
    /// Its outputs, by step, job type and logical name.
    pub outputs: Vec<DiscoveredOutput>,
    /// Objects that belong to no output, by key.
    pub ignored: Vec<Ignored>,
}

/// What one step wrote under one logical name: a tree of objects.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct DiscoveredOutput {
    /// The step, its job type if it has one, and the logical name.
    pub key: OutputKey,
    /// The prefix that all its objects are below; the key of the object, where the output is that one object.
    pub root: String,
    /// Its objects, by key. There may be none if there is a success marker.
    pub objects: Vec<ObjectMeta>,
    /// Whether a `_SUCCESS` marker says that it is complete. Many writers leave none.
    pub success_marker: bool,
}

/// An object that belongs to no output, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Ignored {
    /// The object's key; or a prefix that ends with `/`, where nothing below it was looked at.
    pub key: String,
    /// Why it belongs to no output.
    pub reason: IgnoreReason,
}

/// Why an object belongs to no output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IgnoreReason {
    /// It is the zero-byte `name/` object that consoles make to show an empty folder.
    FolderMarker,
    /// Its key tells no step or no output.
    Nameless,
    /// The layout has no place for it.
    NoPlace(Mismatch),
    /// It was written by another attempt of the step than the output: that is what the newest attempt with a success marker
    /// wrote or, where none has one, the newest.
    Superseded,
    /// It is a `_SUCCESS` marker, which is about the output and not part of it.
    SuccessMarker,
    /// It is below a `_temporary` folder: an attempt that was never committed.
    Uncommitted,
}

impl fmt::Display for Ignored {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            // Which names the key itself.
            IgnoreReason::NoPlace(mismatch) => mismatch.fmt(formatter),
            reason => write!(formatter, "key `{}`: {reason}", self.key),
        }
    }
}

impl fmt::Display for IgnoreReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FolderMarker => formatter.write_str("folder marker"),
            Self::NoPlace(mismatch) => mismatch.fmt(formatter),
            Self::Nameless => formatter.write_str("tells no step or output"),
            Self::Superseded => formatter.write_str("written by another attempt"),
            Self::SuccessMarker => formatter.write_str("success marker"),
            Self::Uncommitted => formatter.write_str("never committed"),
        }
    }
}

impl DiscoveredExecution {
    /// Sorts what a listing found below the prefixes of one execution.
    pub(super) fn assemble(
        bucket: &Bucket,
        layout: &Layout,
        (pipeline, id): (&PipelineName, &ExecutionId),
        objects: BTreeMap<String, ObjectMeta>,
    ) -> Self {
        let mut ignored = Vec::new();
        let mut attempts: BTreeMap<OutputKey, BTreeMap<String, DiscoveredOutput>> = BTreeMap::new();
        for object in objects.into_values() {
            match Placed::new(layout, &object) {
                Ok(placed) => {
                    let attempts = attempts.entry(placed.output.clone()).or_default();
                    let output = attempts
                        .entry(placed.attempt.clone())
                        .or_insert_with(|| DiscoveredOutput::new(&placed));
                    match output.marker(&placed.path) {
                        None => output.add(&placed.root, object),
                        Some(reason) => ignored.push(Ignored { key: object.key, reason }),
                    }
                }
                Err(reason) => ignored.push(Ignored { key: object.key, reason }),
            }
        }
        let outputs: Vec<_> = attempts
            .into_values()
            .filter_map(|attempts| newest_attempt(attempts, &mut ignored))
            .collect();
        ignored.sort_unstable_by(|left, right| left.key.cmp(&right.key));
        Self {
            bucket: bucket.clone(),
            pipeline: pipeline.clone(),
            id: id.clone(),
            started: None,
            newest: outputs.iter().filter_map(DiscoveredOutput::newest).max(),
            outputs,
            ignored,
        }
    }

    /// Returns the time by which it is ordered: when it began or, where that is not known, when the newest object of its outputs
    /// was written.
    pub fn time(&self) -> Option<DateTime<Utc>> {
        self.started.or(self.newest)
    }

    /// Returns how many bytes all outputs have together.
    pub fn bytes(&self) -> u64 {
        self.outputs.iter().map(DiscoveredOutput::bytes).sum()
    }

    /// Returns the steps that have outputs.
    pub fn steps(&self) -> BTreeSet<&StepKey> {
        self.outputs.iter().map(|output| output.key.step_key()).collect()
    }

    /// Returns the output of exactly this step, job type and name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownStep`] or [`ErrorKind::UnknownOutput`], with the names there are and the nearest one.
    pub fn output(&self, key: &OutputKey) -> Result<&DiscoveredOutput> {
        let outputs = self.outputs_of(key.step_key())?;
        outputs.iter().find(|output| output.key == *key).copied().ok_or_else(|| {
            let known = outputs.iter().map(|output| output.key.to_string()).collect();
            self.unknown(ErrorKind::UnknownOutput, &key.to_string(), known)
        })
    }

    /// Returns the outputs of exactly this step and job type, by name; never none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownStep`], with the steps there are and the nearest one.
    pub fn outputs_of(&self, step: &StepKey) -> Result<Vec<&DiscoveredOutput>> {
        let outputs: Vec<_> =
            self.outputs.iter().filter(|output| output.key.step_key() == step).collect();
        if outputs.is_empty() {
            let known = self.steps().into_iter().map(ToString::to_string).collect();
            return Err(self.unknown(ErrorKind::UnknownStep, &step.to_string(), known));
        }
        Ok(outputs)
    }

    /// Returns a registry of all outputs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Collision`] if two steps are spelt so alike that a reference could mean either, and
    /// [`ErrorKind::Invalid`] if the bucket's name cannot be part of an S3 URI.
    pub fn registry(&self) -> Result<Registry> {
        let mut registry = Registry::new(Execution::new(self.pipeline.clone(), self.id.clone()));
        for output in &self.outputs {
            let mut registered = Output::new(output.key.clone(), self.bucket.locate(&output.root)?);
            if let Some(newest) = output.newest() {
                registered = registered.with_registered_at(newest);
            }
            registry.register(registered).map_err(|source| {
                Error::new(ErrorKind::Collision)
                    .with_bucket(self.bucket.as_str())
                    .with_key(&output.root)
                    .with_source(source)
            })?;
        }
        Ok(registry)
    }

    fn unknown(&self, kind: ErrorKind, name: &str, known: Vec<String>) -> Error {
        let place = format!("{} of {}", self.id, self.pipeline);
        Error::unknown(kind, name, known).with_bucket(self.bucket.as_str()).with_place(place)
    }
}

impl DiscoveredOutput {
    fn new(placed: &Placed) -> Self {
        Self {
            key: placed.output.clone(),
            root: placed.root.clone(),
            objects: Vec::new(),
            success_marker: false,
        }
    }

    /// Returns how many bytes its objects have together.
    pub fn bytes(&self) -> u64 {
        self.objects.iter().map(|object| object.size).sum()
    }

    /// Returns when its newest object was written.
    pub fn newest(&self) -> Option<DateTime<Utc>> {
        self.objects.iter().filter_map(|object| object.last_modified).max()
    }

    /// Adds an object, and widens the root to what the roots have in common where variables come before the path.
    fn add(&mut self, root: &str, object: ObjectMeta) {
        if !root.starts_with(&self.root) {
            let shared = self
                .root
                .bytes()
                .zip(root.bytes())
                .take_while(|(ours, theirs)| ours == theirs)
                .count();
            let folder = self.root.as_bytes()[..shared].iter().rposition(|byte| *byte == b'/');
            self.root.truncate(folder.map_or(0, |slash| slash + 1));
        }
        self.objects.push(object);
    }

    /// Says why an object at `path` below the output is about it and not part of it.
    fn marker(&mut self, path: &str) -> Option<IgnoreReason> {
        if path.split('/').any(|part| part == UNCOMMITTED) {
            return Some(IgnoreReason::Uncommitted);
        }
        if path.rsplit('/').next() == Some(SUCCESS) {
            self.success_marker = true;
            return Some(IgnoreReason::SuccessMarker);
        }
        None
    }
}

/// Returns whether what lies at `path` below an output is about it and not part of it.
pub(crate) fn is_marker(path: &str) -> bool {
    path.split('/').any(|part| part == UNCOMMITTED) || path.rsplit('/').next() == Some(SUCCESS)
}

/// Where an object belongs.
struct Placed {
    output: OutputKey,
    /// Which attempt of the step wrote it; empty where keys do not tell.
    attempt: String,
    root: String,
    path: String,
}

impl Placed {
    fn new(layout: &Layout, object: &ObjectMeta) -> Result<Self, IgnoreReason> {
        if object.is_folder_marker() {
            return Err(IgnoreReason::FolderMarker);
        }
        let fields = layout.match_key(&object.key).map_err(IgnoreReason::NoPlace)?;
        if fields.path().is_none() && object.key.rsplit('/').next() == Some(SUCCESS) {
            // Beside outputs that are one object each, it is about the step.
            return Err(IgnoreReason::SuccessMarker);
        }
        let path = fields.path().unwrap_or_default();
        Ok(Self {
            output: output_key(&fields).ok_or(IgnoreReason::Nameless)?,
            attempt: fields.attempt().unwrap_or_default().to_owned(),
            root: object.key.strip_suffix(path).unwrap_or(&object.key).to_owned(),
            path: path.to_owned(),
        })
    }
}

fn output_key(fields: &KeyFields) -> Option<OutputKey> {
    Some(
        OutputKey::new(fields.step()?.clone(), fields.output()?.clone())
            .with_job_type(fields.job().cloned()),
    )
}

/// Of the attempts that wrote an output takes the newest that has a success marker, or else the newest.
fn newest_attempt(
    attempts: BTreeMap<String, DiscoveredOutput>,
    ignored: &mut Vec<Ignored>,
) -> Option<DiscoveredOutput> {
    let mut attempts: Vec<_> = attempts.into_values().collect();
    attempts.sort_by_key(|attempt| (attempt.success_marker, attempt.newest()));
    let newest = attempts.pop()?;
    let superseded = attempts.into_iter().flat_map(|attempt| attempt.objects);
    ignored.extend(
        superseded.map(|object| Ignored { key: object.key, reason: IgnoreReason::Superseded }),
    );
    (newest.success_marker || !newest.objects.is_empty()).then_some(newest)
}

fn as_text<S: serde::Serializer>(bucket: &Bucket, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(bucket)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execution(layout: &Layout, objects: &[(&str, u64)]) -> DiscoveredExecution {
        let objects = objects
            .iter()
            .enumerate()
            .map(|(second, (key, size))| {
                let mut object = ObjectMeta::new(*key, *size);
                object.last_modified = DateTime::from_timestamp(i64::try_from(second).unwrap(), 0);
                (object.key.clone(), object)
            })
            .collect();
        let (pipeline, id) = (PipelineName::parse("p").unwrap(), ExecutionId::parse("e").unwrap());
        DiscoveredExecution::assemble(&"prod".parse().unwrap(), layout, (&pipeline, &id), objects)
    }

    fn seed(objects: &[(&str, u64)]) -> DiscoveredExecution {
        execution(&Layout::seed(), objects)
    }

    fn reasons(execution: &DiscoveredExecution) -> Vec<(&str, &IgnoreReason)> {
        execution.ignored.iter().map(|ignored| (ignored.key.as_str(), &ignored.reason)).collect()
    }

    #[test]
    fn d9_only_what_the_layout_calls_an_output_is_one() {
        let found = seed(&[
            ("pipelines/p/e/clean/code/main.py", 1),
            ("pipelines/p/e/clean/input/raw/x.csv", 1),
            ("pipelines/p/e/clean/output/table/a/x.csv", 3),
            ("pipelines/p/e/clean/output/table/b/x.csv", 4),
        ]);
        let [output] = &found.outputs[..] else { panic!("{found:?}") };
        assert_eq!((output.key.to_string().as_str(), output.bytes()), ("clean.table", 7));
        assert_eq!(output.root, "pipelines/p/e/clean/output/table/");
        assert!(
            reasons(&found).iter().all(|(_, reason)| matches!(reason, IgnoreReason::NoPlace(_)))
        );
        assert_eq!(found.ignored.len(), 2);
        assert_eq!(found.newest, DateTime::from_timestamp(3, 0));
    }

    #[test]
    fn d4_markers_and_uncommitted_objects_are_reported_apart() {
        let found = seed(&[
            ("pipelines/p/e/clean/output/", 0),
            ("pipelines/p/e/clean/output/table/_SUCCESS", 0),
            ("pipelines/p/e/clean/output/table/_temporary/0/part-0", 9),
            ("pipelines/p/e/clean/output/table/part-0", 5),
            ("pipelines/p/e/empty/output/table/_SUCCESS", 0),
        ]);
        let summary: Vec<_> =
            found.outputs.iter().map(|output| (output.bytes(), output.success_marker)).collect();
        assert_eq!(summary, [(5, true), (0, true)]);
        let reasons: Vec<_> = reasons(&found).into_iter().map(|(_, reason)| reason).collect();
        assert_eq!(
            reasons,
            [
                &IgnoreReason::FolderMarker,
                &IgnoreReason::SuccessMarker,
                &IgnoreReason::Uncommitted,
                &IgnoreReason::SuccessMarker
            ]
        );
    }

    #[test]
    fn of_several_attempts_the_newest_is_the_output() {
        let layout =
            Layout::parse("{pipeline}/{execution}/{step}/{attempt:[0-9]+}/{output}/{path**}")
                .unwrap();
        let found =
            execution(&layout, &[("p/e/s/2/o/x", 1), ("p/e/s/1/o/x", 2), ("p/e/s/1/o/y", 2)]);
        let [output] = &found.outputs[..] else { panic!("{found:?}") };
        assert_eq!((output.root.as_str(), output.bytes()), ("p/e/s/1/o/", 4));
        assert_eq!(reasons(&found), [("p/e/s/2/o/x", &IgnoreReason::Superseded)]);
    }

    #[test]
    fn an_output_spread_over_values_of_a_tag_is_one_tree() {
        let layout =
            Layout::parse("{pipeline}/{execution}/{step}/{output}/day={day}/{path**}").unwrap();
        let found = execution(&layout, &[("p/e/s/o/day=1/x", 1), ("p/e/s/o/day=12/x", 2)]);
        let [output] = &found.outputs[..] else { panic!("{found:?}") };
        assert_eq!((output.root.as_str(), output.bytes()), ("p/e/s/o/", 3));
    }

    #[test]
    fn an_output_that_is_one_object_has_that_object_as_its_root() {
        let layout = Layout::parse("{pipeline}/{execution}/{step}/{output}").unwrap();
        let found = execution(&layout, &[("p/e/train/_SUCCESS", 0), ("p/e/train/model.tar.gz", 8)]);
        assert_eq!(found.outputs.len(), 1);
        assert_eq!(found.outputs[0].root, "p/e/train/model.tar.gz");
    }

    #[test]
    fn d10_an_unknown_step_or_output_is_an_error_with_what_there_is() {
        let found = seed(&[
            ("pipelines/p/e/clean/output/table/x", 1),
            ("pipelines/p/e/ingest/output/raw/x", 1),
        ]);
        let error = found.output(&OutputKey::parse("claen.table").unwrap()).unwrap_err();
        assert_eq!((error.kind(), error.nearest()), (ErrorKind::UnknownStep, Some("clean")));
        let error = found.output(&OutputKey::parse("clean.tables").unwrap()).unwrap_err();
        assert_eq!(
            (error.kind(), error.nearest()),
            (ErrorKind::UnknownOutput, Some("clean.table"))
        );
        assert_eq!(error.known(), ["clean.table"]);
        assert!(found.output(&OutputKey::parse("clean.table").unwrap()).is_ok());
    }

    #[test]
    fn the_registry_says_where_each_output_is() {
        let found = seed(&[("pipelines/p/e/clean/output/table/x", 1)]);
        let registry = found.registry().unwrap();
        let output = registry.get(&OutputKey::parse("clean.table").unwrap()).unwrap();
        assert_eq!(output.location().to_string(), "s3://prod/pipelines/p/e/clean/output/table/");
        assert_eq!(registry.execution().id(), Some(&found.id));
    }
}
