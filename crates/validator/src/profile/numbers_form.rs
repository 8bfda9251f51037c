//! The saved form of numbers: cells in the column's own values, checked when they are read.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::numbers::{FEWEST_CELLS, NumberProfile};
use crate::column::{KeySpace, float_key, integer_key};
use crate::histogram::Cell;
use crate::stats::Moments;

/// As it stands in the file.
#[derive(Debug, Serialize, Deserialize)]
struct Form {
    moments: Moments,
    #[serde(default, skip_serializing_if = "is_zero")]
    negative_infinite: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    positive_infinite: u64,
    most_cells: usize,
    shift: u32,
    unit: Unit,
    cells: Cells,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What the values stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unit {
    Number,
    Days,
    Microseconds,
    Nanoseconds,
}

/// Least value, largest value and count of each cell.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Cells {
    Integer(Vec<(i64, i64, u64)>),
    Unsigned(Vec<(u64, u64, u64)>),
    Float(Vec<(f64, f64, u64)>),
}

const SIGN: u64 = 1 << 63;

impl Serialize for NumberProfile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let float = |key| self.space.number(key);
        let integer = |key: u64| (key ^ SIGN).cast_signed();
        let cells = self.cells.iter();
        let (unit, cells) = match self.space {
            KeySpace::Float => {
                let cells = cells.map(|cell| (float(cell.low), float(cell.high), cell.count));
                (Unit::Number, Cells::Float(cells.collect()))
            }
            KeySpace::Unsigned => {
                let cells = cells.map(|cell| (cell.low, cell.high, cell.count));
                (Unit::Number, Cells::Unsigned(cells.collect()))
            }
            space => {
                let unit = match space {
                    KeySpace::Days => Unit::Days,
                    KeySpace::Ticks(1_000_000_000) => Unit::Nanoseconds,
                    KeySpace::Ticks(_) => Unit::Microseconds,
                    _ => Unit::Number,
                };
                let cells = cells.map(|cell| (integer(cell.low), integer(cell.high), cell.count));
                (unit, Cells::Integer(cells.collect()))
            }
        };
        let form = Form {
            moments: self.moments,
            negative_infinite: self.negative_infinite,
            positive_infinite: self.positive_infinite,
            most_cells: self.most_cells,
            shift: self.shift,
            unit,
            cells,
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for NumberProfile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = Form::deserialize(deserializer)?;
        let space = form.space().ok_or_else(|| D::Error::custom("unit and cells do not fit"))?;
        let profile = Self {
            space,
            moments: form.moments,
            negative_infinite: form.negative_infinite,
            positive_infinite: form.positive_infinite,
            most_cells: form.most_cells,
            shift: form.shift,
            cells: form.cells.keys(),
        };
        match profile.problem() {
            None => Ok(profile),
            Some(problem) => Err(D::Error::custom(problem)),
        }
    }
}

impl Form {
    fn space(&self) -> Option<KeySpace> {
        Some(match (self.unit, &self.cells) {
            (Unit::Number, Cells::Integer(_)) => KeySpace::Integer,
            (Unit::Number, Cells::Unsigned(_)) => KeySpace::Unsigned,
            (Unit::Number, Cells::Float(_)) => KeySpace::Float,
            (Unit::Days, Cells::Integer(_)) => KeySpace::Days,
            (Unit::Microseconds, Cells::Integer(_)) => KeySpace::Ticks(1_000_000),
            (Unit::Nanoseconds, Cells::Integer(_)) => KeySpace::Ticks(1_000_000_000),
            _ => return None,
        })
    }
}

impl Cells {
    fn keys(self) -> Vec<Cell> {
        let cell = |(low, high, count): (u64, u64, u64)| Cell { low, high, count };
        match self {
            Self::Integer(cells) => cells
                .into_iter()
                .map(|(low, high, count)| cell((integer_key(low), integer_key(high), count)))
                .collect(),
            Self::Unsigned(cells) => cells.into_iter().map(cell).collect(),
            Self::Float(cells) => cells
                .into_iter()
                .map(|(low, high, count)| cell((float_key(low), float_key(high), count)))
                .collect(),
        }
    }
}

impl NumberProfile {
    /// Returns what is wrong with a profile that was read.
    fn problem(&self) -> Option<&'static str> {
        if self.shift >= u64::BITS || self.most_cells < FEWEST_CELLS {
            return Some("the size of the cells is out of range");
        }
        if self.cells.len() > self.most_cells {
            return Some("there are more cells than it says there can be");
        }
        let holds = |cell: &Cell| {
            let alike = cell.low == cell.high;
            let enough = cell.count >= if alike { 1 } else { 2 };
            enough && cell.low <= cell.high && cell.low >> self.shift == cell.high >> self.shift
        };
        let apart = |pair: &[Cell]| pair[0].high >> self.shift < pair[1].low >> self.shift;
        if !self.cells.iter().all(holds) || !self.cells.windows(2).all(apart) {
            return Some("the cells are not in order");
        }
        let total = self.cells.iter().try_fold(0_u64, |sum, cell| sum.checked_add(cell.count));
        if total != Some(self.moments.count()) {
            return Some("the cells do not hold as many numbers as the moments");
        }
        None
    }
}
