//! Gathers the values of one column of one side, batch by batch.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;

use arrow::datatypes::DataType;
use foldhash::fast::FixedState;

use super::key::{KeySpace, float_key, integer_key};
use super::numbers::Numbers;
use crate::histogram::{Cell, Layout};
use crate::rows::SideResidue;
use crate::stats::Moments;
use crate::table::{Cells, Values, decimal};

/// The most distinct values of a column that is still compared as categories.
pub(crate) const MOST_CATEGORIES: usize = 1_000;

/// The most distinct values of a text column that are counted.
const MOST_DISTINCT: usize = 1_000_000;

/// One side of one column.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) rows: u64,
    pub(crate) nulls: u64,
    pub(crate) nans: u64,
    pub(crate) infinite: u64,
    pub(crate) content: Content,
}

/// The values that are not missing.
#[derive(Debug)]
pub(crate) enum Content {
    /// Nothing but nulls can be here.
    Empty,
    Numbers(Numbers),
    Categories(Categories),
}

/// Text and booleans, counted.
#[derive(Debug, Default)]
pub(crate) struct Categories {
    /// Emptied when there are more than [`MOST_CATEGORIES`].
    pub(crate) counts: HashMap<String, u64, FixedState>,
    /// Hashes of the distinct values, once there are too many to count each.
    many: Option<HashSet<u64, FixedState>>,
}

impl Gathered {
    /// Starts a column of a canonical type. With a layout numbers are counted by cell, not held.
    pub(crate) fn new(data_type: &DataType, layout: Option<&Arc<Layout>>) -> Self {
        let content = match KeySpace::of(data_type) {
            Some(space) => Content::Numbers(Numbers::new(space, layout)),
            None if data_type == &DataType::Null => Content::Empty,
            None => Content::Categories(Categories::default()),
        };
        Self { rows: 0, nulls: 0, nans: 0, infinite: 0, content }
    }

    /// Adds one batch of the column.
    pub(crate) fn add(&mut self, cells: &Cells<'_>, scratch: &mut Scratch) {
        self.rows += cells.len() as u64;
        self.nulls += cells.null_count() as u64;
        match &mut self.content {
            Content::Empty => {}
            Content::Numbers(numbers) => {
                self.nans += scratch.fill(cells, numbers.space);
                self.infinite += (scratch.keys.len() - scratch.finite.len()) as u64;
                numbers.add(&scratch.keys, &scratch.finite);
            }
            Content::Categories(categories) => categories.add(cells),
        }
    }

    /// Returns the residue of a side none of whose rows is known to have an equal.
    pub(crate) fn all_open(&self) -> SideResidue {
        let missing = self.nulls + self.nans;
        let moments = match &self.content {
            Content::Numbers(numbers) => numbers.moments,
            Content::Empty | Content::Categories(_) => Moments::default(),
        };
        SideResidue { present: self.rows - missing, missing, moments }
    }

    /// Puts the sorted values of some cells in the place of their counts.
    pub(crate) fn refine(&mut self, looked_at: &[Cell], keys: &[u64]) {
        if let Content::Numbers(numbers) = &mut self.content {
            numbers.refine(looked_at, keys);
        }
    }

    /// Sorts what needs sorting.
    pub(crate) fn finish(&mut self) {
        if let Content::Numbers(numbers) = &mut self.content {
            numbers.finish();
        }
    }
}

/// The numbers of one column of one batch: room that is used again and again.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// The keys of all numbers.
    pub(crate) keys: Vec<u64>,
    /// The finite numbers, in the same order.
    finite: Vec<f64>,
}

impl Scratch {
    /// Takes in the cells of a column and returns how many of them are not a number.
    fn fill(&mut self, cells: &Cells<'_>, space: KeySpace) -> u64 {
        let nans = self.fill_keys(cells);
        if !matches!(cells.values, Values::Float(_) | Values::Decimal(..)) {
            self.finite.extend(self.keys.iter().map(|key| space.number(*key)));
        }
        nans
    }

    /// Takes in the keys of a column, and the numbers of floats.
    pub(crate) fn fill_keys(&mut self, cells: &Cells<'_>) -> u64 {
        self.keys.clear();
        self.finite.clear();
        match &cells.values {
            Values::Float(values) => {
                cells.runs().for_each(|run| self.finite.extend_from_slice(&values[run]));
                return self.key_floats();
            }
            Values::Decimal(values, scale) => {
                self.finite.extend(cells.present().map(|row| decimal(values[row], *scale)));
                return self.key_floats();
            }
            Values::Integer(values) | Values::Time(values, _) => {
                for run in cells.runs() {
                    self.keys.extend(values[run].iter().map(|value| integer_key(*value)));
                }
            }
            Values::Unsigned(values) => {
                cells.runs().for_each(|run| self.keys.extend_from_slice(&values[run]));
            }
            Values::Day(values) => {
                self.keys.extend(cells.present().map(|row| integer_key(values[row].into())));
            }
            Values::Null | Values::Boolean(_) | Values::Text(_) | Values::Bytes(_) => {}
        }
        0
    }

    /// Makes keys of floats and leaves out what is not finite, or not a number at all.
    fn key_floats(&mut self) -> u64 {
        if self.finite.iter().all(|number| number.is_finite()) {
            self.keys.extend(self.finite.iter().map(|number| float_key(*number)));
            return 0;
        }
        let numbers = self.finite.iter().filter(|number| !number.is_nan());
        self.keys.extend(numbers.map(|number| float_key(*number)));
        let nans = self.finite.len() - self.keys.len();
        self.finite.retain(|number| number.is_finite());
        nans as u64
    }
}

impl Categories {
    fn add(&mut self, cells: &Cells<'_>) {
        let present = cells.present();
        match &cells.values {
            Values::Boolean(values) => present.for_each(|row| {
                self.count(if values.value(row) { "true" } else { "false" });
            }),
            Values::Text(values) => present.for_each(|row| self.count(values.value(row))),
            Values::Bytes(values) => present.for_each(|row| self.count_hash(values.value(row))),
            _ => {}
        }
    }

    fn count(&mut self, value: &str) {
        if self.many.is_some() {
            self.count_hash(value.as_bytes());
        } else if let Some(count) = self.counts.get_mut(value) {
            *count += 1;
        } else if self.counts.len() < MOST_CATEGORIES {
            self.counts.insert(value.to_owned(), 1);
        } else {
            for known in std::mem::take(&mut self.counts).into_keys() {
                self.count_hash(known.as_bytes());
            }
            self.count_hash(value.as_bytes());
        }
    }

    fn count_hash(&mut self, value: &[u8]) {
        let many = self.many.get_or_insert_default();
        if many.len() <= MOST_DISTINCT {
            let mut hasher = FixedState::default().build_hasher();
            hasher.write(value);
            many.insert(hasher.finish());
        }
    }

    /// Whether there are few enough values to compare them as categories.
    pub(crate) fn is_few(&self) -> bool {
        self.many.is_none()
    }

    /// Returns how many distinct values there are, if they were all counted.
    pub(crate) fn distinct(&self) -> Option<u64> {
        match &self.many {
            None => Some(self.counts.len() as u64),
            Some(many) if many.len() <= MOST_DISTINCT => Some(many.len() as u64),
            Some(_) => None,
        }
    }
}
