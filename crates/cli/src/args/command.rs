//! What was typed: the options that all commands share, and which command it is.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::{
    Cache, Cleanup, Compare, Config, Discover, Explain, Fetch, Place, Profile, Report, Rules, Run,
    Scenario, TestRealData,
};
use crate::help;

/// Run new code of a data-pipeline step on the inputs that production had, and compare what it writes with what production wrote.
#[derive(Debug, Parser)]
#[command(name = "reenact", version, propagate_version = true, max_term_width = 110)]
#[command(after_help = help::CONVENTIONS)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) command: Command,
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
    #[command(visible_alias = "cleanup-cache")]
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
