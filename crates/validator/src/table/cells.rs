//! A column of a batch as plain slices, so that loops over cells neither allocate nor downcast.

use std::cmp::Ordering;

use arrow::array::{Array, AsArray, BinaryArray, BooleanArray, StringArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, TimeUnit,
    TimestampMicrosecondType, TimestampNanosecondType, UInt64Type,
};

/// One column of a batch in a canonical type.
#[derive(Debug)]
pub(crate) struct Cells<'a> {
    pub(crate) values: Values<'a>,
    nulls: Option<&'a NullBuffer>,
    length: usize,
}

/// The values below the nulls.
#[derive(Debug)]
pub(crate) enum Values<'a> {
    /// Nothing but nulls.
    Null,
    Boolean(&'a BooleanArray),
    Integer(&'a [i64]),
    Unsigned(&'a [u64]),
    Float(&'a [f64]),
    /// Unscaled values, and the power of ten they are divided by.
    Decimal(&'a [i128], i8),
    /// Days since 1970-01-01.
    Day(&'a [i32]),
    /// Ticks since 1970-01-01T00:00:00Z, and how many make a second.
    Time(&'a [i64], i64),
    Text(&'a StringArray),
    Bytes(&'a BinaryArray),
}

impl<'a> Cells<'a> {
    /// Views an array of a canonical type; any other looks like nothing but nulls.
    pub(crate) fn new(array: &'a dyn Array) -> Self {
        let values = match array.data_type() {
            DataType::Boolean => Values::Boolean(array.as_boolean()),
            DataType::Int64 => Values::Integer(array.as_primitive::<Int64Type>().values()),
            DataType::UInt64 => Values::Unsigned(array.as_primitive::<UInt64Type>().values()),
            DataType::Float64 => Values::Float(array.as_primitive::<Float64Type>().values()),
            DataType::Decimal128(_, scale) => {
                Values::Decimal(array.as_primitive::<Decimal128Type>().values(), *scale)
            }
            DataType::Date32 => Values::Day(array.as_primitive::<Date32Type>().values()),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                Values::Time(array.as_primitive::<TimestampMicrosecondType>().values(), 1_000_000)
            }
            DataType::Timestamp(TimeUnit::Nanosecond, _) => Values::Time(
                array.as_primitive::<TimestampNanosecondType>().values(),
                1_000_000_000,
            ),
            DataType::Utf8 => Values::Text(array.as_string()),
            DataType::Binary => Values::Bytes(array.as_binary()),
            _ => Values::Null,
        };
        Self { values, nulls: array.nulls(), length: array.len() }
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        matches!(self.values, Values::Null) || self.nulls.is_some_and(|nulls| nulls.is_null(row))
    }

    pub(crate) fn null_count(&self) -> usize {
        match self.values {
            Values::Null => self.length,
            _ => self.nulls.map_or(0, NullBuffer::null_count),
        }
    }

    /// Returns the runs of rows that are not null, as start and end.
    pub(crate) fn runs(&self) -> Box<dyn Iterator<Item = std::ops::Range<usize>> + 'a> {
        match self.nulls {
            Some(nulls) if nulls.null_count() > 0 => {
                Box::new(nulls.valid_slices().map(|(start, end)| start..end))
            }
            _ => Box::new(std::iter::once(0..self.length)),
        }
    }

    /// Returns the rows that are not null.
    pub(crate) fn present(&self) -> impl Iterator<Item = usize> {
        (0..self.length).filter(|row| !self.is_null(*row))
    }

    /// Returns a number, or a time in seconds since 1970; `None` for null and for what is neither.
    pub(crate) fn number(&self, row: usize) -> Option<f64> {
        if self.is_null(row) {
            return None;
        }
        match &self.values {
            Values::Integer(values) => Some(values[row] as f64),
            Values::Unsigned(values) => Some(values[row] as f64),
            Values::Float(values) => Some(values[row]),
            Values::Decimal(values, scale) => Some(decimal(values[row], *scale)),
            Values::Day(values) => Some(f64::from(values[row]) * 86_400.0),
            Values::Time(values, per_second) => Some(seconds(values[row], *per_second)),
            Values::Null | Values::Boolean(_) | Values::Text(_) | Values::Bytes(_) => None,
        }
    }

    /// Orders two cells of one type, nulls first. Cells that are the same are equal.
    pub(crate) fn compare(&self, row: usize, other: &Cells<'_>, other_row: usize) -> Ordering {
        match (self.is_null(row), other.is_null(other_row)) {
            (false, false) => {}
            (left, right) => return right.cmp(&left),
        }
        match (&self.values, &other.values) {
            (Values::Boolean(a), Values::Boolean(b)) => a.value(row).cmp(&b.value(other_row)),
            (Values::Integer(a), Values::Integer(b)) | (Values::Time(a, _), Values::Time(b, _)) => {
                a[row].cmp(&b[other_row])
            }
            (Values::Unsigned(a), Values::Unsigned(b)) => a[row].cmp(&b[other_row]),
            (Values::Float(a), Values::Float(b)) => {
                one_of_each(a[row]).total_cmp(&one_of_each(b[other_row]))
            }
            (Values::Decimal(a, _), Values::Decimal(b, _)) => a[row].cmp(&b[other_row]),
            (Values::Day(a), Values::Day(b)) => a[row].cmp(&b[other_row]),
            (Values::Text(a), Values::Text(b)) => a.value(row).cmp(b.value(other_row)),
            (Values::Bytes(a), Values::Bytes(b)) => a.value(row).cmp(b.value(other_row)),
            _ => Ordering::Equal,
        }
    }

    /// Whether two cells of one type are the same value. Nulls are equal, and so are NaNs; negative
    /// zero equals zero.
    pub(crate) fn same(&self, row: usize, other: &Cells<'_>, other_row: usize) -> bool {
        match (self.is_null(row), other.is_null(other_row)) {
            (true, true) => return true,
            (false, false) => {}
            _ => return false,
        }
        match (&self.values, &other.values) {
            (Values::Boolean(a), Values::Boolean(b)) => a.value(row) == b.value(other_row),
            (Values::Integer(a), Values::Integer(b)) | (Values::Time(a, _), Values::Time(b, _)) => {
                a[row] == b[other_row]
            }
            (Values::Unsigned(a), Values::Unsigned(b)) => a[row] == b[other_row],
            (Values::Float(a), Values::Float(b)) => float_bits(a[row]) == float_bits(b[other_row]),
            (Values::Decimal(a, _), Values::Decimal(b, _)) => a[row] == b[other_row],
            (Values::Day(a), Values::Day(b)) => a[row] == b[other_row],
            (Values::Text(a), Values::Text(b)) => a.value(row) == b.value(other_row),
            (Values::Bytes(a), Values::Bytes(b)) => a.value(row) == b.value(other_row),
            _ => false,
        }
    }
}

/// Returns, by position, the pairs of rows whose cells of one column are not the same.
pub(crate) fn differing(
    ours: &Cells<'_>,
    theirs: &Cells<'_>,
    pairs: &[(usize, usize)],
) -> Vec<usize> {
    // The usual types are compared without asking each cell for its type.
    match (&ours.values, &theirs.values) {
        (Values::Integer(a), Values::Integer(b)) | (Values::Time(a, _), Values::Time(b, _)) => {
            find_pairs(ours, theirs, pairs, |left, right| a[left] == b[right])
        }
        (Values::Float(a), Values::Float(b)) => find_pairs(ours, theirs, pairs, |left, right| {
            a[left] == b[right] || float_bits(a[left]) == float_bits(b[right])
        }),
        (Values::Text(a), Values::Text(b)) => {
            find_pairs(ours, theirs, pairs, |left, right| a.value(left) == b.value(right))
        }
        _ => {
            let differs = |pair: &usize| !ours.same(pairs[*pair].0, theirs, pairs[*pair].1);
            (0..pairs.len()).filter(differs).collect()
        }
    }
}

fn find_pairs(
    ours: &Cells<'_>,
    theirs: &Cells<'_>,
    pairs: &[(usize, usize)],
    same: impl Fn(usize, usize) -> bool,
) -> Vec<usize> {
    let may_be_null = ours.null_count() + theirs.null_count() > 0;
    let differs = |pair: &usize| {
        let (left, right) = pairs[*pair];
        if may_be_null {
            match (ours.is_null(left), theirs.is_null(right)) {
                (false, false) => {}
                (left, right) => return left != right,
            }
        }
        !same(left, right)
    };
    (0..pairs.len()).filter(differs).collect()
}

/// Returns the double, but one zero and one NaN for all.
fn one_of_each(value: f64) -> f64 {
    f64::from_bits(float_bits(value))
}

/// Returns the bits of a double such that equal bits mean equal values: one zero, one NaN.
pub(crate) fn float_bits(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else if value == 0.0 {
        0
    } else {
        value.to_bits()
    }
}

pub(crate) fn decimal(unscaled: i128, scale: i8) -> f64 {
    unscaled as f64 / 10f64.powi(i32::from(scale))
}

pub(crate) fn seconds(ticks: i64, per_second: i64) -> f64 {
    if ticks.unsigned_abs() < 1 << f64::MANTISSA_DIGITS {
        return ticks as f64 / per_second as f64;
    }
    // Whole seconds and the rest apart: nanoseconds since 1970 exceed the 53 bits of a double.
    ticks.div_euclid(per_second) as f64 + ticks.rem_euclid(per_second) as f64 / per_second as f64
}
