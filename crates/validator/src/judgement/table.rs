//! The comparison of one table.

use serde::{Deserialize, Serialize};

use super::{ColumnJudgement, Finding, RowComparison};
use crate::Verdict;

/// One of the two sides of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "a comparison has two sides")]
pub enum Side {
    /// What the new code wrote.
    Candidate,
    /// What production wrote.
    Reference,
}

impl Side {
    /// Returns the word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Reference => "reference",
        }
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The format of a table's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TableFormat {
    /// Apache Arrow IPC: a file, such as Feather, or a stream.
    ArrowIpc,
    /// Comma-separated values.
    Csv,
    /// One JSON array of objects.
    JsonArray,
    /// One JSON object per line.
    JsonLines,
    /// Apache Parquet.
    Parquet,
    /// Tab-separated values.
    Tsv,
}

impl TableFormat {
    /// Returns the name used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ArrowIpc => "Arrow IPC",
            Self::Csv => "CSV",
            Self::JsonArray => "JSON",
            Self::JsonLines => "JSON Lines",
            Self::Parquet => "Parquet",
            Self::Tsv => "TSV",
        }
    }
}

/// The comparison of one table: its evidence and its findings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TableJudgement {
    /// The file's path below the root, or `directory/*.parquet` for part files; unique.
    pub name: String,
    /// The format of its files.
    pub format: TableFormat,
    /// The worst verdict of the table's findings of severity error.
    pub verdict: Verdict,
    /// The candidate's files.
    pub candidate: TableSide,
    /// The reference's files.
    pub reference: TableSide,
    /// The answers of all checks on this table.
    pub findings: Vec<Finding>,
    /// How the rows compare; absent if that check is off.
    pub rows: Option<RowComparison>,
    /// The columns that both sides have, most moved first.
    pub columns: Vec<ColumnJudgement>,
}

/// What a table is made of on one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TableSide {
    /// Its files, relative to the root and sorted.
    pub files: Vec<String>,
    /// Their size on disk.
    pub bytes: u64,
    /// How many rows they hold together.
    pub rows: u64,
    /// The columns in order, with their types.
    pub columns: Vec<ColumnType>,
}

/// A column as one side declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ColumnType {
    /// The column's name.
    pub name: String,
    /// Its type in words, such as `Int64`, `Utf8` or `Timestamp(µs, "UTC")`.
    pub type_name: String,
    /// Whether it may hold nulls.
    pub nullable: bool,
}
