//! Runs a pipeline step on the inputs that production had and judges what it writes: scenario, stage, run, judge, report.
//!
//! ```
//! use std::sync::Arc;
//!
//! use reenact_downloader::InMemory;
//! use reenact_real_data_tester::{FnExecutor, Recorder, Runner, Scenario};
//!
//! // What production left: the step `double` read what `extract` wrote.
//! let bucket = InMemory::new("acme-production");
//! bucket.put("pipelines/sales/2026-03-01/extract/output/rows/rows.csv", "id,amount\n1,10\n2,20\n");
//! bucket.put("pipelines/sales/2026-03-01/double/output/doubled/rows.csv", "id,amount\n1,20\n2,40\n");
//!
//! // The new code of `double`, which forgets the last row.
//! let double = FnExecutor::new("double", |request| {
//!     let rows = std::fs::read_to_string(request.input("rows").join("rows.csv"))?;
//!     assert_eq!(rows.lines().count(), 3);
//!     std::fs::write(request.output("doubled").join("rows.csv"), "id,amount\n1,20\n")?;
//!     Ok(())
//! });
//! let scenario = Scenario::builder("sales")
//!     .step("double", |step| step.executor(double).input("rows", "extract.rows").key(["id"]))
//!     .build()?;
//! # let home = tempfile::tempdir()?;
//! # let cache = reenact_workspace_cache::CacheOptions::default().with_location(home.path());
//! let recorder = Arc::new(Recorder::default());
//! let runner = Runner::new(scenario, Arc::new(bucket)).with_reporter(Arc::clone(&recorder) as _);
//! # let runner = runner.with_cache(cache);
//! let report = runner.replay_blocking("double", "latest")?;
//! report.assert_differs_from_production();
//! assert!(report.evidence().contains("1 only in the reference"));
//! assert!(report.html_path().exists() && report.json_path().exists());
//! assert!(recorder.events().len() > 5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - A [`Scenario`] says how each step is run, what feeds it and how its outputs are judged; from code or from TOML.
//! - A [`Runner`] replays a step: it finds the execution, stages inputs and references through the cache, has a [`StepExecutor`] run the
//!   step in a workspace of its own, and compares each output with production's.
//! - Everything that happens is an [`Event`], told to each [`Reporter`]; the [`Report`] is a fold of the events.
//! - A [`Fetcher`] only brings outputs into a directory.
//!
//! A failed step and an output that cannot be read are data in the report, whose verdict is then inconclusive; an [`Error`] means that
//! the question could not be put, and leaves nothing behind.

mod argument;
mod assertion;
mod blocking;
mod closure;
mod command;
mod emitter;
mod error;
mod event;
mod executor;
mod fetch;
mod graph;
mod identity;
mod interrupt;
mod judge;
mod limits;
mod masking;
mod mode;
mod preflight;
mod process;
mod provider;
mod python;
mod report;
mod reporter;
mod revision;
mod room;
mod run;
mod runner;
mod sagemaker;
mod sampling;
mod scenario;
mod skip;
mod stage;
mod step_report;
mod step_run;
mod synthetic;
mod tabular;
mod threshold;
mod treatment;
mod tree;
mod wiring;
mod written;

pub use argument::Argument;
pub use closure::{FnExecutor, StepError};
pub use command::CommandExecutor;
pub use error::{Error, ErrorKind, Result};
pub use event::{Event, NotRun, ObjectRecord, Origin, Provenance, RunHeader, StepHeader, Tree};
pub use executor::{
    Ending, OutputListener, StepExecutor, StepOutcome, StepRequest, Stream, Unheard, Usage,
};
pub use fetch::Fetcher;
pub use interrupt::Interrupt;
pub use limits::Limits;
pub use masking::{Mask, Masking};
pub use mode::{DataSource, Mode};
pub use provider::{DataProvider, LocalData};
pub use python::PythonExecutor;
pub use report::{REPORT_VERSION, Report};
pub use reporter::{
    REPORT_SCHEMA, Recorder, Recording, Reporter, TextStyle, html, judgement_summary,
    judgement_summary_in, junit, markdown, summary, summary_in,
};
pub use revision::CodeRevision;
pub use runner::Runner;
pub use sagemaker::SageMakerExecutor;
pub use sampling::{SampleBy, Sampling};
pub use scenario::{SCENARIO_SCHEMA, Scenario, ScenarioBuilder, StepBuilder};
pub use skip::or_skip;
pub use step_report::{OutputReport, StepReport, TreeReport};
pub use synthetic::{
    ColumnKind, DataSet, RankCorrelation, Synthetic, SyntheticColumn, SyntheticData,
    SyntheticFormat, SyntheticTable,
};
pub use threshold::{Measured, Metric, Threshold};
pub use written::Written;
