//! Whether the values of a column rise or fall from row to row.

use std::cmp::Ordering;

use arrow::datatypes::DataType;

use super::limits::whole_cell;
use super::rows::{Evaluator, Obstacle, Rows};
use super::tally::{Answer, Tally};
use crate::rules::Direction;
use crate::table::{Source, Values};

/// Remembers the value before.
pub(crate) struct Monotone {
    name: String,
    column: usize,
    direction: Direction,
    before: Option<Before>,
    tally: Tally,
}

enum Before {
    Whole(i128),
    Number(f64),
    Text(String),
}

impl Monotone {
    pub(crate) fn new(
        name: &str,
        column: usize,
        data_type: &DataType,
        direction: Direction,
        tally: Tally,
    ) -> Result<Self, String> {
        if data_type.is_numeric() || data_type.is_temporal() || data_type == &DataType::Utf8 {
            Ok(Self { name: name.to_owned(), column, direction, before: None, tally })
        } else {
            Err(format!("values of type {data_type} have no order"))
        }
    }

    fn follows(&self, order: Option<Ordering>) -> bool {
        match self.direction {
            Direction::Increasing => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Direction::StrictlyIncreasing => order == Some(Ordering::Greater),
            Direction::Decreasing => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Direction::StrictlyDecreasing => order == Some(Ordering::Less),
        }
    }
}

impl Evaluator for Monotone {
    fn observe(&mut self, rows: &Rows<'_>) -> Result<(), Obstacle> {
        let cells = rows.cells(self.column);
        let mut failing = Vec::new();
        let mut checked = 0;
        for row in cells.present() {
            checked += 1;
            let value = match &cells.values {
                Values::Text(values) => Before::Text(values.value(row).to_owned()),
                _ => match (whole_cell(&cells, row), cells.number(row)) {
                    (Some(whole), _) => Before::Whole(whole),
                    (None, Some(number)) => Before::Number(number),
                    (None, None) => continue,
                },
            };
            let order = match (&value, &self.before) {
                (Before::Whole(value), Some(Before::Whole(before))) => value.partial_cmp(before),
                (Before::Number(value), Some(Before::Number(before))) => value.partial_cmp(before),
                (Before::Text(value), Some(Before::Text(before))) => value.partial_cmp(before),
                _ => None,
            };
            if self.before.is_some() && !self.follows(order) {
                failing.push(row);
            }
            self.before = Some(value);
        }
        self.tally.add(rows, checked, &failing, &[self.column]);
        Ok(())
    }

    fn finish(self: Box<Self>, _: &Source) -> crate::Result<Answer> {
        let fault = match self.direction {
            Direction::Increasing => "are smaller than the one before",
            Direction::StrictlyIncreasing => "are not larger than the one before",
            Direction::Decreasing => "are larger than the one before",
            Direction::StrictlyDecreasing => "are not smaller than the one before",
        };
        Ok(self.tally.conclude("values", fault).of_column(&self.name))
    }
}
