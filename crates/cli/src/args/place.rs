//! Where production's outputs are and where ours go, and what is kept of keys and settings.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};

use crate::help;

/// Where production's outputs are and where ours go; the same for every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that is given or not")]
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
    /// Pay for requests, where the owner of the bucket wants that
    #[arg(
        long,
        global = true,
        env = "REENACT_REQUESTER_PAYS",
        hide_env_values = true,
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) requester_pays: bool,
    /// Sign no requests, as for public buckets: no credentials are looked for
    #[arg(
        long,
        global = true,
        env = "REENACT_NO_SIGN_REQUEST",
        hide_env_values = true,
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) no_sign_request: bool,
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
