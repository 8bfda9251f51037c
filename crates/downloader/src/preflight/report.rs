//! What was found out before a transfer.

use serde::{Serialize, Serializer};

use crate::error::{Error, ErrorKind};
use crate::preflight::PolicyDocument;
use crate::source::Circumstances;

/// What was found out before a transfer.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct PreflightReport {
    /// The bucket that was asked.
    pub bucket: String,
    /// Who asked, and who answered. What is amiss here, and was put right, stands in no way.
    pub circumstances: Circumstances,
    /// How many objects there are to fetch.
    pub objects: usize,
    /// How many bytes they have.
    pub bytes: u64,
    /// Whether the two numbers before tell everything. Without a list of objects, only the first page of a listing is counted.
    pub counted_all: bool,
    /// How many bytes are free at the destination, if there is one.
    pub free_bytes: Option<u64>,
    /// How many bytes are free in the workspace, if there is one.
    pub workspace_free_bytes: Option<u64>,
    /// What stands in the way; nothing if the transfer can begin.
    pub findings: Vec<Finding>,
}

impl PreflightReport {
    /// Returns whether nothing stands in the way.
    pub fn is_ready(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns the first thing that stands in the way as an error.
    ///
    /// # Errors
    ///
    /// Whatever the first finding is about.
    pub fn into_result(mut self) -> Result<Self, Error> {
        if self.is_ready() { Ok(self) } else { Err(self.findings.swap_remove(0).error) }
    }
}

/// Something that stands in the way of a transfer.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What was tried.
    pub check: Check,
    /// What came of it.
    #[serde(serialize_with = "as_kind_and_text")]
    pub error: Error,
    /// What would grant the missing permission, where one is missing.
    pub policy: Option<PolicyDocument>,
}

impl Finding {
    /// Returns what the finding means.
    pub fn kind(&self) -> ErrorKind {
        self.error.kind()
    }

    /// Returns the missing permission, such as `s3:GetObject`.
    pub fn permission(&self) -> Option<&str> {
        self.error.permission()
    }
}

/// What a preflight tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Check {
    /// Whether objects are in an archive tier.
    Archive,
    /// Whether files can be made at the destination, and whether there is room.
    Disk,
    /// Whether an object can be read, by reading one byte of it.
    Get,
    /// Whether the bucket is there and can be listed.
    List,
}

#[derive(Serialize)]
struct KindAndText {
    kind: ErrorKind,
    text: String,
}

fn as_kind_and_text<S: Serializer>(error: &Error, serializer: S) -> Result<S::Ok, S::Error> {
    KindAndText { kind: error.kind(), text: error.to_string() }.serialize(serializer)
}
