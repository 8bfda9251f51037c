//! Gathers the values of one column of one side, batch by batch.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;

use arrow::array::{Array, AsArray as _, DictionaryArray, StringArray};
use arrow::datatypes::{DataType, Int32Type};
use foldhash::fast::FixedState;

use super::key::{KeySpace, float_key, integer_key};
use super::numbers::Numbers;
use crate::histogram::Layout;
use crate::rows::SideResidue;
use crate::stats::Moments;
use crate::table::{Cells, Values, decimal};

/// The most distinct values of a column that is still compared as categories.
pub(crate) const MOST_CATEGORIES: usize = 1_000;

/// The most distinct values of a text column that are counted, if memory allows.
pub(crate) const MOST_DISTINCT: usize = 1_000_000;

/// What a distinct value that is counted takes at most, in bytes.
pub(crate) const DISTINCT_BYTES: u64 = 32;

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
    /// Hashes of the distinct values, once there are too many to count each; empty if they are not known.
    many: Option<HashSet<u64, FixedState>>,
    /// Up to how many they are counted.
    most_distinct: usize,
    /// Of values that are known by nothing else: how long they are.
    pub(crate) lengths: Option<Box<Numbers>>,
    /// And about how many distinct ones there are.
    estimate: Option<u64>,
    /// The dictionary of the last batches, and how often each of its codes occurred in them.
    codes: Option<(StringArray, Vec<u64>)>,
}

impl Gathered {
    /// Starts a column of a canonical type. With a layout numbers are counted by cell, not held; of other values
    /// so many distinct ones are counted at most.
    pub(crate) fn new(
        data_type: &DataType,
        layout: Option<&Arc<Layout>>,
        most_distinct: usize,
    ) -> Self {
        let content = match KeySpace::of(data_type) {
            Some(space) => Content::Numbers(Numbers::new(space, layout)),
            None if data_type == &DataType::Null => Content::Empty,
            None => Content::Categories(Categories { most_distinct, ..Categories::default() }),
        };
        Self { rows: 0, nulls: 0, nans: 0, infinite: 0, content }
    }

    /// Adds one batch of the column. Text may come as codes into a dictionary.
    pub(crate) fn add(&mut self, array: &dyn Array, scratch: &mut Scratch) {
        if let Some(codes) = array.as_dictionary_opt::<Int32Type>() {
            self.add_codes(codes);
            return;
        }
        let cells = &Cells::new(array);
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

    fn add_codes(&mut self, codes: &DictionaryArray<Int32Type>) {
        self.rows += codes.len() as u64;
        self.nulls += codes.null_count() as u64;
        if let (Content::Categories(categories), Some(values)) =
            (&mut self.content, codes.values().as_string_opt::<i32>())
        {
            categories.add_codes(codes, values);
        }
    }

    /// Returns about how many bytes the values take.
    pub(crate) fn bytes(&self) -> u64 {
        match &self.content {
            Content::Empty => 0,
            Content::Numbers(numbers) => numbers.bytes(),
            Content::Categories(categories) => categories.bytes(),
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

    /// Brings everything into order after the last batch.
    pub(crate) fn finish(&mut self) {
        match &mut self.content {
            Content::Numbers(numbers) => numbers.finish(),
            Content::Categories(categories) => categories.count_codes(),
            Content::Empty => {}
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
            space.numbers(&self.keys, &mut self.finite);
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
        // Without an early end, so that many are looked at side by side.
        if self.finite.iter().fold(true, |all, number| all & number.is_finite()) {
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
                self.count(if values.value(row) { "true" } else { "false" }, 1);
            }),
            Values::Text(values) => present.for_each(|row| self.count(values.value(row), 1)),
            Values::Bytes(values) => present.for_each(|row| self.count_hash(values.value(row))),
            _ => {}
        }
    }

    /// Counts codes, whose values are looked at only once for all batches with the same dictionary.
    fn add_codes(&mut self, codes: &DictionaryArray<Int32Type>, values: &StringArray) {
        let is_known = |known: &(StringArray, _)| {
            known.0.values().ptr_eq(values.values()) && known.0.offsets().ptr_eq(values.offsets())
        };
        if !self.codes.as_ref().is_some_and(is_known) {
            self.count_codes();
        }
        let (_, counts) = self.codes.get_or_insert_with(|| (values.clone(), vec![0; values.len()]));
        let runs: Vec<(usize, usize)> = match codes.nulls() {
            Some(nulls) if nulls.null_count() > 0 => nulls.valid_slices().collect(),
            _ => vec![(0, codes.len())],
        };
        for (start, end) in runs {
            for code in &codes.keys().values()[start..end] {
                counts[*code as usize] += 1;
            }
        }
    }

    /// Counts the values of the codes that were counted so far.
    fn count_codes(&mut self) {
        let Some((values, counts)) = self.codes.take() else { return };
        for (code, times) in counts.into_iter().enumerate().filter(|(_, times)| *times > 0) {
            self.count(values.value(code), times);
        }
    }

    fn count(&mut self, value: &str, times: u64) {
        if self.many.is_some() {
            self.count_hash(value.as_bytes());
        } else if let Some(count) = self.counts.get_mut(value) {
            *count += times;
        } else if self.counts.len() < MOST_CATEGORIES {
            self.counts.insert(value.to_owned(), times);
        } else {
            for known in std::mem::take(&mut self.counts).into_keys() {
                self.count_hash(known.as_bytes());
            }
            self.count_hash(value.as_bytes());
        }
    }

    fn count_hash(&mut self, value: &[u8]) {
        let many = self.many.get_or_insert_default();
        if many.len() <= self.most_distinct {
            let mut hasher = FixedState::default().build_hasher();
            hasher.write(value);
            many.insert(hasher.finish());
        }
    }

    /// Takes counts of all values.
    pub(crate) fn of_counts(counts: impl IntoIterator<Item = (String, u64)>) -> Self {
        Self { counts: counts.into_iter().collect(), ..Self::default() }
    }

    /// Too many values to count each, of which lengths and about how many distinct ones there are is known.
    pub(crate) fn uncounted(lengths: Numbers, distinct: u64) -> Self {
        let (lengths, estimate) = (Some(Box::new(lengths)), Some(distinct));
        Self { many: Some(HashSet::default()), lengths, estimate, ..Self::default() }
    }

    /// Returns about how many bytes this takes.
    fn bytes(&self) -> u64 {
        let values = self.counts.keys().map(String::len).sum::<usize>();
        let counts = self.counts.capacity() * size_of::<(String, u64)>();
        let hashes = self.many.as_ref().map_or(0, HashSet::capacity) as u64 * DISTINCT_BYTES / 2;
        (values + counts) as u64 + hashes
    }

    /// Whether there are few enough values to compare them as categories.
    pub(crate) fn is_few(&self) -> bool {
        self.many.is_none()
    }

    /// Returns how many distinct values there are, if they were all counted.
    pub(crate) fn distinct(&self) -> Option<u64> {
        match &self.many {
            None => Some(self.counts.len() as u64),
            Some(many) if many.is_empty() => self.estimate,
            Some(many) if many.len() <= self.most_distinct => Some(many.len() as u64),
            Some(_) => None,
        }
    }
}
