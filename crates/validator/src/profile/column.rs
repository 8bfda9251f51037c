//! What is kept of one column.

use std::str::FromStr as _;

use arrow::datatypes::DataType;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::distinct::{Distinct, DistinctCount};
use super::frequent::Frequent;
use super::numbers::NumberProfile;
use crate::column::KeySpace;
use crate::table::{canonical_type, common_type};
use crate::{Error, ErrorKind, Result};

/// What is kept of one column: counts, and its values as far as they may be kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    pub(super) name: String,
    #[serde(rename = "type", serialize_with = "write_type", deserialize_with = "read_type")]
    pub(super) data_type: DataType,
    pub(super) nullable: bool,
    pub(super) rows: u64,
    pub(super) nulls: u64,
    pub(super) nans: u64,
    /// Whether the values were not to be kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) left_out: bool,
    pub(super) distinct: Distinct,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) numbers: Option<NumberProfile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<TextProfile>,
}

/// What is kept of text, of booleans and of bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextProfile {
    pub(super) lengths: NumberProfile,
    /// Absent of bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) frequent: Option<Frequent>,
    pub(super) masked: bool,
}

impl ColumnProfile {
    /// Returns the column's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its type, as the files declare it; of text files, as inferred.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// Whether it may hold nulls.
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// Returns how many rows there are.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns how many of them are null.
    pub fn nulls(&self) -> u64 {
        self.nulls
    }

    /// Returns how many of them are not a number; they count as missing.
    pub fn nans(&self) -> u64 {
        self.nans
    }

    /// Returns how many values are neither null nor not-a-number.
    pub fn present(&self) -> u64 {
        self.rows - self.nulls - self.nans
    }

    /// Returns the share of rows without a value, 0 to 1; 0 without a row.
    pub fn missing_rate(&self) -> f64 {
        (self.nulls + self.nans) as f64 / self.rows.max(1) as f64
    }

    /// Returns how many distinct values are present.
    pub fn distinct(&self) -> DistinctCount {
        let exact = |count| DistinctCount { count, is_exact: true };
        if self.present() == 0 {
            return exact(0);
        }
        if let Some(count) = self.numbers.as_ref().and_then(distinct_numbers) {
            return exact(count);
        }
        let counted = self.text.as_ref().filter(|text| text.is_complete());
        match counted {
            Some(text) => exact(text.top().len() as u64),
            None => DistinctCount {
                count: self.distinct.estimate().clamp(1, self.present()),
                is_exact: false,
            },
        }
    }

    /// Returns what is kept of numbers and times; `None` for other types, and if values were not to be kept.
    pub fn numbers(&self) -> Option<&NumberProfile> {
        self.numbers.as_ref()
    }

    /// Returns what is kept of text, booleans, bytes and nested values; `None` for numbers and times, and if values were not
    /// to be kept.
    pub fn text(&self) -> Option<&TextProfile> {
        self.text.as_ref()
    }

    /// Adds another part of the column. Integers and floats add up as floats, days and timestamps as timestamps.
    ///
    /// What is known by cells only, not value by value, may then be known in wider ones: see [`NumberProfile::rank_error`].
    ///
    /// # Errors
    /// [`ErrorKind::InconsistentParts`] if the types have no order in common.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        let common = self.type_with(&other)?;
        let (mut numbers, mut others) = (self.numbers.take(), other.numbers.clone());
        if let Some(space) = KeySpace::of(&canonical_type(&common)) {
            for side in [&mut numbers, &mut others].into_iter().flatten() {
                *side = side.widened(space).ok_or_else(|| self.does_not_add_up(&other))?;
            }
        }
        self.data_type = common;
        self.numbers = numbers;
        let other = Self { numbers: others, ..other };
        self.nullable |= other.nullable;
        self.rows += other.rows;
        self.nulls += other.nulls;
        self.nans += other.nans;
        self.left_out |= other.left_out;
        self.distinct.merge(&other.distinct);
        match (&mut self.numbers, other.numbers) {
            (Some(numbers), Some(others)) => numbers.merge(others),
            (numbers @ None, others) => *numbers = others,
            (Some(_), None) => {}
        }
        match (&mut self.text, other.text) {
            (Some(text), Some(others)) => text.merge(others),
            (text @ None, others) => *text = others,
            (Some(_), None) => {}
        }
        if self.left_out {
            (self.numbers, self.text) = (None, None);
        }
        Ok(())
    }

    fn type_with(&self, other: &Self) -> Result<DataType> {
        if self.data_type == other.data_type {
            return Ok(self.data_type.clone());
        }
        let (ours, theirs) = (canonical_type(&self.data_type), canonical_type(&other.data_type));
        let common = common_type(&ours, &theirs);
        let empty = [&ours, &theirs].contains(&&DataType::Null);
        let spaces = [&ours, &theirs, &common].map(KeySpace::of);
        let have_order = spaces.iter().all(Option::is_some);
        if empty || have_order || spaces == [None; 3] {
            return Ok(common);
        }
        Err(self.does_not_add_up(other))
    }

    fn does_not_add_up(&self, other: &Self) -> Error {
        let message = format!(
            "the profiles hold {} and {}, which do not add up, in",
            self.data_type, other.data_type
        );
        Error::new(ErrorKind::InconsistentParts, message).in_column(&self.name)
    }

    /// Returns what is wrong with a profile that was read.
    pub(super) fn problem(&self) -> Option<&'static str> {
        let missing = self.nulls.checked_add(self.nans).filter(|missing| *missing <= self.rows);
        let Some(missing) = missing else {
            return Some("more values are missing than there are rows");
        };
        let present = self.rows - missing;
        let space = KeySpace::of(&canonical_type(&self.data_type));
        if let Some(numbers) = &self.numbers
            && (Some(numbers.space) != space
                || numbers.count().checked_add(numbers.infinite()) != Some(present))
        {
            return Some("the numbers do not fit the type or the rows");
        }
        if let Some(text) = &self.text
            && (space.is_some() || text.lengths.count() != present || !text.holds(present))
        {
            return Some("the text does not fit the type or the rows");
        }
        None
    }
}

fn distinct_numbers(numbers: &NumberProfile) -> Option<u64> {
    let infinite = [numbers.negative_infinite, numbers.positive_infinite];
    let infinite = infinite.iter().filter(|count| **count > 0).count() as u64;
    let of = |cell: super::NumberCell| if cell.low == cell.high { 1 } else { 2 };
    numbers.is_exact().then(|| numbers.cells().map(of).sum::<u64>() + infinite)
}

impl TextProfile {
    /// Returns the lengths: of text in characters, of bytes in bytes.
    pub fn lengths(&self) -> &NumberProfile {
        &self.lengths
    }

    /// Returns the most frequent values with their counts, most frequent first: at most 1,000.
    ///
    /// Masked values are `sha256:` and the first 16 hexadecimal digits of the hash.
    pub fn top(&self) -> Vec<(&str, u64)> {
        let counts = self.frequent.iter().flat_map(|frequent| &frequent.counts);
        let mut top: Vec<(&str, u64)> = counts.map(|(value, count)| (&**value, *count)).collect();
        top.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        top
    }

    /// Returns by how much the count of a value can be too low; values that are not listed occur no more often than that.
    pub fn count_error(&self) -> u64 {
        self.frequent.as_ref().map_or_else(|| self.lengths.count(), |frequent| frequent.error)
    }

    /// Whether every value is listed with its count.
    pub fn is_complete(&self) -> bool {
        self.count_error() == 0
    }

    /// Whether the values are masked.
    pub fn is_masked(&self) -> bool {
        self.masked
    }

    fn merge(&mut self, other: Self) {
        self.lengths.merge(other.lengths);
        let mut others = other.frequent;
        // A mask can't be taken off, so both are masked if one is.
        if self.masked != other.masked {
            self.frequent.iter_mut().chain(&mut others).for_each(Frequent::mask);
            self.masked = true;
        }
        match (&mut self.frequent, others) {
            (Some(frequent), Some(others)) => frequent.merge(others),
            (frequent, _) => *frequent = None,
        }
    }

    fn holds(&self, present: u64) -> bool {
        let Some(frequent) = &self.frequent else { return true };
        let mut counts = frequent.counts.values();
        let sum = counts.try_fold(0_u64, |sum, count| sum.checked_add(*count));
        sum.is_some_and(|sum| if frequent.error == 0 { sum == present } else { sum <= present })
    }
}

/// Returns the type, or if that can't be read back from text, the one in which its values are compared.
pub(super) fn storable(data_type: &DataType) -> DataType {
    match DataType::from_str(&data_type.to_string()) {
        Ok(read) if read == *data_type => read,
        _ => canonical_type(data_type),
    }
}

fn write_type<S: Serializer>(data_type: &DataType, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(data_type)
}

fn read_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DataType, D::Error> {
    let text = String::deserialize(deserializer)?;
    DataType::from_str(&text).map_err(D::Error::custom)
}
