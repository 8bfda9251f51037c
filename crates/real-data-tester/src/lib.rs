//! Runs a pipeline step on the inputs that production had and judges what it writes.

mod assertion;
mod blocking;
mod closure;
mod command;
mod emitter;
mod error;
mod event;
mod executor;
mod fetch;
mod identity;
mod preflight;
mod report;
mod reporter;
mod run;
mod runner;
mod scenario;
mod stage;
mod wiring;

pub use closure::{FnExecutor, StepError};
pub use command::CommandExecutor;
pub use error::{Error, ErrorKind, Result};
pub use event::{Event, ObjectRecord, Origin, RunHeader, Tree};
pub use executor::{Ending, StepExecutor, StepOutcome, StepRequest, Usage};
pub use fetch::Fetcher;
pub use report::{OutputReport, REPORT_VERSION, Report, TreeReport};
pub use reporter::{Recorder, Reporter, html, judgement_summary, summary};
pub use runner::Runner;
pub use scenario::{Scenario, ScenarioBuilder, StepBuilder};
