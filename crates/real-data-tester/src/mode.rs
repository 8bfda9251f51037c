//! What kinds of run there are, and where the data that no step of a run writes are looked for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a run does.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One step on local or synthetic inputs; production is not asked.
    Isolation,
    /// All steps, each on what those before it wrote; local or synthetic data at the sources. Production is not asked.
    Pipeline,
    /// One step on the inputs that it had in production.
    Replay,
    /// A step on the inputs that it had in production, and the steps that follow from it on what it and they wrote.
    ReplayChain,
    /// Nothing runs: two executions of production are compared with each other.
    Comparison,
}

impl Mode {
    /// Returns the word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Isolation => "isolation",
            Self::Pipeline => "pipeline",
            Self::Replay => "replay",
            Self::ReplayChain => "replay chain",
            Self::Comparison => "comparison",
        }
    }

    /// Tells whether production's bucket may be read.
    pub fn reads_production(self) -> bool {
        !matches!(self, Self::Isolation | Self::Pipeline)
    }

    /// Where data are looked for unless the caller says otherwise.
    pub(crate) fn data_sources(self) -> &'static [DataSource] {
        match self {
            Self::Isolation | Self::Pipeline => &[DataSource::Local, DataSource::Synthetic],
            Self::Replay | Self::ReplayChain => &[DataSource::Local, DataSource::S3],
            Self::Comparison => &[DataSource::S3],
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A place where the data of an input are looked for. A runner asks one after the other; the first that has them provides them.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataSource {
    /// A directory on this machine.
    Local,
    /// The execution of production that the run is about.
    S3,
    /// Made-up data.
    Synthetic,
}

impl fmt::Display for DataSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Local => "local",
            Self::S3 => "s3",
            Self::Synthetic => "synthetic",
        })
    }
}
