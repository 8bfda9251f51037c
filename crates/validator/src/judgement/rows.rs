//! How the rows of two tables compare, with examples.
//!
//! Real values of the data appear in five places only: [`RowKey::values`], the two strings of a
//! [`CellChange`], [`Category::value`](super::Category::value), [`Cell::value`](super::Cell::value) and the two strings of a
//! [`DocumentDifference`](super::DocumentDifference). Whoever masks data masks those.

use serde::{Deserialize, Serialize};

use super::Side;

/// How the rows compare, whatever their order and whichever part file holds them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RowComparison {
    /// The columns by which rows were paired; absent if they were compared as a multiset.
    pub key: Option<Vec<String>>,
    /// Where the key comes from.
    pub key_origin: KeyOrigin,
    /// Rows that are equal in every compared column.
    pub matched: u64,
    /// Of the matched rows, those that are equal only within the tolerances.
    pub within_tolerance: u64,
    /// Pairs of rows with the same key and at least one differing cell.
    pub changed: u64,
    /// Rows that only the candidate has.
    pub only_candidate: u64,
    /// Rows that only the reference has.
    pub only_reference: u64,
    /// Candidate rows beyond the first with the same key; absent without a key given by the rules.
    pub duplicate_keys_candidate: Option<u64>,
    /// Reference rows beyond the first with the same key; absent without a key given by the rules.
    pub duplicate_keys_reference: Option<u64>,
    /// Changed cells by column, most changed first; columns without a change are left out.
    pub columns: Vec<ColumnChanges>,
    /// A bounded number of differing rows.
    pub examples: Vec<RowExample>,
}

impl RowComparison {
    /// Returns the share of rows that differ: changed, or on one side only. 0 for two empty tables.
    pub fn difference_rate(&self) -> f64 {
        let differing = self.changed + self.only_candidate + self.only_reference;
        let all = differing + self.matched;
        if all == 0 { 0.0 } else { differing as f64 / all as f64 }
    }

    /// Whether every row of either side has its equal on the other.
    pub fn all_match(&self) -> bool {
        self.changed + self.only_candidate + self.only_reference == 0
    }
}

/// Where the key of a row comparison comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeyOrigin {
    /// The rules name it.
    Rules,
    /// It was found in the data: unique on both sides.
    Inferred,
    /// There is none: rows were compared as a multiset.
    None,
}

/// The changed cells of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ColumnChanges {
    /// The column.
    pub column: String,
    /// Paired rows whose cell differs.
    pub changed: u64,
    /// Of those, cells that are null in the candidate only.
    pub became_null: u64,
    /// Of those, cells that are null in the reference only.
    pub was_null: u64,
    /// The largest changes of a number or time (in seconds), largest first.
    pub largest: Vec<LargestChange>,
}

/// One of the largest changes of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LargestChange {
    /// The row it is in.
    pub key: RowKey,
    /// The cell before and after.
    pub cell: CellChange,
}

/// The values that identify a row, in the order of the key columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RowKey {
    /// One display string per key column; null as `None`.
    pub values: Vec<Option<String>>,
}

/// One differing row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RowExample {
    /// The row's key; absent without key columns.
    pub key: Option<RowKey>,
    /// The side that has the row, if only one has.
    pub only: Option<Side>,
    /// The changed cells; of a row on one side only, all its cells.
    pub cells: Vec<CellChange>,
}

/// A cell on both sides, as text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CellChange {
    /// The column.
    pub column: String,
    /// What the candidate holds; null or no such row as `None`.
    pub candidate: Option<String>,
    /// What the reference holds; null or no such row as `None`.
    pub reference: Option<String>,
    /// Candidate minus reference, for numbers and times (in seconds).
    pub difference: Option<f64>,
}
