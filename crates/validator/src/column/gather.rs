//! Gathers the values of one column of one side, batch by batch.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hasher as _};

use arrow::datatypes::{DataType, TimeUnit};

use super::key::{KeySpace, float_key, integer_key};
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

/// Numbers and times as sort keys.
#[derive(Debug)]
pub(crate) struct Numbers {
    pub(crate) space: KeySpace,
    /// Ascending once [`Gathered::finish`] was called.
    pub(crate) keys: Vec<u64>,
    /// Of the finite ones.
    pub(crate) moments: Moments,
}

/// Text and booleans, counted.
#[derive(Debug, Default)]
pub(crate) struct Categories {
    /// Emptied when there are more than [`MOST_CATEGORIES`].
    pub(crate) counts: HashMap<String, u64>,
    /// Hashes of the distinct values, once there are too many to count each.
    many: Option<HashSet<u64>>,
}

impl Gathered {
    /// Starts a column of a canonical type.
    pub(crate) fn new(data_type: &DataType) -> Self {
        let numbers = |space| {
            Content::Numbers(Numbers { space, keys: Vec::new(), moments: Moments::default() })
        };
        let content = match data_type {
            DataType::Null => Content::Empty,
            DataType::Int64 => numbers(KeySpace::Integer),
            DataType::UInt64 => numbers(KeySpace::Unsigned),
            DataType::Float64 | DataType::Decimal128(..) => numbers(KeySpace::Float),
            DataType::Date32 => numbers(KeySpace::Days),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => numbers(KeySpace::Ticks(1_000_000_000)),
            DataType::Timestamp(..) => numbers(KeySpace::Ticks(1_000_000)),
            _ => Content::Categories(Categories::default()),
        };
        Self { rows: 0, nulls: 0, nans: 0, infinite: 0, content }
    }

    /// Adds one batch of the column.
    pub(crate) fn add(&mut self, cells: &Cells<'_>) {
        self.rows += cells.len() as u64;
        self.nulls += cells.null_count() as u64;
        match &mut self.content {
            Content::Empty => {}
            Content::Numbers(numbers) => {
                let (nans, infinite) = numbers.add(cells);
                self.nans += nans;
                self.infinite += infinite;
            }
            Content::Categories(categories) => categories.add(cells),
        }
    }

    /// Sorts what needs sorting.
    pub(crate) fn finish(&mut self) {
        if let Content::Numbers(numbers) = &mut self.content {
            numbers.keys.sort_unstable();
        }
    }
}

impl Numbers {
    /// Returns the keys of the finite values, once they are sorted.
    pub(crate) fn finite(&self) -> &[u64] {
        let start = self.keys.partition_point(|key| self.space.number(*key) == f64::NEG_INFINITY);
        let end = self.keys.partition_point(|key| self.space.number(*key) < f64::INFINITY);
        &self.keys[start..end]
    }

    /// Returns how many of the values were not a number, and how many were infinite.
    fn add(&mut self, cells: &Cells<'_>) -> (u64, u64) {
        let present = cells.present();
        let start = self.keys.len();
        let (mut nans, mut infinite) = (0, 0);
        match &cells.values {
            Values::Float(values) => present.for_each(|row| {
                let value = values[row];
                if value.is_nan() {
                    nans += 1;
                } else {
                    infinite += u64::from(value.is_infinite());
                    self.keys.push(float_key(value));
                }
            }),
            Values::Integer(values) | Values::Time(values, _) => {
                self.keys.extend(present.map(|row| integer_key(values[row])));
            }
            Values::Unsigned(values) => self.keys.extend(present.map(|row| values[row])),
            Values::Day(values) => {
                self.keys.extend(present.map(|row| integer_key(values[row].into())));
            }
            Values::Decimal(values, scale) => {
                self.keys.extend(present.map(|row| float_key(decimal(values[row], *scale))));
            }
            Values::Null | Values::Boolean(_) | Values::Text(_) | Values::Bytes(_) => {}
        }
        let numbers = self.keys[start..].iter().map(|key| self.space.number(*key));
        let finite: Vec<f64> = numbers.filter(|number| number.is_finite()).collect();
        self.moments = self.moments.merge(Moments::of(&finite));
        (nans, infinite)
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
            let mut hasher = DefaultHasher::new();
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
