//! What pipelines there are, and what one of them wrote: its executions. Both with what lies beside them.

use reenact_registry::PipelineName;
use serde::Serialize;

use crate::discover::execution::{DiscoveredExecution, Ignored};

/// The executions of one pipeline, and what lies beside them.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct DiscoveredPipeline {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// Its executions, newest first.
    pub executions: Vec<DiscoveredExecution>,
    /// What lies among the executions and fits no layout, by key. What lies in an execution and belongs to none of its outputs is
    /// told [there](DiscoveredExecution::ignored).
    pub ignored: Vec<Ignored>,
}

/// The pipelines of a bucket, and what lies beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DiscoveredPipelines {
    /// The pipelines, by name.
    pub pipelines: Vec<PipelineName>,
    /// What lies among them and fits no layout, by key.
    pub ignored: Vec<Ignored>,
}
