//! The types of text cells: inferred over the whole input, then parsed.

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, NullArray,
    PrimitiveArray, PrimitiveBuilder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{ArrowPrimitiveType, DataType, TimeUnit};
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
        let dashed = cell.len() >= 10 && cell.as_bytes()[4] == b'-' && cell.as_bytes()[7] == b'-';
        if dashed && cell.is_ascii() {
            Self::of_date(cell)
        } else if parse_integer(cell).is_some() {
            Self::Integer
        } else if parse_float(cell).is_some() {
            Self::Float
        } else {
            Self::Text
        }
    }

    fn of_date(cell: &str) -> Self {
        if parse_date(cell).is_some() {
            Self::Date
        } else if parse_naive(cell, &mut LastDate::default()).is_some() {
            Self::Timestamp
        } else if parse_instant(cell, &mut LastDate::default()).is_some() {
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

/// Whether there is a leading zero before another digit, as in "007" and "00.5": the mark of an identifier.
fn is_padded(digits: &[u8]) -> bool {
    digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit()
}

fn without_sign(cell: &str) -> &[u8] {
    let bytes = cell.as_bytes();
    bytes.strip_prefix(b"-").or_else(|| bytes.strip_prefix(b"+")).unwrap_or(bytes)
}

fn parse_integer(cell: &str) -> Option<i64> {
    if is_padded(without_sign(cell)) { None } else { cell.parse().ok() }
}

/// Parses a float. Digits alone that are too many for an integer are an identifier.
fn parse_float(cell: &str) -> Option<f64> {
    const LEAST_TOO_LARGE: f64 = 9.2e18;
    let digits = without_sign(cell);
    if is_padded(digits) {
        return None;
    }
    let value: f64 = lexical_core::parse(cell.as_bytes()).ok()?;
    let is_identifier = value.abs() >= LEAST_TOO_LARGE
        && digits.iter().all(u8::is_ascii_digit)
        && parse_integer(cell).is_none();
    (!is_identifier).then_some(value)
}

/// The days from the first of January of the year 1 to that of 1970.
const DAYS_TO_1970: i32 = 719_163;

const MICROS_PER_SECOND: i64 = 1_000_000;

const SECONDS_PER_DAY: i64 = 86_400;

/// Reads digits at a fixed place.
fn digits(bytes: &[u8]) -> Option<u32> {
    let digit =
        |value: u32, byte: &u8| byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0'));
    bytes.iter().try_fold(0, digit)
}

/// Parses `2013-01-31`.
fn parse_date(cell: &str) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *cell.as_bytes() else { return None };
    let year = i32::try_from(digits(&[y1, y2, y3, y4])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, digits(&[m1, m2])?, digits(&[d1, d2])?)?;
    Some(date.num_days_from_ce() - DAYS_TO_1970)
}

/// The date that was read last: most times are of the same day as the one before.
#[derive(Debug, Default)]
struct LastDate<'a> {
    text: &'a str,
    days: i32,
}

impl<'a> LastDate<'a> {
    /// As [`parse_date`].
    fn parse(&mut self, text: &'a str) -> Option<i32> {
        if self.text != text {
            let days = parse_date(text)?;
            *self = Self { text, days };
        }
        Some(self.days)
    }
}

fn parse_naive<'a>(cell: &'a str, last: &mut LastDate<'a>) -> Option<i64> {
    if let Some((micros, "")) = usual_time(cell, last) {
        return Some(micros);
    }
    let format = match cell.as_bytes().get(10)? {
        b'T' => "%Y-%m-%dT%H:%M:%S%.f",
        b' ' => "%Y-%m-%d %H:%M:%S%.f",
        _ => return None,
    };
    let time = NaiveDateTime::parse_from_str(cell, format).ok()?;
    Some(time.and_utc().timestamp_micros())
}

/// Parses date and time, or a date as its midnight.
fn parse_time<'a>(cell: &'a str, last: &mut LastDate<'a>) -> Option<i64> {
    let midnight =
        || parse_date(cell).map(|days| i64::from(days) * SECONDS_PER_DAY * MICROS_PER_SECOND);
    parse_naive(cell, last).or_else(midnight)
}

fn parse_instant<'a>(cell: &'a str, last: &mut LastDate<'a>) -> Option<i64> {
    match usual_time(cell, last) {
        Some((micros, "Z")) => Some(micros),
        _ => DateTime::parse_from_rfc3339(cell).ok().map(|time| time.timestamp_micros()),
    }
}

/// Parses `2013-01-31T23:59:59` with up to six decimals, and returns what follows it. Leaves whatever is
/// unusual, such as a leap second, to others.
fn usual_time<'a>(cell: &'a str, last: &mut LastDate<'a>) -> Option<(i64, &'a str)> {
    let days = last.parse(cell.get(..10)?)?;
    let (time, rest) = (cell.as_bytes().get(10..19)?, cell.get(19..)?);
    let &[b'T' | b' ', h1, h2, b':', m1, m2, b':', s1, s2] = time else { return None };
    let (hour, minute, second) = (digits(&[h1, h2])?, digits(&[m1, m2])?, digits(&[s1, s2])?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = i64::from(days) * SECONDS_PER_DAY + i64::from((hour * 60 + minute) * 60 + second);
    let decimals = rest
        .strip_prefix('.')
        .map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    if decimals == 0 {
        return (!rest.starts_with('.')).then_some((seconds * MICROS_PER_SECOND, rest));
    }
    if decimals > 6 {
        return None;
    }
    let fraction = digits(rest.get(1..=decimals)?.as_bytes())? * 10_u32.pow(6 - decimals as u32);
    Some((seconds * MICROS_PER_SECOND + i64::from(fraction), rest.get(1 + decimals..)?))
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
        self.extend(&[cell]) == 1
    }

    /// Appends cells up to the first that is not of the builder's type, and returns how many.
    pub(crate) fn extend(&mut self, cells: &[Option<&str>]) -> usize {
        match self {
            Self::Null(rows) => {
                let nulls = cells.iter().take_while(|cell| cell.is_none()).count();
                *rows += nulls;
                nulls
            }
            Self::Boolean(builder) => {
                let values = cells.iter().map_while(|cell| match cell {
                    None => Some(None),
                    Some(cell) => parse_boolean(cell).map(Some),
                });
                values.inspect(|value| builder.append_option(*value)).count()
            }
            Self::Integer(builder) => extend(builder, cells, parse_integer),
            Self::Float(builder) => extend(builder, cells, parse_float),
            Self::Date(builder) => extend(builder, cells, parse_date),
            Self::Timestamp(builder) => {
                let mut last = LastDate::default();
                extend(builder, cells, |cell| parse_time(cell, &mut last))
            }
            Self::Instant(builder) => {
                let mut last = LastDate::default();
                extend(builder, cells, |cell| parse_instant(cell, &mut last))
            }
            Self::Text(builder) => {
                builder.extend(cells.iter().copied());
                cells.len()
            }
        }
    }

    /// Returns a builder of another type with the same cells so far, if they can be had from these.
    pub(crate) fn widened(&mut self, to: TextType) -> Option<Self> {
        let mut wide = Self::new(&to.data_type());
        match (self, &mut wide) {
            (Self::Null(rows), wide) => (0..*rows).for_each(|_| wide.push_null()),
            (Self::Integer(builder), Self::Float(wide)) => {
                builder.finish().iter().for_each(|cell| wide.append_option(cell.map(|n| n as f64)));
            }
            (Self::Date(builder), Self::Timestamp(wide)) => {
                let micros = |days| i64::from(days) * SECONDS_PER_DAY * MICROS_PER_SECOND;
                builder.finish().iter().for_each(|cell| wide.append_option(cell.map(micros)));
            }
            _ => return None,
        }
        Some(wide)
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
            Self::Integer(builder) => Arc::new(finish(builder)),
            Self::Float(builder) => Arc::new(finish(builder)),
            Self::Date(builder) => Arc::new(finish(builder)),
            Self::Timestamp(builder) | Self::Instant(builder) => Arc::new(finish(builder)),
            Self::Text(builder) => Arc::new(builder.finish()),
        }
    }
}

/// Returns the cells so far; the next batch gets room for as many at once.
fn finish<T: ArrowPrimitiveType>(builder: &mut PrimitiveBuilder<T>) -> PrimitiveArray<T> {
    let array = builder.finish();
    let next = PrimitiveBuilder::with_capacity(array.len());
    *builder = next.with_data_type(array.data_type().clone());
    array
}

/// How many values are appended at once.
const APPENDED: usize = 64;

/// Appends what cells are parsed to, up to the first that cannot be, and returns how many those are.
fn extend<'a, T: ArrowPrimitiveType>(
    builder: &mut PrimitiveBuilder<T>,
    cells: &[Option<&'a str>],
    mut parse: impl FnMut(&'a str) -> Option<T::Native>,
) -> usize {
    let mut appended = 0;
    for chunk in cells.chunks(APPENDED) {
        let mut values = [T::default_value(); APPENDED];
        let mut present = [false; APPENDED];
        let mut length = 0;
        for cell in chunk {
            if let Some(cell) = cell {
                let Some(value) = parse(cell) else { break };
                values[length] = value;
                present[length] = true;
            }
            length += 1;
        }
        builder.append_values(&values[..length], &present[..length]);
        appended += length;
        if length < chunk.len() {
            break;
        }
    }
    appended
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray as _;
    use arrow::datatypes::TimestampMicrosecondType;

    use super::*;

    #[test]
    fn the_narrowest_type_that_fits() {
        for (cell, expected) in [
            ("12", TextType::Integer),
            ("-9223372036854775808", TextType::Integer),
            ("9223372036854775808", TextType::Text),
            ("007", TextType::Text),
            ("0", TextType::Integer),
            ("-0.5", TextType::Float),
            ("00.5", TextType::Text),
            ("1e400", TextType::Float),
            ("1e30", TextType::Float),
            ("nan", TextType::Float),
            ("2013-01-31", TextType::Date),
            ("2013-02-30", TextType::Text),
            ("2013-01-31 23:59:59", TextType::Timestamp),
            ("2013-01-31T23:59:59.123456789", TextType::Timestamp),
            ("2013-01-31T23:59:59Z", TextType::Instant),
            ("2013-01-31T23:59:59.5+02:00", TextType::Instant),
            ("2013-01-31T24:00:00", TextType::Text),
            ("True", TextType::Boolean),
            ("", TextType::Text),
        ] {
            assert_eq!(TextType::of(cell), expected, "{cell}");
        }
    }

    proptest::proptest! {
        #[test]
        fn floats_are_read_as_the_standard_library_reads_them(
            cell in "[+-]?([0-9]{0,20}(\\.[0-9]{0,20})?([eE][+-]?[0-9]{0,3})?|[iI]nf(inity)?|[nN]a[nN]|[1-9.e_+-]{0,5})",
            number in proptest::num::f64::ANY,
        ) {
            let bits = |value: f64| if value.is_nan() { u64::MAX } else { value.to_bits() };
            for cell in [cell, number.to_string(), format!("{number:e}")] {
                let ours = lexical_core::parse(cell.as_bytes()).ok().map(bits);
                let theirs = cell.parse().ok().map(bits);
                proptest::prop_assert_eq!(ours, theirs, "{}", cell);
            }
        }
    }

    #[test]
    fn usual_times_are_read_as_the_library_reads_them() {
        for cell in ["1969-12-31T23:59:59.999999", "2024-02-29 00:00:00.5", "2013-01-31T12:30:01"] {
            let text = cell.replace(' ', "T");
            let time: NaiveDateTime = text.parse().unwrap();
            let found = usual_time(cell, &mut LastDate::default());
            assert_eq!(found, Some((time.and_utc().timestamp_micros(), "")));
        }
    }

    #[test]
    fn cells_are_taken_up_to_the_first_of_another_type() {
        let day = |row: u32| format!("2024-02-{:02}T00:00:{:02}", 28 + row / 50 % 2, row % 60);
        let times: Vec<String> = (0..200).map(day).collect();
        let mut cells: Vec<Option<&str>> = times.iter().map(|time| Some(time.as_str())).collect();
        cells[70] = None;
        cells[150] = Some("soon");
        let mut builder = CellBuilder::new(&TextType::Timestamp.data_type());
        assert_eq!(builder.extend(&cells), 150);
        let array = builder.finish();
        let found = array.as_primitive::<TimestampMicrosecondType>();
        assert_eq!((found.len(), found.null_count()), (150, 1));
        for (row, time) in times.iter().enumerate().take(150).filter(|(row, _)| *row != 70) {
            let time: NaiveDateTime = time.parse().unwrap();
            assert_eq!(found.value(row), time.and_utc().timestamp_micros(), "{row}");
        }
        let mut builder = CellBuilder::new(&DataType::Boolean);
        assert_eq!(builder.extend(&[Some("true"), None, Some("False"), Some("1")]), 3);
        assert_eq!(builder.finish().null_count(), 1);
    }
}
