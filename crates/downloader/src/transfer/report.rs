//! What became of the objects of a transfer.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::checksum::Algorithm;
use crate::error::{Error, Result};
use crate::plan::PlanItem;

/// A file that is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Landed {
    /// Where the file is.
    pub path: PathBuf,
    /// How many bytes it has.
    pub bytes: u64,
    /// The ETag of the object that it is a copy of.
    pub etag: Option<String>,
    /// The version of that object, where it was known.
    pub version_id: Option<String>,
    /// How its content was verified.
    pub verified: Verified,
    /// How many requests it took.
    pub requests: u32,
    /// How many of its bytes a transfer had fetched that did not come to its end.
    pub resumed: u64,
}

/// How the content of a file was verified. Its length always was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Verified {
    /// By a checksum that the object carries.
    Checksum(Algorithm),
    /// By a composite checksum: that of the checksums of the parts it was uploaded in.
    Composite(Algorithm),
    /// By its length only: the object carries nothing that could be compared with its content.
    Length,
}

impl fmt::Display for Verified {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checksum(Algorithm::Md5) => formatter.write_str("MD5 in the ETag"),
            Self::Checksum(algorithm) => algorithm.fmt(formatter),
            Self::Composite(algorithm) => write!(formatter, "{algorithm} of parts"),
            Self::Length => formatter.write_str("length"),
        }
    }
}

/// What became of one object of a plan.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It is a file now.
    Landed(Landed),
    /// It could not be fetched.
    Failed(Error),
    /// It was not begun, or not brought to its end, because another one had failed.
    Skipped,
}

/// What became of the objects of a plan, in the plan's order.
#[derive(Debug)]
#[must_use = "objects may have failed"]
pub struct TransferReport {
    pub(super) outcomes: Vec<(PlanItem, Outcome)>,
}

impl TransferReport {
    /// Returns each object of the plan and what became of it.
    pub fn outcomes(&self) -> &[(PlanItem, Outcome)] {
        &self.outcomes
    }

    /// Returns whether every object of the plan has landed.
    pub fn is_complete(&self) -> bool {
        self.landed().count() == self.outcomes.len()
    }

    /// Returns the files that are whole.
    pub fn landed(&self) -> impl Iterator<Item = &Landed> {
        self.outcomes.iter().filter_map(|(_, outcome)| match outcome {
            Outcome::Landed(landed) => Some(landed),
            Outcome::Failed(_) | Outcome::Skipped => None,
        })
    }

    /// Returns why objects could not be fetched.
    pub fn failures(&self) -> impl Iterator<Item = &Error> {
        self.outcomes.iter().filter_map(|(_, outcome)| match outcome {
            Outcome::Failed(error) => Some(error),
            Outcome::Landed(_) | Outcome::Skipped => None,
        })
    }

    /// Returns how many bytes the files that landed have.
    pub fn bytes(&self) -> u64 {
        self.landed().map(|landed| landed.bytes).sum()
    }

    /// Returns the files, if all landed.
    ///
    /// # Errors
    ///
    /// The first failure in the plan's order.
    pub fn into_result(self) -> Result<Vec<Landed>> {
        // An object is skipped only after another has failed, so a failure is found whenever something is missing.
        let (landed, failed): (Vec<_>, Vec<_>) = self
            .outcomes
            .into_iter()
            .filter_map(|(_, outcome)| match outcome {
                Outcome::Landed(landed) => Some(Ok(landed)),
                Outcome::Failed(error) => Some(Err(error)),
                Outcome::Skipped => None,
            })
            .partition(Result::is_ok);
        failed.into_iter().chain(landed).collect()
    }
}
