//! The numbers behind a picture of one column on both sides.

use serde::{Deserialize, Serialize};

/// What to draw for one column. Positions are finite numbers; for a column of times they are
/// seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "shape", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Plot {
    /// For numbers and times.
    Distribution {
        /// Bins with edges shared by both sides, ascending, covering every finite value.
        histogram: Vec<HistogramBin>,
        /// Both empirical distribution functions at shared positions, ascending, at most 200.
        ecdf: Vec<EcdfPoint>,
        /// Where the two functions are farthest apart; absent if they are equal.
        gap: Option<EcdfPoint>,
    },
    /// For categories: the most frequent of either side, most frequent first.
    Categories {
        /// At most 20 categories.
        top: Vec<Category>,
        /// Candidate values in none of them.
        other_candidate: u64,
        /// Reference values in none of them.
        other_reference: u64,
    },
}

/// One bar of a histogram: values in `from <= value < to`; the last bin includes its end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HistogramBin {
    /// Lower edge.
    pub from: f64,
    /// Upper edge.
    pub to: f64,
    /// Candidate values in the bin.
    pub candidate: u64,
    /// Reference values in the bin.
    pub reference: u64,
}

impl HistogramBin {
    pub(crate) fn new(from: f64, to: f64) -> Self {
        Self { from, to, candidate: 0, reference: 0 }
    }
}

/// The share of values at or below a position, on each side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EcdfPoint {
    /// The position.
    pub at: f64,
    /// Share of candidate values `<= at`.
    pub candidate: f64,
    /// Share of reference values `<= at`.
    pub reference: f64,
}

impl EcdfPoint {
    pub(crate) fn new(at: f64, candidate: f64, reference: f64) -> Self {
        Self { at, candidate, reference }
    }
}

/// How often one category occurs on each side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Category {
    /// The value as text.
    pub value: String,
    /// Candidate rows with it.
    pub candidate: u64,
    /// Reference rows with it.
    pub reference: u64,
}

impl Category {
    pub(crate) fn new(value: String, candidate: u64, reference: u64) -> Self {
        Self { value, candidate, reference }
    }
}
