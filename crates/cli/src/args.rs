//! What the user typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::help;
use crate::moment::Moment;
use crate::size::Size;

/// Run new code of a data-pipeline step on the inputs that production had, and compare what it writes with what production wrote.
#[derive(Debug, Parser)]
#[command(name = "reenact", version, propagate_version = true, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 the outputs match, or the command did what it was asked; 1 they differ, or something that was checked is not as
it should be; 2 it could not be told (also: wrong usage); 130 interrupted (Ctrl-C), 143 terminated."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where production's outputs are and where ours go; the same for every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where")]
pub(crate) struct Place {
    /// The bucket of production's outputs: a name, or a `file:///` URL of a directory that mirrors one
    #[arg(long, global = true, env = "REENACT_BUCKET", hide_env_values = true)]
    pub(crate) bucket: Option<String>,
    /// The pipeline
    #[arg(long, global = true, env = "REENACT_PIPELINE", hide_env_values = true)]
    pub(crate) pipeline: Option<String>,
    /// How keys are laid out: a preset's name or a template [default: seed]
    #[arg(long, global = true, env = "REENACT_LAYOUT", hide_env_values = true)]
    pub(crate) layout: Option<String>,
    /// The scenario file [default: reenact.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
    /// An S3 endpoint other than AWS's
    #[arg(
        long,
        global = true,
        env = "AWS_ENDPOINT_URL_S3",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) endpoint_url: Option<String>,
    /// The AWS region [default: the profile's]
    #[arg(long, global = true, env = "AWS_REGION", hide_env_values = true)]
    pub(crate) region: Option<String>,
    /// The AWS profile [default: `default`]
    #[arg(long, global = true, env = "AWS_PROFILE", hide_env_values = true)]
    pub(crate) profile: Option<String>,
    /// The directory of the shared cache
    #[arg(
        long,
        global = true,
        env = "REENACT_CACHE_DIR",
        hide_env_values = true,
        value_name = "DIR"
    )]
    pub(crate) cache_dir: Option<PathBuf>,
    /// The directory below which each run gets a directory of its own
    #[arg(
        long,
        global = true,
        env = "REENACT_WORKSPACE",
        hide_env_values = true,
        value_name = "DIR"
    )]
    pub(crate) workspace: Option<PathBuf>,
    /// Print one JSON document on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Show no progress
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Say more on standard error; twice for everything
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List pipelines; or the executions of a pipeline, newest first, with their steps and outputs
    #[command(after_help = help::DISCOVER_EXAMPLES)]
    Discover(Discover),
    /// Bring the outputs of a step into a directory, through the cache
    #[command(after_help = help::FETCH_EXAMPLES)]
    Fetch(Fetch),
    /// Run a step's new code on production's inputs and compare its outputs with production's
    #[command(after_help = help::RUN_EXAMPLES)]
    Run(Run),
    /// Compare two files or directories; or two executions of a step, with --step
    #[command(after_help = help::COMPARE_EXAMPLES)]
    Compare(Compare),
    /// Keep of tables what later data can be compared with once the rows are gone
    #[command(after_help = help::PROFILE_EXAMPLES)]
    Profile(Profile),
    /// Write rules from what past executions show
    #[command(subcommand)]
    Rules(Rules),
    /// Replay the steps of the scenario, one by one, each on the inputs that it had in production
    #[command(name = "test-real-data")]
    #[command(after_help = help::TEST_REAL_DATA_EXAMPLES)]
    TestRealData(TestRealData),
    /// Begin or check a scenario file
    #[command(subcommand)]
    Scenario(Scenario),
    /// Look at the report of a run
    #[command(subcommand)]
    Report(Report),
    /// Look at the shared cache
    #[command(subcommand)]
    Cache(Cache),
    /// Remove what the cache holds over its limits, and the directories of old runs
    #[command(alias = "cleanup-cache")]
    #[command(after_help = help::CLEANUP_EXAMPLES)]
    Cleanup(Cleanup),
    /// Check all that a run needs, and print the policy with the least privileges
    #[command(after_help = help::DOCTOR_HELP)]
    Doctor,
    /// Tell how a key is read, by the layout in use and by all presets
    #[command(after_help = help::EXPLAIN_EXAMPLES)]
    Explain(Explain),
    /// Show the settings
    #[command(subcommand)]
    Config(Config),
    /// Print the completions of a shell
    #[command(after_help = help::COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages
    #[command(after_help = help::MAN_EXAMPLES)]
    Man {
        /// The directory to write them into
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The key of an object, or its S3 URI
    pub(crate) key: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Show each setting, its value and where that came from
    #[command(after_help = help::CONFIG_HELP)]
    Show,
}

#[derive(Debug, Args)]
pub(crate) struct Cleanup {
    /// Remove the directories of runs that are older than so many days
    #[arg(long, default_value_t = 7, value_name = "DAYS")]
    pub(crate) older_than: u32,
    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Discover {
    /// The pipeline; without one the pipelines of the bucket are listed
    pub(crate) name: Option<String>,
    /// Show only this execution: latest, latest~N, an id, an ARN or a date
    #[arg(long, visible_alias = "from", value_name = "EXECUTION", conflicts_with_all = ["since", "until", "limit"])]
    pub(crate) execution_id: Option<String>,
    /// Show only executions of this time or later: a date, a time such as 2013-02-01T12:00:00Z, or an age such as 7d
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Moment>,
    /// Show only executions from before this time; a date stands for its first moment (UTC)
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Moment>,
    /// Show at most so many executions, the newest
    #[arg(long, default_value = "10")]
    pub(crate) limit: std::num::NonZeroUsize,
}

#[derive(Debug, Args)]
pub(crate) struct Fetch {
    /// The step, or one of its outputs; or a property path, job-type:NAME or data-type:NAME
    #[arg(value_name = "STEP[.OUTPUT]")]
    pub(crate) what: String,
    /// The execution: latest, latest~N, an id, an ARN or a date
    #[arg(long, default_value = "latest", value_name = "EXECUTION")]
    pub(crate) from: String,
    /// Look up in a manifest of outputs, rather than in an execution, what there is
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub(crate) manifest: Option<PathBuf>,
    /// Fetch only files whose path within the output matches; can be given more than once
    #[arg(long, value_name = "PATTERN")]
    pub(crate) include: Vec<String>,
    /// Leave out files whose path within the output matches, even if they are included
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
    /// The directory to make; it must not exist yet or be empty
    #[arg(long, value_name = "DIR", required_unless_present = "dry_run")]
    pub(crate) into: Option<PathBuf>,
    /// Only say what would be fetched: every file with its size, and how much the cache lacks
    #[arg(long)]
    pub(crate) dry_run: bool,
}

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
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<std::num::NonZeroUsize>,
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
    #[arg(long, value_delimiter = ',')]
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
        /// The directory of the run, or its recording [default: the newest run]
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

#[derive(Debug, Args)]
pub(crate) struct Profile {
    /// A file or a directory; or what a step wrote in an execution
    #[arg(value_name = "PATH|STEP[.OUTPUT]")]
    pub(crate) what: String,
    /// The execution: latest, latest~N, an id, an ARN or a date
    #[arg(long, default_value = "latest", value_name = "EXECUTION")]
    pub(crate) from: String,
    /// The file to save the profile in
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Keep the text of these columns as it is, separated by commas
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) clear_text: Vec<String>,
    /// Keep nothing of these columns but counts, separated by commas
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) without_values: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Rules {
    /// Suggest rules whose thresholds come from how much past executions differ from each other
    #[command(after_help = help::RULES_SUGGEST_EXAMPLES)]
    Suggest(Suggest),
}

#[derive(Debug, Args)]
pub(crate) struct Suggest {
    /// Profiles of at least two executions, as `reenact profile` saves them
    #[arg(value_name = "PROFILE", required = true)]
    pub(crate) profiles: Vec<PathBuf>,
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The candidate: a file or a directory; with --step an execution
    #[arg(value_name = "LEFT")]
    pub(crate) candidate: String,
    /// The reference: a file or a directory; with --step an execution
    #[arg(value_name = "RIGHT", required_unless_present = "baseline")]
    pub(crate) reference: Option<String>,
    /// Compare with a profile that `reenact profile` saved, in place of RIGHT: everything but rows
    #[arg(long, value_name = "PROFILE", conflicts_with_all = ["reference", "step", "key"])]
    pub(crate) baseline: Option<PathBuf>,
    /// Compare what this step wrote in two executions of production, by the rules of the scenario
    #[arg(long, conflicts_with_all = ["key", "rules"])]
    pub(crate) step: Option<String>,
    /// The rules: a TOML or JSON file
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// The columns by which rows are paired, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub(crate) key: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Cache {
    /// List what is in the cache
    #[command(after_help = help::CACHE_LS_EXAMPLES)]
    Ls,
    /// Print the directory of the cache
    #[command(after_help = help::CACHE_PATH_EXAMPLES)]
    Path,
    /// Read everything and compare it with its hash
    #[command(after_help = help::CACHE_VERIFY_HELP)]
    Verify,
    /// Remove what is over the limits of size and age
    #[command(after_help = help::CACHE_GC_EXAMPLES)]
    Gc(Gc),
    /// Forget everything that came from a bucket, or from below a prefix of it, or everything
    #[command(after_help = help::CACHE_PURGE_EXAMPLES)]
    Purge(Purge),
}

#[derive(Debug, Args)]
pub(crate) struct Gc {
    /// Keep at most so much, such as 500MB or 10GiB [default: 10GiB]
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_size: Option<Size>,
    /// Keep only what was used within so many days [default: 7]
    #[arg(long, value_name = "DAYS")]
    pub(crate) max_age: Option<u32>,
    /// Leave so much of the disk free
    #[arg(long, value_name = "SIZE")]
    pub(crate) keep_free: Option<Size>,
    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Purge {
    /// Forget only what lies below this prefix of the bucket
    #[arg(long, conflicts_with = "all")]
    pub(crate) prefix: Option<String>,
    /// Forget everything, of all buckets
    #[arg(long)]
    pub(crate) all: bool,
    /// Do it; without this it is only told what would be done
    #[arg(long, short)]
    pub(crate) yes: bool,
}
