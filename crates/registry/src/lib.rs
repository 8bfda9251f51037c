//! Where every output of a pipeline execution is, and how it is named.

mod definition;
mod error;
mod execution;
mod key;
mod layout;
mod lineage;
mod location;
mod manifest;
mod name;
mod output;
mod property;
mod registry;
mod spelling;
mod suggestion;
mod text;
mod uri;

pub use definition::{Definition, Scope};
pub use error::{Error, ErrorKind, Result};
pub use execution::{Completion, Execution, ExecutionStatus};
pub use key::{OutputKey, StepKey};
pub use layout::{Attempt, Explanation, KeyFields, KeyPrefix, Layout, Mismatch, MismatchReason};
pub use lineage::{Edge, Lineage, LineageReport};
pub use location::Location;
pub use name::{DataType, ExecutionId, JobType, LogicalName, PipelineName, StepName};
pub use output::Output;
pub use property::PropertyPath;
pub use registry::{MergeOutcome, OnConflict, Registration, Registry, Summary};
pub use uri::S3Uri;
