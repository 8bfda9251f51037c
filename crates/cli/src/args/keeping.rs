//! What is kept on disk, and for how long.

use clap::{Args, Subcommand};

use crate::help;
use crate::size::Size;

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

#[derive(Debug, Args)]
pub(crate) struct Cleanup {
    /// Remove the directories of runs that are older than so many days
    #[arg(long, default_value_t = 7, value_name = "DAYS")]
    pub(crate) older_than: u32,
    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
}
