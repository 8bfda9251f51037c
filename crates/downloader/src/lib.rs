//! Finds what production pipelines wrote to S3, and lands it on disk: fast, whole, and safe.
//!
//! ```
//! use std::sync::Arc;
//!
//! use reenact_downloader::{Discovery, InMemory, Plan, PlanOptions, Transfer, TransferOptions};
//! use reenact_registry::{Layout, OutputKey, PipelineName};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! // A bucket in memory; `connect("my-bucket", &ConnectOptions::default())` is one on S3.
//! let bucket = InMemory::new("prod");
//! bucket.put("pipelines/flights/2013-01/clean/output/table/day=1/part-0.csv", "carrier\nUA\n");
//! let source = Arc::new(bucket);
//!
//! // What did the latest execution write?
//! let discovery = Discovery::new(source.clone(), Layout::seed());
//! let execution = discovery.select(&PipelineName::parse("flights")?, &"latest".parse()?).await?;
//! let output = execution.output(&OutputKey::parse("clean.table")?)?;
//!
//! // Which object becomes which file? No network, no disk: this can be shown before anything happens.
//! let plan = Plan::new(&output.root, &output.objects, &PlanOptions::default())?;
//! assert_eq!(plan.bytes(), 11);
//!
//! // Land it. `()` is an observer that does not care for progress.
//! let directory = tempfile::tempdir()?;
//! let report = Transfer::new(source, TransferOptions::default()).run(&plan, directory.path(), &()).await?;
//! assert!(report.is_complete());
//! assert_eq!(std::fs::read_to_string(directory.path().join("day=1/part-0.csv"))?, "carrier\nUA\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The parts
//!
//! - [`ObjectSource`] is a bucket that can be listed and read: [`S3Source`] on S3 and servers like it, [`LocalSource`] in a
//!   directory that mirrors a bucket, [`InMemory`] in tests. [`connect()`] makes one from an address. A source of one's own has
//!   four methods to write, and the suite in `conformance` (feature `conformance`) to pass.
//! - [`Discovery`] finds pipelines, executions and outputs under a [`Layout`](reenact_registry::Layout). Executions are ordered
//!   by time. A listing is complete, or an error; a name that does not exist is an error that says what does.
//! - [`Preflight`] tries beforehand what a transfer will need. What is refused comes with the missing permission and a policy
//!   that grants it.
//! - [`Plan`] decides which object becomes which file, and refuses whatever could leave its directory or collide there.
//! - [`Transfer`] lands one object, or all of a plan, and tells an [`Observer`] what happens. [`ProgressMeter`] is one that adds up
//!   totals and rate for a progress bar.
//! - [`Wanted`] names outputs of a [`Registry`](reenact_registry::Registry): by step and name, property path, job type or data type.
//!
//! # What is promised
//!
//! - A file under its final name is whole: every byte counted, pinned to one ETag or version, verified by the best checksum the
//!   object carries ([`Verified`] says by which), synced, then renamed. Whatever fails or is dropped leaves no file.
//! - Failures that may pass are repeated, by one [`RetryPolicy`]; all others are an [`Error`] at once, which names bucket, key
//!   and attempts and says what to do.
//! - S3 is only ever read. No function of this crate writes to a bucket, [`InMemory::put`] aside.
//! - Secrets appear in no error, no event and no log.
//!
//! # What it does not do
//!
//! Objects are not restored from archives. It runs on Unix, inside a tokio runtime with time enabled.

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
mod named;
mod observer;
mod open_files;
mod path;
mod plan;
mod preflight;
mod progress;
mod retry;
mod s3;
mod source;
mod transfer;

pub use bucket::Bucket;
pub use checksum::{Algorithm, Checksum};
pub use connect::{ConnectOptions, connect};
pub use discover::{
    DiscoverOptions, DiscoveredExecution, DiscoveredOutput, DiscoveredPipeline,
    DiscoveredPipelines, Discovery, ExecutionSelector, IgnoreReason, Ignored,
};
pub use error::{Error, ErrorKind, Result};
pub use local::LocalSource;
pub use memory::{Fault, InMemory};
pub use named::{NamedOutput, Wanted};
pub use observer::{Event, Observer};
pub use path::NamePolicy;
pub use plan::{PassReason, PassedOver, Plan, PlanItem, PlanOptions};
pub use preflight::{Check, Finding, PolicyDocument, Preflight, PreflightReport, PreflightRequest};
pub use progress::{Progress, ProgressMeter};
pub use retry::RetryPolicy;
pub use s3::S3Source;
pub use source::{
    Circumstances, GetRequest, ListPage, ListRequest, ObjectBody, ObjectMeta, ObjectSource,
    ObjectSourceExt,
};
pub use transfer::{
    Landed, Outcome, Transfer, TransferOptions, TransferReport, Verified, WhenReplaced,
};
