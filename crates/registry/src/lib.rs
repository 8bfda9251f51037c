//! Where every output of a pipeline execution is, and how it is named.
//!
//! This crate does no I/O and knows no cloud: it takes texts apart and puts them together, and keeps in
//! order what others found. Everything in it can be serialised.
//!
//! ```
//! use reenact_registry::{Execution, Layout, Output, OutputKey, Registry, S3Uri};
//!
//! // A lister found these keys in the bucket `acme-production`.
//! let keys = [
//!     "pipelines/flights/2013-01/ingest/output/raw/part-0.csv",
//!     "pipelines/flights/2013-01/clean/output/table/part-0.parquet",
//!     "pipelines/flights/2013-01/clean/output/table/part-1.parquet",
//! ];
//! let layout = Layout::seed();
//! let mut registry = Registry::new(Execution::new("flights".parse()?, "2013-01".parse()?));
//! for key in keys {
//!     let fields = layout.match_key(key)?;
//!     if let (Some(step), Some(output)) = (fields.step(), fields.output()) {
//!         let root = key.strip_suffix(fields.path().unwrap_or_default()).unwrap_or(key);
//!         let place = S3Uri::new("acme-production", root)?;
//!         registry.register(Output::new(OutputKey::new(step.clone(), output.clone()), place))?;
//!     }
//! }
//! assert_eq!(registry.summary().to_string(), "flights 2013-01: 2 outputs of 2 steps, expected steps unknown");
//! let table = registry.output(&OutputKey::parse("clean.table")?)?;
//! assert_eq!(table.location().to_string(), "s3://acme-production/pipelines/flights/2013-01/clean/output/table/");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Names and places
//!
//! [`PipelineName`], [`ExecutionId`], [`StepName`], [`LogicalName`], [`JobType`] and [`DataType`] are texts that
//! can be part of a key, a path and a reference. What is none is refused with its position; nothing is trimmed
//! or repaired. [`OutputKey`] puts a step, its job type and a logical name together as `step@job.output`.
//! An [`S3Uri`] is a bucket and a key, byte for byte; a [`Location`] is one, or an absolute path.
//!
//! ```
//! use reenact_registry::{ErrorKind, Location, LogicalName};
//!
//! let error = LogicalName::parse("table ").unwrap_err();
//! assert_eq!(error.kind(), ErrorKind::Malformed);
//! assert_eq!(error.caret().unwrap(), "table \n     ^");
//! assert!(Location::parse("s3://acme-production/x").is_ok() && Location::parse("file:///data/x").is_ok());
//! ```
//!
//! # Registry
//!
//! A [`Registry`] holds an [`Output`] for each key. The same output may be registered again; another
//! one under its key is a conflict unless [`replace`](Registry::replace) is asked for. Steps and names are found
//! in their various spellings ([`step`](Registry::step), [`output`](Registry::output)), what is not found
//! comes with the nearest name that is, and [`merge`](Registry::merge) returns what became of each output.
//! [`Completion`] is derived from the distinct steps that an [`Execution`] expects and has completed.
//!
//! ```
//! use reenact_registry::{Completion, ErrorKind, Execution, Location, Output, Registry, StepKey};
//!
//! let expected = ["TabularPreprocessing_training", "XGBoostTraining"].map(|step| StepKey::parse(step).unwrap());
//! let mut registry = Registry::new(Execution::default().with_expected(expected));
//! let place = Location::parse("s3://acme-production/data")?;
//! registry.register(Output::new("TabularPreprocessing_training.processed_data".parse()?, place.clone()))?;
//! registry.execution_mut().complete("tabular_preprocessing@training".parse()?)?;
//! assert_eq!(registry.completion(), Completion::Partial { completed: 1, expected: 2 });
//!
//! // Another spelling finds the step, but cannot be registered beside it.
//! assert!(registry.output(&"TabularPreprocessing-Training.processed_data".parse()?).is_ok());
//! let second = Output::new("tabularpreprocessing_training.report".parse()?, place);
//! assert_eq!(registry.register(second).unwrap_err().kind(), ErrorKind::Collision);
//! # Ok::<(), reenact_registry::Error>(())
//! ```
//!
//! # Manifests
//!
//! [`Registry::to_manifest`] writes a registry as versioned JSON, and [`Registry::from_manifest`] reads it, as it
//! reads what the Python models of the seed dump. A manifest of a newer version is refused.
//!
//! ```
//! use reenact_registry::{ErrorKind, Registry};
//!
//! let error = Registry::from_manifest(r#"{"format": "reenact-manifest", "version": 2, "steps": []}"#).unwrap_err();
//! assert_eq!(error.kind(), ErrorKind::Newer);
//! ```
//!
//! # Property paths and definitions
//!
//! A [`PropertyPath`] is how a pipeline refers to what a step wrote, in any of its spellings;
//! [`Registry::resolve`] finds the output. A [`Definition`] is the JSON of a whole pipeline, in which
//! [`evaluate`](Definition::evaluate) works out `Get` and `Std:Join`: to a place on S3, or to a local path if the
//! registry is [`at_local_root`](Registry::at_local_root).
//!
//! ```
//! use reenact_registry::{Location, Output, PropertyPath, Registry};
//!
//! let path = PropertyPath::parse(r#"{"Get": "Steps.clean.ProcessingOutputConfig.Outputs[\"table\"].S3Output.S3Uri"}"#)?;
//! let mut registry = Registry::default();
//! let output = Output::new("clean.table".parse()?, Location::parse("s3://acme-production/table")?);
//! registry.register(output.with_property_path(path.clone())?)?;
//! assert_eq!(registry.resolve(&path)?.key().to_string(), "clean.table");
//! assert_eq!(registry.resolve(&path)?.to_get_expression(), path.to_get_expression());
//! # Ok::<(), reenact_registry::Error>(())
//! ```
//!
//! # Lineage
//!
//! A [`Lineage`] is made of [`Edge`]s, taken from a wiring or from a [`Definition`]. A circle is refused, an edge
//! that comes from nowhere is found by [`check`](Lineage::check), and both errors name the edge. It is written
//! as JSON, Mermaid or Graphviz, and [`report`](Lineage::report)ed in numbers.
//!
//! ```
//! use reenact_registry::{Edge, Lineage};
//!
//! let lineage = Lineage::new([Edge::new("ingest.raw".parse()?, "clean".parse()?, "DATA".parse()?)])?;
//! assert!(lineage.to_mermaid().starts_with("flowchart LR\n"));
//! assert_eq!(serde_json::to_string(&lineage).unwrap(), r#"[{"from":"ingest.raw","to_step":"clean","to_input":"DATA"}]"#);
//! # Ok::<(), reenact_registry::Error>(())
//! ```
//!
//! # Layouts
//!
//! A [`Layout`] is a template that takes keys apart and writes them; one that could read a key in two
//! ways is refused with such a key as the proof. [`prefix`](Layout::prefix) tells a lister the least it must
//! look at, [`match_prefix`](Layout::match_prefix) what a common prefix of a listing means, and
//! [`explain`](Layout::explain) which layout fits a key and why others do not.
//!
//! ```
//! use reenact_registry::{ErrorKind, KeyFields, Layout};
//!
//! let layout = Layout::parse("runs/{pipeline}/{execution:[0-9]+}/{step}/{output}[/{path**}]")?;
//! assert_eq!(layout.prefix(&KeyFields::default()).literal, "runs/");
//! let error = Layout::parse("runs/{pipeline}-{execution}/{step}/{output}").unwrap_err();
//! assert_eq!(error.kind(), ErrorKind::Ambiguous);
//! # Ok::<(), reenact_registry::Error>(())
//! ```
//!
//! # What this crate does not do
//!
//! It stores nothing: write a manifest to a new file and rename it. It does not keep apart two
//! executions in one registry, reads no clock (who registers an output says when), and does not evaluate
//! `Std:JsonGet`, for which the file a step wrote would have to be read.

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
