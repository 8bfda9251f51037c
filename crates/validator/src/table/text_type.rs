//! The types of text cells: inferred over the whole input, then parsed.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, NullArray,
    StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, TimeUnit};
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime};

/// The type of a column of text, from least to most general along each chain of [`join`](Self::join).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextType {
    /// Nothing but nulls so far.
    Null,
    Boolean,
    Integer,
    Float,
    Date,
    /// Date and time without a zone.
    Timestamp,
    /// Date and time with a zone.
    Instant,
    Text,
}

impl TextType {
    /// Returns the narrowest type of one cell that is not null.
    ///
    /// `true` and `false` in lower, upper or title case are booleans. Digits with an optional sign are
    /// integers if they fit 64 bits and have no leading zero, which marks an identifier such as a
    /// postal code. Dates are `2013-01-31`; timestamps follow ISO 8601 with `T` or a space.
    pub(crate) fn of(cell: &str) -> Self {
        let Some(first) = cell.bytes().next() else { return Self::Text };
        match first {
            b'0'..=b'9' | b'+' | b'-' | b'.' | b'i' | b'I' | b'n' | b'N' => Self::of_number(cell),
            b't' | b'T' | b'f' | b'F' if parse_boolean(cell).is_some() => Self::Boolean,
            _ => Self::Text,
        }
    }

    fn of_number(cell: &str) -> Self {
        let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
        if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
            let leading_zero = digits.len() > 1 && digits.starts_with('0');
            return if !leading_zero && cell.parse::<i64>().is_ok() {
                Self::Integer
            } else {
                Self::Text
            };
        }
        let dashed = cell.len() >= 10 && cell.as_bytes()[4] == b'-' && cell.as_bytes()[7] == b'-';
        if dashed && cell.is_ascii() {
            return Self::of_date(cell);
        }
        // "00.5" is as much of an identifier as "007".
        let padded =
            digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
        if !padded && cell.parse::<f64>().is_ok() { Self::Float } else { Self::Text }
    }

    fn of_date(cell: &str) -> Self {
        if parse_date(cell).is_some() {
            Self::Date
        } else if parse_naive(cell).is_some() {
            Self::Timestamp
        } else if parse_instant(cell).is_some() {
            Self::Instant
        } else {
            Self::Text
        }
    }

    /// Returns the narrowest type that holds the values of both.
    pub(crate) fn join(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Null, other) | (other, Self::Null) => other,
            (Self::Integer, Self::Float) | (Self::Float, Self::Integer) => Self::Float,
            (Self::Date, Self::Timestamp) | (Self::Timestamp, Self::Date) => Self::Timestamp,
            _ => Self::Text,
        }
    }

    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Null => DataType::Null,
            Self::Boolean => DataType::Boolean,
            Self::Integer => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Text => DataType::Utf8,
        }
    }
}

fn parse_boolean(cell: &str) -> Option<bool> {
    match cell {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

fn parse_date(cell: &str) -> Option<i32> {
    if cell.len() != 10 {
        return None;
    }
    let date: NaiveDate = cell.parse().ok()?;
    Some(date.num_days_from_ce() - 719_163)
}

fn parse_naive(cell: &str) -> Option<i64> {
    let format = match cell.as_bytes().get(10)? {
        b'T' => "%Y-%m-%dT%H:%M:%S%.f",
        b' ' => "%Y-%m-%d %H:%M:%S%.f",
        _ => return None,
    };
    let time = NaiveDateTime::parse_from_str(cell, format).ok()?;
    Some(time.and_utc().timestamp_micros())
}

fn parse_instant(cell: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(cell).ok().map(|time| time.timestamp_micros())
}

/// Collects the cells of one column in the type that inference found.
#[derive(Debug)]
pub(crate) enum CellBuilder {
    Null(usize),
    Boolean(BooleanBuilder),
    Integer(Int64Builder),
    Float(Float64Builder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Instant(TimestampMicrosecondBuilder),
    Text(StringBuilder),
}

impl CellBuilder {
    /// Returns a builder for columns of this type, which must be one of [`TextType::data_type`].
    pub(crate) fn new(data_type: &DataType) -> Self {
        match data_type {
            DataType::Null => Self::Null(0),
            DataType::Boolean => Self::Boolean(BooleanBuilder::new()),
            DataType::Int64 => Self::Integer(Int64Builder::new()),
            DataType::Float64 => Self::Float(Float64Builder::new()),
            DataType::Date32 => Self::Date(Date32Builder::new()),
            DataType::Timestamp(TimeUnit::Microsecond, None) => {
                Self::Timestamp(TimestampMicrosecondBuilder::new())
            }
            DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) => {
                Self::Instant(TimestampMicrosecondBuilder::new().with_timezone(zone.as_ref()))
            }
            _ => Self::Text(StringBuilder::new()),
        }
    }

    /// Appends a cell, `None` for null. Returns whether it is of the builder's type.
    pub(crate) fn push(&mut self, cell: Option<&str>) -> bool {
        let Some(cell) = cell else {
            self.push_null();
            return true;
        };
        match self {
            Self::Null(_) => false,
            Self::Boolean(builder) => {
                append(parse_boolean(cell), |value| builder.append_option(value))
            }
            Self::Integer(builder) => {
                append(cell.parse().ok(), |value| builder.append_option(value))
            }
            Self::Float(builder) => append(cell.parse().ok(), |value| builder.append_option(value)),
            Self::Date(builder) => append(parse_date(cell), |value| builder.append_option(value)),
            Self::Timestamp(builder) => {
                let midnight = || parse_date(cell).map(|days| i64::from(days) * 86_400_000_000);
                append(parse_naive(cell).or_else(midnight), |value| builder.append_option(value))
            }
            Self::Instant(builder) => {
                append(parse_instant(cell), |value| builder.append_option(value))
            }
            Self::Text(builder) => append(Some(cell), |value| builder.append_option(value)),
        }
    }

    fn push_null(&mut self) {
        match self {
            Self::Null(rows) => *rows += 1,
            Self::Boolean(builder) => builder.append_null(),
            Self::Integer(builder) => builder.append_null(),
            Self::Float(builder) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Timestamp(builder) | Self::Instant(builder) => builder.append_null(),
            Self::Text(builder) => builder.append_null(),
        }
    }

    /// Returns the cells so far and starts anew.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Null(rows) => Arc::new(NullArray::new(std::mem::take(rows))),
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Float(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) | Self::Instant(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
        }
    }
}

fn append<T>(value: Option<T>, push: impl FnOnce(Option<T>)) -> bool {
    let parsed = value.is_some();
    push(value);
    parsed
}
