//! `Execution`: one run of a pipeline, and how far it got.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::key::StepKey;
use crate::name::{ExecutionId, PipelineName};
use crate::spelling;
use crate::suggestion::Unknown;

/// One run of a pipeline: which, when, and which steps it has completed of those that are expected.
///
/// Completion is derived and never counted up, so completing a step twice, or registering many outputs of
/// one step, changes nothing.
///
/// ```
/// use reenact_registry::{Completion, Execution, StepKey};
///
/// let mut execution = Execution::default().with_expected([StepKey::parse("ingest")?, StepKey::parse("clean")?]);
/// execution.complete(StepKey::parse("clean")?)?;
/// assert_eq!(execution.completion(), Completion::Partial { completed: 1, expected: 2 });
/// assert_eq!(execution.complete(StepKey::parse("claen")?).unwrap_err().suggestion(), Some("clean"));
/// # Ok::<(), reenact_registry::Error>(())
/// ```
#[doc(alias = "ExecutionMetadata")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Execution {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pipeline: Option<PipelineName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<ExecutionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<ExecutionStatus>,
    /// How many steps are expected, where their names are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expected_total: Option<NonZeroUsize>,
    #[serde(default, skip_serializing_if = "Steps::is_empty")]
    expected: Steps,
    #[serde(default, skip_serializing_if = "Steps::is_empty")]
    completed: Steps,
}

/// How an execution stands, in the words of SageMaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExecutionStatus {
    /// It runs.
    Executing,
    /// It failed.
    Failed,
    /// It was stopped.
    Stopped,
    /// It is being stopped.
    Stopping,
    /// It completed.
    Succeeded,
}

/// How much of an execution is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Completion {
    /// All expected steps are.
    Complete,
    /// Some expected steps are not.
    Partial {
        /// How many distinct steps are, of those expected.
        completed: usize,
        /// How many are expected.
        expected: usize,
    },
    /// Nobody has said which steps are expected.
    Unknown,
}

impl Execution {
    /// Names a run of a pipeline.
    pub fn new(pipeline: PipelineName, id: ExecutionId) -> Self {
        Self { pipeline: Some(pipeline), id: Some(id), ..Self::default() }
    }

    pub(crate) fn from_parts(
        pipeline: Option<PipelineName>,
        id: Option<ExecutionId>,
        started_at: Option<DateTime<Utc>>,
        ended_at: Option<DateTime<Utc>>,
    ) -> Self {
        Self { pipeline, id, started_at, ended_at, ..Self::default() }
    }

    /// Says when the execution started.
    #[must_use]
    pub fn with_started_at(self, at: DateTime<Utc>) -> Self {
        Self { started_at: Some(at), ..self }
    }

    /// Adds steps that the execution must complete.
    #[must_use]
    pub fn with_expected(mut self, steps: impl IntoIterator<Item = StepKey>) -> Self {
        self.expected.extend(steps);
        self
    }

    /// Says how many steps the execution must complete, where their names are not known; none says nothing.
    #[must_use]
    pub fn with_expected_total(self, total: usize) -> Self {
        Self { expected_total: NonZeroUsize::new(total), ..self }
    }

    /// Notes that a step completed, in whatever spelling, and returns whether that is new.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if other steps are expected, but not this one.
    pub fn complete(&mut self, step: StepKey) -> Result<bool, Error> {
        if self.expected.is_empty() || self.expected.contains(&step) {
            return Ok(self.completed.insert(step));
        }
        let known = self.expected.iter().map(ToString::to_string);
        Err(Unknown::among("expected step", &step.to_string(), known).into())
    }

    /// Notes how and when the execution ended.
    pub fn finish(&mut self, status: ExecutionStatus, at: DateTime<Utc>) {
        self.status = Some(status);
        self.ended_at = Some(at);
    }

    /// Returns the pipeline.
    pub fn pipeline(&self) -> Option<&PipelineName> {
        self.pipeline.as_ref()
    }

    /// Returns which run of the pipeline it is.
    pub fn id(&self) -> Option<&ExecutionId> {
        self.id.as_ref()
    }

    /// Returns when the execution started.
    pub fn started_at(&self) -> Option<DateTime<Utc>> {
        self.started_at
    }

    /// Returns when the execution ended.
    pub fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.ended_at
    }

    /// Returns how the execution stands, if that is known.
    pub fn status(&self) -> Option<ExecutionStatus> {
        self.status
    }

    /// Lists the steps that are expected.
    pub fn expected(&self) -> impl Iterator<Item = &StepKey> {
        self.expected.iter()
    }

    /// Lists the steps that are complete.
    pub fn completed(&self) -> impl Iterator<Item = &StepKey> {
        self.completed.iter()
    }

    /// Returns how much of the execution is complete.
    #[doc(alias = "is_complete")]
    pub fn completion(&self) -> Completion {
        let (completed, expected) = match self.expected_total {
            None if self.expected.is_empty() => return Completion::Unknown,
            Some(total) if self.expected.is_empty() => (self.completed.len(), total.get()),
            _ => (
                self.completed.iter().filter(|step| self.expected.contains(step)).count(),
                self.expected.len(),
            ),
        };
        if completed >= expected {
            Completion::Complete
        } else {
            Completion::Partial { completed, expected }
        }
    }

    /// Names the first field in which two descriptions of an execution contradict each other.
    pub(crate) fn contradiction(&self, other: &Self) -> Option<&'static str> {
        fn differ<T: PartialEq>(left: Option<&T>, right: Option<&T>) -> bool {
            matches!((left, right), (Some(left), Some(right)) if left != right)
        }
        if differ(self.pipeline(), other.pipeline()) {
            Some("pipeline")
        } else if differ(self.id(), other.id()) {
            Some("execution id")
        } else {
            None
        }
    }

    /// Adds what another description of the same execution knows.
    pub(crate) fn merge(&mut self, other: Self) {
        self.pipeline = self.pipeline.take().or(other.pipeline);
        self.id = self.id.take().or(other.id);
        self.started_at = self.started_at.into_iter().chain(other.started_at).min();
        if other.ended_at > self.ended_at {
            self.ended_at = other.ended_at;
            self.status = other.status.or(self.status);
        }
        self.status = self.status.or(other.status);
        self.expected_total = self.expected_total.max(other.expected_total);
        self.expected.extend(other.expected);
        self.completed.extend(other.completed);
    }
}

/// A set of steps in which all spellings of a step are one, kept under the spelling that came first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<StepKey>", into = "Vec<StepKey>")]
struct Steps(BTreeMap<String, StepKey>);

impl Steps {
    fn insert(&mut self, step: StepKey) -> bool {
        let mut new = false;
        self.0.entry(spelling::full(&step)).or_insert_with(|| {
            new = true;
            step
        });
        new
    }

    fn extend(&mut self, steps: impl IntoIterator<Item = StepKey>) {
        for step in steps {
            self.insert(step);
        }
    }

    fn contains(&self, step: &StepKey) -> bool {
        self.0.contains_key(&spelling::full(step))
    }

    fn iter(&self) -> impl Iterator<Item = &StepKey> {
        self.0.values()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Steps {
    type Item = StepKey;
    type IntoIter = std::collections::btree_map::IntoValues<String, StepKey>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_values()
    }
}

impl From<Vec<StepKey>> for Steps {
    fn from(list: Vec<StepKey>) -> Self {
        let mut steps = Self::default();
        steps.extend(list);
        steps
    }
}

impl From<Steps> for Vec<StepKey> {
    fn from(steps: Steps) -> Self {
        steps.into_iter().collect()
    }
}
