//! What is compared with what, by which rules.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::help;
use crate::size::Size;

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
    /// Compare what this step wrote in two executions of production, by the rules of the scenario unless others are given
    #[arg(long)]
    pub(crate) step: Option<String>,
    /// The rules: a TOML or JSON file, see docs/rules.md; with --step in the place of all that the scenario has for it
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// The columns by which rows are paired, separated by commas
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) key: Vec<String>,
    /// How much of the data may be held in memory; rows that do not fit are compared on the disk
    #[arg(long, value_name = "SIZE", default_value = "1GiB", conflicts_with = "step")]
    pub(crate) memory: Size,
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
