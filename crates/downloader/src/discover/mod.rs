//! Finding what a pipeline wrote.

mod absence;
mod bounded;
mod choice;
mod discovery;
mod execution;
mod groups;
mod listing;
mod newest;
mod options;
mod pipeline;
mod selector;
mod start;

pub(crate) use execution::is_marker;

pub use discovery::Discovery;
pub use execution::{DiscoveredExecution, DiscoveredOutput, IgnoreReason, Ignored};
pub use options::DiscoverOptions;
pub use pipeline::{DiscoveredPipeline, DiscoveredPipelines};
pub use selector::ExecutionSelector;
