//! The few types in which values are compared, and the way into them.
//!
//! Formats and writers spell the same values in many types. Before anything is compared, each
//! column of both sides is brought into one of: null, boolean, 64-bit integer (signed or unsigned),
//! double, 128-bit decimal, day, timestamp in micro- or nanoseconds, UTF-8, bytes. What has no
//! such form (lists, structs, intervals, times of day) is compared as its text.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, RecordBatch, RecordBatchOptions, StringBuilder, new_null_array,
};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::source::Target;
use crate::{Error, ErrorKind, Result};

const UTC: &str = "UTC";

/// Returns the type in which values of `data_type` are compared.
pub(crate) fn canonical_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Null | DataType::Boolean | DataType::UInt64 | DataType::Date32 => {
            data_type.clone()
        }
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32 => DataType::Int64,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => DataType::Float64,
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale) => DataType::Decimal128(*precision, *scale),
        DataType::Date64 => DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Timestamp(unit, zone) => {
            let unit = match unit {
                TimeUnit::Nanosecond => TimeUnit::Nanosecond,
                _ => TimeUnit::Microsecond,
            };
            DataType::Timestamp(unit, zone.as_ref().map(|_| UTC.into()))
        }
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => DataType::Binary,
        DataType::Dictionary(_, values) => canonical_type(values),
        DataType::RunEndEncoded(_, values) => canonical_type(values.data_type()),
        _ => DataType::Utf8,
    }
}

/// Returns the canonical type that holds the values of both canonical types; text if no other does.
pub(crate) fn common_type(a: &DataType, b: &DataType) -> DataType {
    use DataType::{Date32, Decimal128, Float64, Int64, Null, Timestamp, UInt64, Utf8};
    match (a, b) {
        (a, b) if a == b => a.clone(),
        (Null, other) | (other, Null) => other.clone(),
        (Int64, UInt64) | (UInt64, Int64) => Decimal128(20, 0),
        (Int64 | UInt64 | Decimal128(..), Float64) | (Float64, Int64 | UInt64 | Decimal128(..)) => {
            Float64
        }
        (Int64 | UInt64, Decimal128(_, scale)) | (Decimal128(_, scale), Int64 | UInt64) => {
            Decimal128(38, *scale)
        }
        (Decimal128(_, left), Decimal128(_, right)) => Decimal128(38, *left.max(right)),
        (Date32, Timestamp(..)) => b.clone(),
        (Timestamp(..), Date32) => a.clone(),
        (Timestamp(left, left_zone), Timestamp(right, right_zone)) => {
            let zone = left_zone.as_ref().or(right_zone.as_ref()).cloned();
            Timestamp(*left.max(right), zone)
        }
        _ => Utf8,
    }
}

/// Brings the named columns of a batch into the wanted types, in the wanted order.
pub(crate) fn convert(batch: &RecordBatch, wanted: &[Target]) -> Result<RecordBatch> {
    convert_but(batch, wanted, |_, _| false)
}

/// As [`convert`], but leaves text as codes into a dictionary where it is there in that form.
pub(crate) fn convert_but_codes(batch: &RecordBatch, wanted: &[Target]) -> Result<RecordBatch> {
    convert_but(batch, wanted, |own, wanted| own == &coded_text() && wanted == &DataType::Utf8)
}

/// The one type of codes that are left as they are.
pub(crate) fn coded_text() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

fn convert_but(
    batch: &RecordBatch,
    wanted: &[Target],
    stays: impl Fn(&DataType, &DataType) -> bool,
) -> Result<RecordBatch> {
    let mut columns = Vec::with_capacity(wanted.len());
    let mut fields = Vec::with_capacity(wanted.len());
    for Target { name, data_type } in wanted {
        let column = batch
            .column_by_name(name)
            .ok_or_else(|| Error::new(ErrorKind::Malformed, "no such column in").in_column(name))?;
        let column = if stays(column.data_type(), data_type) {
            Arc::clone(column)
        } else {
            convert_array(column, data_type).map_err(|error| error.in_column(name))?
        };
        fields.push(Field::new(name, column.data_type().clone(), true));
        columns.push(column);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(|error| Error::new(ErrorKind::Malformed, "cannot build a batch of").because(error))
}

fn convert_array(array: &ArrayRef, wanted: &DataType) -> Result<ArrayRef> {
    if array.data_type() == wanted {
        return Ok(Arc::clone(array));
    }
    if array.data_type() == &DataType::Null {
        return Ok(new_null_array(wanted, array.len()));
    }
    if wanted == &DataType::Utf8 && !is_text(array.data_type()) {
        return as_text(array);
    }
    // A value that does not fit would become null, and two nulls would look equal.
    let options = CastOptions { safe: false, format_options: FormatOptions::default() };
    cast_with_options(array, wanted, &options).map_err(|error| {
        let message = format!("cannot compare {} as {wanted} in", array.data_type());
        Error::new(ErrorKind::Malformed, message).because(error)
    })
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        DataType::RunEndEncoded(_, values) => is_text(values.data_type()),
        _ => false,
    }
}

fn as_text(array: &ArrayRef) -> Result<ArrayRef> {
    let options = FormatOptions::default();
    let cannot = |error| {
        let message = format!("cannot show {} as text in", array.data_type());
        Error::new(ErrorKind::Malformed, message).because(error)
    };
    let array = &in_utc(array).map_err(cannot)?;
    let formatter = ArrayFormatter::try_new(array, &options).map_err(cannot)?;
    let mut text = StringBuilder::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            text.append_null();
        } else {
            text.append_value(formatter.value(row).try_to_string().map_err(cannot)?);
        }
    }
    Ok(Arc::new(text.finish()))
}

/// Returns a cell as people read it; `None` for null.
///
/// Every real value that leaves this crate passes through here.
pub(crate) fn display_cell(array: &dyn Array, row: usize) -> Option<String> {
    if array.is_null(row) || array.data_type() == &DataType::Null {
        return None;
    }
    let cell = in_utc(&array.slice(row, 1)).ok()?;
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(&cell, &options).ok()?;
    formatter.value(0).try_to_string().ok()
}

/// Returns the same values with all points in time in UTC as an offset: names of zones can't be shown.
fn in_utc(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let shown = shown_type(array.data_type());
    if &shown == array.data_type() { Ok(Arc::clone(array)) } else { cast(array, &shown) }
}

fn shown_type(data_type: &DataType) -> DataType {
    let shown = |field: &Arc<Field>| -> Arc<Field> {
        Arc::new(field.as_ref().clone().with_data_type(shown_type(field.data_type())))
    };
    match data_type {
        DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, Some("+00:00".into())),
        DataType::List(item) => DataType::List(shown(item)),
        DataType::LargeList(item) => DataType::LargeList(shown(item)),
        DataType::FixedSizeList(item, length) => DataType::FixedSizeList(shown(item), *length),
        DataType::Map(entries, sorted) => DataType::Map(shown(entries), *sorted),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(shown).collect()),
        other => other.clone(),
    }
}
