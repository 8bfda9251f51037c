//! `Summary`: a registry in a few numbers.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::store::Registry;
use crate::execution::Completion;
use crate::name::{DataType, ExecutionId, JobType, PipelineName};

/// How much of what a registry holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// The pipeline, if it is known.
    pub pipeline: Option<PipelineName>,
    /// The execution, if it is known.
    pub execution: Option<ExecutionId>,
    /// How much of the execution is complete.
    pub completion: Completion,
    /// How many steps have outputs.
    pub steps: usize,
    /// How many outputs there are.
    pub outputs: usize,
    /// How many outputs there are of each data type; those without are not counted here.
    pub by_data_type: BTreeMap<DataType, usize>,
    /// How many outputs there are of each job type; those without are not counted here.
    pub by_job_type: BTreeMap<JobType, usize>,
}

impl Registry {
    /// Sums up what the registry holds.
    pub fn summary(&self) -> Summary {
        let mut by_data_type = BTreeMap::new();
        let mut by_job_type = BTreeMap::new();
        for output in self.outputs() {
            if let Some(data_type) = output.data_type() {
                *by_data_type.entry(data_type.clone()).or_default() += 1;
            }
            if let Some(job_type) = output.key().job_type() {
                *by_job_type.entry(job_type.clone()).or_default() += 1;
            }
        }
        Summary {
            pipeline: self.execution.pipeline().cloned(),
            execution: self.execution.id().cloned(),
            completion: self.completion(),
            steps: self.steps.len(),
            outputs: self.len(),
            by_data_type,
            by_job_type,
        }
    }
}

/// One line, such as `flights 2013-01: 3 outputs of 2 steps, 1 of 2 expected steps complete`.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.pipeline, &self.execution) {
            (None, None) => f.write_str("unnamed execution")?,
            (Some(name), None) => write!(f, "{name}")?,
            (None, Some(id)) => write!(f, "{id}")?,
            (Some(name), Some(id)) => write!(f, "{name} {id}")?,
        }
        write!(f, ": {} outputs of {} steps, ", self.outputs, self.steps)?;
        match self.completion {
            Completion::Complete => f.write_str("complete"),
            Completion::Partial { completed, expected } => {
                write!(f, "{completed} of {expected} expected steps complete")
            }
            Completion::Unknown => f.write_str("expected steps unknown"),
        }
    }
}
