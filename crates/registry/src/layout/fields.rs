//! `KeyFields`: what the key of one object says about it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::name::{ExecutionId, Fault, JobType, LogicalName, PipelineName, StepName, fault};
use crate::text::Visible;

/// What a key says, or, while listing, what is known so far.
///
/// ```
/// use reenact_registry::{KeyFields, PipelineName};
///
/// let fields = KeyFields::default().with_pipeline(PipelineName::parse("flights")?);
/// assert_eq!(fields.pipeline().unwrap().as_str(), "flights");
/// assert!(fields.execution().is_none());
/// # Ok::<(), reenact_registry::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    pipeline: Option<PipelineName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution: Option<ExecutionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<StepName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<JobType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<LogicalName>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

impl KeyFields {
    /// Returns the pipeline, if the key tells it.
    pub fn pipeline(&self) -> Option<&PipelineName> {
        self.pipeline.as_ref()
    }

    /// Returns the execution, if it is known; every whole key tells it.
    pub fn execution(&self) -> Option<&ExecutionId> {
        self.execution.as_ref()
    }

    /// Returns the step, if it is known; every whole key tells it.
    pub fn step(&self) -> Option<&StepName> {
        self.step.as_ref()
    }

    /// Returns the job type of the step, if the key tells it.
    pub fn job(&self) -> Option<&JobType> {
        self.job.as_ref()
    }

    /// Returns the logical name of the output, if it is known; every whole key tells it.
    pub fn output(&self) -> Option<&LogicalName> {
        self.output.as_ref()
    }

    /// Returns which attempt of the step wrote the object, where keys tell attempts apart.
    pub fn attempt(&self) -> Option<&str> {
        self.tag("attempt")
    }

    /// Returns the value of a variable that has no role of its own.
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.tags.get(name).map(String::as_str)
    }

    /// Returns the path of the object below its output; none where the output is that one object.
    ///
    /// It is the text of the key and can be anything: hostile, absolute, empty between slashes.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Adds the pipeline.
    #[must_use]
    pub fn with_pipeline(self, pipeline: PipelineName) -> Self {
        Self { pipeline: Some(pipeline), ..self }
    }

    /// Adds the execution.
    #[must_use]
    pub fn with_execution(self, execution: ExecutionId) -> Self {
        Self { execution: Some(execution), ..self }
    }

    /// Adds the step.
    #[must_use]
    pub fn with_step(self, step: StepName) -> Self {
        Self { step: Some(step), ..self }
    }

    /// Adds the job type.
    #[must_use]
    pub fn with_job(self, job: JobType) -> Self {
        Self { job: Some(job), ..self }
    }

    /// Adds the output.
    #[must_use]
    pub fn with_output(self, output: LogicalName) -> Self {
        Self { output: Some(output), ..self }
    }

    /// Adds the path below the output.
    #[must_use]
    pub fn with_path(self, path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..self }
    }

    /// Adds the value of a variable that has no role of its own, `attempt` included.
    #[must_use]
    pub fn with_tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(name.into(), value.into());
        self
    }

    /// Returns the text of the variable `name`.
    pub fn field(&self, name: &str) -> Option<&str> {
        match name {
            "pipeline" => self.pipeline.as_ref().map(AsRef::as_ref),
            "execution" => self.execution.as_ref().map(AsRef::as_ref),
            "step" => self.step.as_ref().map(AsRef::as_ref),
            "job" => self.job.as_ref().map(AsRef::as_ref),
            "output" => self.output.as_ref().map(AsRef::as_ref),
            "path" => self.path(),
            tag => self.tag(tag),
        }
    }

    /// Sets the variable `name`, or says why `text` cannot be its value.
    pub(super) fn set(&mut self, name: &str, text: &str) -> Result<(), Fault> {
        let valid = |found: Option<Fault>| found.map_or(Ok(()), Err);
        match name {
            "pipeline" => valid(PipelineName::fault(text))
                .map(|()| self.pipeline = PipelineName::parse(text).ok()),
            "execution" => valid(ExecutionId::fault(text))
                .map(|()| self.execution = ExecutionId::parse(text).ok()),
            "step" => valid(StepName::fault(text)).map(|()| self.step = StepName::parse(text).ok()),
            "job" => valid(JobType::fault(text)).map(|()| self.job = JobType::parse(text).ok()),
            "output" => valid(LogicalName::fault(text))
                .map(|()| self.output = LogicalName::parse(text).ok()),
            "path" => {
                self.path = Some(text.to_owned());
                Ok(())
            }
            tag => valid(fault(text)).map(|()| {
                self.tags.insert(tag.to_owned(), text.to_owned());
            }),
        }
    }

    /// Lists all fields that are set.
    fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let roles = ["pipeline", "execution", "step", "job", "output"];
        let own = roles.into_iter().filter_map(|role| Some((role, self.field(role)?)));
        let tags = self.tags.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        own.chain(tags).chain(self.path().map(|path| ("path", path)))
    }

    /// Returns whether all fields of `other` are there, with the same values.
    pub(super) fn covers(&self, other: &Self) -> bool {
        other.iter().all(|(name, value)| self.field(name) == Some(value))
    }

    /// Writes one line for each field.
    pub(super) fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|(name, value)| writeln!(f, "  {name:<9} {}", Visible(value)))
    }

    /// Forgets what `other` does not say as well.
    pub(super) fn retain_common(&mut self, other: &Self) {
        fn common<T: PartialEq>(own: &mut Option<T>, other: Option<&T>) {
            if own.as_ref() != other {
                *own = None;
            }
        }
        common(&mut self.pipeline, other.pipeline.as_ref());
        common(&mut self.execution, other.execution.as_ref());
        common(&mut self.step, other.step.as_ref());
        common(&mut self.job, other.job.as_ref());
        common(&mut self.output, other.output.as_ref());
        common(&mut self.path, other.path.as_ref());
        self.tags.retain(|name, value| other.tags.get(name) == Some(value));
    }
}
