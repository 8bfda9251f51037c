//! The rows that break a rule.
//!
//! [`Cell::value`] is real data: whoever masks data masks it, by the name of its column.

use serde::{Deserialize, Serialize};

/// How many rows break a rule, with a bounded number of examples.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FailingRows {
    /// The rows that the rule applies to.
    pub checked: u64,
    /// Of those, the ones that break it.
    pub failing: u64,
    /// Some that break it, the first ones found.
    pub examples: Vec<FailingRow>,
}

impl FailingRows {
    /// Counts rows that a rule applies to and those that break it.
    pub fn new(checked: u64, failing: u64) -> Self {
        Self { checked, failing, examples: Vec::new() }
    }

    /// Adds an example.
    #[must_use]
    pub fn with_example(mut self, example: FailingRow) -> Self {
        self.examples.push(example);
        self
    }

    /// Returns the share of failing rows; 0 if none was checked.
    pub fn share(&self) -> f64 {
        if self.checked == 0 { 0.0 } else { self.failing as f64 / self.checked as f64 }
    }
}

/// One row that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FailingRow {
    /// Its place among the candidate's rows, from 1, part file after part file in order of name; absent if it is no row of a file.
    pub row: Option<u64>,
    /// The cells that the rule looks at, and those that identify the row.
    pub cells: Vec<Cell>,
}

impl FailingRow {
    /// Creates a row from its place and its cells.
    pub fn new(row: Option<u64>, cells: impl IntoIterator<Item = Cell>) -> Self {
        Self { row, cells: cells.into_iter().collect() }
    }
}

/// One cell, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cell {
    /// The column.
    pub column: String,
    /// What it holds; null as `None`.
    pub value: Option<String>,
}

impl Cell {
    /// Creates a cell.
    pub fn new(column: impl Into<String>, value: Option<String>) -> Self {
        Self { column: column.into(), value }
    }
}
