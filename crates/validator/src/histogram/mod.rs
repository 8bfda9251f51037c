//! Counts of order-preserving keys in cells: one pass, no sorting, and bounds that are certain.
//!
//! A [`Layout`] cuts the 64-bit key space into some ten thousands of cells, finer where a sample of the data
//! says that values are. A [`Tally`] counts values by cell and keeps the least and the largest of each. What
//! remains is a [`KeyHistogram`], of which distribution functions, quantiles and distances are known within
//! bounds: no value is anywhere but between the ends of its cell.

mod cells;
mod curve;
mod gap;
mod layout;
mod search;
mod tally;

#[cfg(test)]
mod laws;

pub(crate) use cells::{Cell, KeyHistogram};
pub(crate) use curve::Curves;
pub(crate) use gap::{GapBounds, gap_bounds};
pub(crate) use layout::{Detail, Layout};
pub(crate) use search::Search;
pub(crate) use tally::{Collector, Counter, Tally};
