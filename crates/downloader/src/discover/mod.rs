//! Finding what a pipeline wrote.

mod discovery;
mod execution;
mod groups;
mod selector;

pub use discovery::{DiscoverOptions, Discovery};
pub use execution::{DiscoveredExecution, DiscoveredOutput, IgnoreReason, Ignored};
pub use selector::ExecutionSelector;
