//! Bounds in the type of the values that they bound.

use arrow::datatypes::DataType;

use crate::rules::{Bounds, Scalar};
use crate::table::{Cells, Values};

const NANOSECONDS: i128 = 1_000_000_000;

/// Lower and upper limits, each with whether the limit itself is allowed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Limits<T> {
    low: Option<(T, bool)>,
    high: Option<(T, bool)>,
}

impl<T: PartialOrd> Limits<T> {
    /// Reads each limit; `None` if one can't be read.
    pub(crate) fn read(bounds: &Bounds, read: impl Fn(&Scalar) -> Option<T>) -> Option<Self> {
        let limit = |with: &Option<Scalar>, without: &Option<Scalar>| match (with, without) {
            (Some(limit), _) => read(limit).map(|limit| Some((limit, true))),
            (None, Some(limit)) => read(limit).map(|limit| Some((limit, false))),
            (None, None) => Some(None),
        };
        Some(Self {
            low: limit(&bounds.min, &bounds.above)?,
            high: limit(&bounds.max, &bounds.below)?,
        })
    }

    /// Whether a value lies within. What can't be compared, as not-a-number, does not.
    pub(crate) fn hold(&self, value: &T) -> bool {
        let above =
            self.low.as_ref().is_none_or(|(low, with)| value > low || (*with && value == low));
        let below =
            self.high.as_ref().is_none_or(|(high, with)| value < high || (*with && value == high));
        above && below
    }
}

/// Whether a type counts in whole numbers.
pub(crate) fn is_whole(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Int64 | DataType::UInt64)
}

/// Returns a number as a whole one, if it is whole.
pub(crate) fn whole(value: &Scalar) -> Option<i128> {
    match value {
        Scalar::Integer(value) => Some((*value).into()),
        // Beyond 2^100 no cell is reached anyway.
        Scalar::Float(value) if value.fract() == 0.0 && value.abs() < 1e30 => Some(*value as i128),
        _ => None,
    }
}

/// Returns a whole number, or a time in nanoseconds since 1970; `None` for null and for what is neither.
pub(crate) fn whole_cell(cells: &Cells<'_>, row: usize) -> Option<i128> {
    if cells.is_null(row) {
        return None;
    }
    match &cells.values {
        Values::Integer(values) => Some(values[row].into()),
        Values::Unsigned(values) => Some(values[row].into()),
        Values::Day(values) => Some(i128::from(values[row]) * 86_400 * NANOSECONDS),
        Values::Time(values, per_second) => {
            Some(i128::from(values[row]) * (NANOSECONDS / i128::from(*per_second)))
        }
        _ => None,
    }
}

pub(crate) fn text(value: &Scalar) -> Option<String> {
    match value {
        Scalar::Text(text) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_allowed_or_not() {
        let limits = |bounds: Bounds| Limits::read(&bounds, Scalar::number).unwrap();
        let closed = limits(Bounds::new().at_least(0).at_most(1));
        assert!(closed.hold(&0.0) && closed.hold(&1.0) && !closed.hold(&1.1));
        let open = limits(Bounds::new().above(0).below(1));
        assert!(!open.hold(&0.0) && !open.hold(&1.0) && open.hold(&0.5));
        assert!(!limits(Bounds::new().at_least(0)).hold(&f64::NAN));
        assert!(Limits::read(&Bounds::new().at_least("x"), Scalar::number).is_none());
    }
}
