//! The comparison of two trees as a whole.

use serde::{Deserialize, Serialize};

use super::{Finding, Side, TableJudgement};
use crate::{Severity, Verdict};

/// What a comparison found.
///
/// Serialises to JSON in which every number is finite, and reads back equal. Fields may be added
/// in later versions; [`format_version`](Self::format_version) changes when one is removed or gets
/// another meaning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Judgement {
    /// The version of this form: [`Judgement::FORMAT_VERSION`].
    pub format_version: u32,
    /// The worst verdict of all findings of severity error; inconclusive if there is none.
    pub verdict: Verdict,
    /// The verdict in one sentence.
    pub reason: String,
    /// Findings on the trees as a whole and on files that are no tables, and business rules.
    pub findings: Vec<Finding>,
    /// The tables that both sides have, in order of name.
    pub tables: Vec<TableJudgement>,
    /// The other files that both sides have, in order of name.
    pub files: Vec<FileJudgement>,
    /// What was not looked at.
    pub ignored: Vec<IgnoredFile>,
}

impl Judgement {
    /// The version of the serialised form written by this crate.
    pub const FORMAT_VERSION: u32 = 1;

    /// Returns every finding: those of the whole, then those of each table.
    pub fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(self.tables.iter().flat_map(|table| &table.findings))
    }

    /// Returns the findings of at least this severity that did not pass, worst first.
    pub fn problems(&self, at_least: Severity) -> Vec<&Finding> {
        let mut problems: Vec<&Finding> = self
            .all_findings()
            .filter(|finding| finding.verdict != Verdict::Pass && finding.severity >= at_least)
            .collect();
        problems.sort_by_key(|finding| std::cmp::Reverse((finding.severity, finding.verdict)));
        problems
    }

    /// Returns the table of this name.
    pub fn table(&self, name: &str) -> Option<&TableJudgement> {
        self.tables.iter().find(|table| table.name == name)
    }
}

/// The comparison of a file that is no table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FileJudgement {
    /// The file's path below the root.
    pub name: String,
    /// How it was compared.
    pub kind: FileKind,
    /// The answer.
    pub verdict: Verdict,
    /// The candidate's size in bytes.
    pub candidate_bytes: u64,
    /// The reference's size in bytes.
    pub reference_bytes: u64,
    /// The SHA-256 digest of the candidate's bytes, in hexadecimal; of several files, that of their digests.
    #[serde(default)]
    pub candidate_sha256: Option<String>,
    /// The SHA-256 digest of the reference's bytes.
    #[serde(default)]
    pub reference_sha256: Option<String>,
    /// How many places differ, of two JSON documents.
    #[serde(default)]
    pub difference_count: u64,
    /// The first of them.
    pub differences: Vec<DocumentDifference>,
}

/// One place where two JSON documents differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentDifference {
    /// Where, such as `$.models[0].name`.
    pub path: String,
    /// What the candidate holds there, as JSON; nothing as `None`.
    pub candidate: Option<String>,
    /// What the reference holds there, as JSON; nothing as `None`.
    pub reference: Option<String>,
}

impl std::fmt::Display for DocumentDifference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let show = |value: &Option<String>| value.clone().unwrap_or_else(|| "absent".to_owned());
        write!(f, "{}: {}, not {}", self.path, show(&self.candidate), show(&self.reference))
    }
}

/// How a file that is no table is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FileKind {
    /// A JSON document: by structure, numbers within the tolerance.
    Json,
    /// Anything else: by size and content hash.
    Opaque,
}

/// A file or directory that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IgnoredFile {
    /// The side it is on.
    pub side: Side,
    /// Its path below the root.
    pub path: String,
    /// Why.
    pub reason: IgnoreReason,
}

/// Why a file or directory was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IgnoreReason {
    /// Its name starts with `_` or `.`, as markers and temporary directories of writers do.
    Hidden,
    /// It holds no byte.
    ZeroBytes,
    /// It is neither a file nor a directory, or a link to a directory.
    Special,
}
