//! What is looked for in a bucket, and what is brought from there.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::at_least_one;
use crate::moment::Moment;

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
    #[arg(long, default_value = "10", value_name = "N", value_parser = at_least_one)]
    pub(crate) limit: NonZeroUsize,
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
    /// Where each output gets a directory of its name, which must not exist yet or be empty
    #[arg(long, value_name = "DIR", required_unless_present = "dry_run")]
    pub(crate) into: Option<PathBuf>,
    /// Only say what would be fetched: every file with its size, and how much the cache lacks
    #[arg(long)]
    pub(crate) dry_run: bool,
}
