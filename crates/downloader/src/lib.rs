//! Finds and lands the objects of a pipeline execution.

mod blocking;
mod bucket;
mod checksum;
#[cfg(feature = "conformance")]
pub mod conformance;
mod connect;
mod directory;
mod discover;
mod error;
mod local;
mod memory;
mod observer;
mod path;
mod plan;
mod preflight;
mod retry;
mod s3;
mod source;
mod transfer;

pub use bucket::Bucket;
pub use checksum::{Algorithm, Checksum};
pub use connect::{ConnectOptions, connect};
pub use discover::{
    DiscoverOptions, DiscoveredExecution, DiscoveredOutput, Discovery, ExecutionSelector,
    IgnoreReason, Ignored,
};
pub use error::{Error, ErrorKind, Result};
pub use local::LocalSource;
pub use memory::{Fault, InMemory};
pub use observer::{Event, Observer};
pub use path::NamePolicy;
pub use plan::{PassReason, PassedOver, Plan, PlanItem, PlanOptions};
pub use preflight::{Check, Finding, PolicyDocument, Preflight, PreflightReport, PreflightRequest};
pub use retry::RetryPolicy;
pub use s3::S3Source;
pub use source::{
    GetRequest, ListPage, ListRequest, ObjectBody, ObjectMeta, ObjectSource, ObjectSourceExt,
};
pub use transfer::{Landed, Outcome, Transfer, TransferOptions, TransferReport, Verified};
