//! Constraints on each value of one column: not null, range, length, set, regular expression.

use std::collections::HashSet;

use arrow::array::Array;
use arrow::datatypes::DataType;
use regex::Regex;

use super::limits::{Limits, is_whole, text, whole, whole_cell};
use super::rows::{Evaluator, Obstacle, Rows};
use super::tally::{Answer, Tally};
use crate::rules::{Bounds, Demand, Scalar};
use crate::table::{Cells, Source, Values, display_cell, float_bits};

/// A demand on each value of a column.
pub(crate) struct EachValue {
    name: String,
    column: usize,
    test: Test,
    fault: &'static str,
    tally: Tally,
}

/// What a value must be, in the type of its column.
enum Test {
    NotNull,
    Whole(Limits<i128>),
    Number(Limits<f64>),
    Text(Limits<String>),
    Length(Limits<i128>),
    WholeSet(HashSet<i128>),
    NumberSet(HashSet<u64>),
    TextSet(HashSet<String>),
    BooleanSet(Vec<bool>),
    Regex(Regex),
}

impl EachValue {
    /// Prepares a demand for a column of a canonical type; an `Err` says why it makes no sense for it.
    pub(crate) fn new(
        demand: &Demand,
        name: &str,
        column: usize,
        data_type: &DataType,
        tally: Tally,
    ) -> Result<Self, String> {
        let (test, fault) = match demand {
            Demand::Range(bounds) => (range(bounds, data_type)?, "lie outside the range"),
            Demand::Length(bounds) => {
                let limits = Limits::read(bounds, whole).ok_or("a length is a whole number")?;
                (Test::Length(limits), "are too short or too long")
            }
            Demand::Set(values) => (set(values, data_type)?, "are not in the set"),
            Demand::Regex(pattern) => {
                let regex = Regex::new(pattern).map_err(|error| error.to_string())?;
                (Test::Regex(regex), "do not match the pattern")
            }
            _ => (Test::NotNull, "are null"),
        };
        Ok(Self { name: name.to_owned(), column, test, fault, tally })
    }
}

impl Evaluator for EachValue {
    fn observe(&mut self, rows: &Rows<'_>) -> Result<(), Obstacle> {
        let cells = rows.cells(self.column);
        let all = cells.len();
        let present = (all - cells.null_count()) as u64;
        if matches!(self.test, Test::NotNull) {
            let nulls: Vec<usize> = (0..all).filter(|row| cells.is_null(*row)).collect();
            self.tally.add(rows, all as u64, &nulls, &[self.column]);
        } else {
            let failing = self.test.failing(&cells, rows.batch.column(self.column));
            self.tally.add(rows, present, &failing, &[self.column]);
        }
        Ok(())
    }

    fn finish(self: Box<Self>, _: &Source) -> crate::Result<Answer> {
        Ok(self.tally.conclude("values", self.fault).of_column(&self.name))
    }
}

impl Test {
    fn failing(&self, cells: &Cells<'_>, array: &dyn Array) -> Vec<usize> {
        let fails =
            |holds: &dyn Fn(usize) -> bool| cells.present().filter(|row| !holds(*row)).collect();
        match self {
            Self::NotNull => Vec::new(),
            Self::Whole(limits) => {
                fails(&|row| whole_cell(cells, row).is_some_and(|value| limits.hold(&value)))
            }
            Self::Number(limits) => {
                fails(&|row| cells.number(row).is_some_and(|value| limits.hold(&value)))
            }
            Self::WholeSet(set) => {
                fails(&|row| whole_cell(cells, row).is_some_and(|value| set.contains(&value)))
            }
            Self::NumberSet(set) => fails(&|row| {
                cells.number(row).is_some_and(|value| set.contains(&float_bits(value)))
            }),
            Self::BooleanSet(set) => match &cells.values {
                Values::Boolean(values) => fails(&|row| set.contains(&values.value(row))),
                _ => cells.present().collect(),
            },
            Self::Text(limits) => by_text(cells, array, |text| limits.hold(&text.to_owned())),
            Self::TextSet(set) => by_text(cells, array, |text| set.contains(text)),
            Self::Length(limits) => {
                by_text(cells, array, |text| limits.hold(&(text.chars().count() as i128)))
            }
            Self::Regex(regex) => by_text(cells, array, |text| regex.is_match(text)),
        }
    }
}

/// Returns the rows whose value, as text, does not hold.
fn by_text(cells: &Cells<'_>, array: &dyn Array, holds: impl Fn(&str) -> bool) -> Vec<usize> {
    match &cells.values {
        Values::Text(values) => cells.present().filter(|row| !holds(values.value(*row))).collect(),
        _ => cells
            .present()
            .filter(|row| display_cell(array, *row).is_none_or(|text| !holds(&text)))
            .collect(),
    }
}

fn range(bounds: &Bounds, data_type: &DataType) -> Result<Test, String> {
    let test = if is_whole(data_type) {
        Limits::read(bounds, whole)
            .map(Test::Whole)
            .or_else(|| Limits::read(bounds, Scalar::number).map(Test::Number))
    } else if data_type.is_temporal() {
        Limits::read(bounds, Scalar::nanoseconds).map(Test::Whole)
    } else if data_type.is_numeric() {
        Limits::read(bounds, Scalar::number).map(Test::Number)
    } else if data_type == &DataType::Utf8 {
        Limits::read(bounds, text).map(Test::Text)
    } else {
        None
    };
    test.ok_or_else(|| format!("the limits do not fit a column of type {data_type}"))
}

fn set(values: &[Scalar], data_type: &DataType) -> Result<Test, String> {
    let test = if is_whole(data_type) {
        values.iter().map(whole).collect::<Option<_>>().map(Test::WholeSet)
    } else if data_type.is_temporal() {
        values.iter().map(Scalar::nanoseconds).collect::<Option<_>>().map(Test::WholeSet)
    } else if data_type.is_numeric() {
        values
            .iter()
            .map(|value| value.number().map(float_bits))
            .collect::<Option<_>>()
            .map(Test::NumberSet)
    } else if data_type == &DataType::Boolean {
        let boolean = |value: &Scalar| match value {
            Scalar::Boolean(value) => Some(*value),
            _ => None,
        };
        values.iter().map(boolean).collect::<Option<_>>().map(Test::BooleanSet)
    } else {
        values.iter().map(text).collect::<Option<_>>().map(Test::TextSet)
    };
    test.ok_or_else(|| format!("the values do not fit a column of type {data_type}"))
}
