//! What is run on what, and how its report is given.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::at_least_one;
use crate::help;

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The step
    #[arg(required_unless_present_any = ["mode"])]
    pub(crate) step: Option<String>,
    /// The execution: latest, latest~N, an id, an ARN or a date
    #[arg(long, default_value = "latest", value_name = "EXECUTION")]
    pub(crate) from: String,
    /// What to run on what
    #[arg(long, value_enum, default_value_t = RunMode::Replay)]
    pub(crate) mode: RunMode,
    /// Run the steps that follow too, on what the step and they wrote
    #[arg(long)]
    pub(crate) chain: bool,
    /// Take inputs from DIR/STEP/OUTPUT where that is there
    #[arg(long, value_name = "DIR")]
    pub(crate) local_data: Option<PathBuf>,
    /// Run at most so many steps at once
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Start no further step once one has failed
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Feed the input NAME with another step's output
    #[arg(long, value_name = "NAME=STEP.OUTPUT")]
    pub(crate) input: Vec<String>,
    /// The step has no inputs
    #[arg(long, conflicts_with = "input")]
    pub(crate) no_inputs: bool,
    /// The columns by which rows are paired, separated by commas
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) key: Vec<String>,
    /// End the step after so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) time_limit: Option<f64>,
    #[command(flatten)]
    pub(crate) sample: Sample,
    #[command(flatten)]
    pub(crate) copies: Copies,
    /// The program and its arguments [default: the scenario's]
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// Which part of the inputs is taken.
#[derive(Debug, Args)]
pub(crate) struct Sample {
    /// Take only a part of the inputs, such as 1%: always the same part, and the report says so
    #[arg(long = "sample", value_name = "SHARE")]
    pub(crate) share: Option<String>,
    /// Take it by these columns, separated by commas: rows with the same key stay together, in whichever input
    #[arg(
        id = "sample_key",
        long = "sample-key",
        value_name = "COLUMNS",
        value_delimiter = ',',
        requires = "share"
    )]
    pub(crate) key: Vec<String>,
    /// Take it by whole files, or by single rows [default: row]
    #[arg(
        long = "sample-by",
        value_name = "BY",
        requires = "share",
        conflicts_with = "sample_key"
    )]
    pub(crate) by: Option<SampledBy>,
    /// Take another part
    #[arg(long = "sample-seed", value_name = "N", requires = "share")]
    pub(crate) seed: Option<u64>,
}

/// What a sample consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SampledBy {
    /// Whole files: the others are not even fetched
    File,
    /// Rows, each by its number in its file
    Row,
}

/// Further forms of a report, written to files.
#[derive(Debug, Args)]
pub(crate) struct Copies {
    /// Write the report as `JUnit` XML, too
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write the report as Markdown, too
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum RunMode {
    /// One step on the inputs that it had in production
    Replay,
    /// One step on local or made-up inputs; production is not asked
    Isolation,
    /// All steps, each on what those before it wrote; production is not asked
    Pipeline,
}

#[derive(Debug, Args)]
pub(crate) struct TestRealData {
    /// The execution [default: the latest]
    #[arg(long, visible_alias = "from", default_value = "latest", value_name = "EXECUTION")]
    pub(crate) execution_id: String,
    /// The steps, separated by commas [default: all of the scenario]
    #[arg(long, value_delimiter = ',')]
    pub(crate) steps: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Scenario {
    /// Write a first scenario from what an execution left
    #[command(after_help = help::SCENARIO_INIT_EXAMPLES)]
    Init {
        /// The execution
        #[arg(long, default_value = "latest", value_name = "EXECUTION")]
        from: String,
        /// The file to make; an existing one is left alone
        #[arg(long, value_name = "FILE", default_value = crate::config::SCENARIO_FILE)]
        into: PathBuf,
    },
    /// Read the scenario and tell what is wrong in it
    #[command(after_help = help::SCENARIO_CHECK_EXAMPLES)]
    Check,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Report {
    /// Open the page of a run's report in the browser
    #[command(after_help = help::REPORT_OPEN_EXAMPLES)]
    Open {
        /// The directory of the run, or a file in it [default: the newest run]
        run: Option<PathBuf>,
    },
    /// Put a recorded run into another form
    #[command(after_help = help::REPORT_RENDER_EXAMPLES)]
    Render {
        /// The directory of the run, a file in it, or its recording [default: the newest run]
        run: Option<PathBuf>,
        /// The form
        #[arg(long, value_enum, default_value_t = Form::Text)]
        format: Form,
        /// The file to write [default: standard output]
        #[arg(long, value_name = "FILE")]
        into: Option<PathBuf>,
    },
}

/// A form in which a report can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// One page for a browser
    Html,
    /// One JSON document
    Json,
    /// One test case for everything that was checked
    Junit,
    /// For a comment on a pull request
    Markdown,
    /// For a terminal
    Text,
}
