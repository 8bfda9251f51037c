//! Parquet, batch by batch.

use std::borrow::Cow;
use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, new_null_array,
};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use fs_err::File;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::edit::{Edits, TableEdits};
use crate::masking::{Mask, Masker};

fn open(path: &Path) -> io::Result<(SchemaRef, ParquetRecordBatchReader)> {
    let file = File::open(path)?.into_parts().0;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(io::Error::other)?;
    let schema = Arc::clone(builder.schema());
    Ok((schema, builder.build().map_err(io::Error::other)?))
}

/// Writes the rows that stay, with masked columns.
pub(super) fn edit(
    path: &Path,
    output: std::fs::File,
    file: &str,
    edits: Edits<'_>,
) -> io::Result<()> {
    let (schema, batches) = open(path)?;
    let table = edits.to_table(file, schema.fields().iter().map(|field| field.name().as_str()));
    let masked = masked_schema(&schema, &table);
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(output, Arc::clone(&masked), Some(properties))
        .map_err(io::Error::other)?;
    let mut row = 0;
    for batch in batches {
        let batch = batch.map_err(io::Error::other)?;
        let batch = edited(&batch, &masked, &table, row).map_err(io::Error::other)?;
        row += batch.1;
        writer.write(&batch.0).map_err(io::Error::other)?;
    }
    writer.close().map_err(io::Error::other)?;
    Ok(())
}

/// A masked column may come to hold nulls.
fn masked_schema(schema: &Schema, table: &TableEdits<'_>) -> SchemaRef {
    let fields = schema.fields().iter().enumerate().map(|(place, field)| {
        let nullable = field.is_nullable() || table.mask(place).is_some();
        Arc::new(field.as_ref().clone().with_nullable(nullable))
    });
    Arc::new(Schema::new_with_metadata(
        fields.collect::<Vec<Arc<Field>>>(),
        schema.metadata().clone(),
    ))
}

/// Returns the batch as it is written, and how many rows it had.
fn edited(
    batch: &RecordBatch,
    schema: &SchemaRef,
    table: &TableEdits<'_>,
    first_row: u64,
) -> Result<(RecordBatch, u64), ArrowError> {
    let rows = batch.num_rows();
    let texts = table
        .key()
        .iter()
        .map(|place| Ok((*place, as_text(batch.column(*place))?)))
        .collect::<Result<Vec<_>, ArrowError>>()?;
    let cell = |row: usize| {
        let texts = &texts;
        move |place: usize| {
            let (_, text) = texts.iter().find(|(known, _)| *known == place)?;
            text.is_valid(row).then(|| Cow::Borrowed(text.value(row)))
        }
    };
    let stays: BooleanArray = (first_row..)
        .zip(0..rows)
        .map(|(number, row)| Some(table.keeps(number, cell(row))))
        .collect();
    let kept = filter_record_batch(batch, &stays)?;
    let columns = kept
        .columns()
        .iter()
        .enumerate()
        .map(|(place, column)| match (table.masker(), table.mask(place)) {
            (Some(masker), Some(mask)) => masked(masker, column, mask),
            _ => Ok(Arc::clone(column)),
        })
        .collect::<Result<Vec<ArrayRef>, ArrowError>>()?;
    Ok((RecordBatch::try_new(Arc::clone(schema), columns)?, rows as u64))
}

fn as_text(column: &ArrayRef) -> Result<StringArray, ArrowError> {
    Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone())
}

/// Masks a column's values as text; what its type cannot hold then is null, as is all of a column that has no text.
fn masked(masker: &Masker, column: &ArrayRef, mask: Mask) -> Result<ArrayRef, ArrowError> {
    let Ok(text) = as_text(column) else {
        return Ok(new_null_array(column.data_type(), column.len()));
    };
    let numbers = numbers(column.data_type());
    let masked: StringArray =
        text.iter().map(|value| masker.stage(value?, mask, numbers)).collect();
    cast(&masked, column.data_type())
        .or_else(|_| Ok(new_null_array(column.data_type(), column.len())))
}

/// Returns the least whole number that a type cannot hold.
fn numbers(data_type: &DataType) -> u64 {
    match data_type {
        DataType::Int8 => 1 << 7,
        DataType::UInt8 => 1 << 8,
        DataType::Int16 => 1 << 15,
        DataType::UInt16 => 1 << 16,
        DataType::Int32 => 1 << 31,
        DataType::UInt32 => 1 << 32,
        DataType::Float32 => 1 << 24,
        _ => u64::MAX,
    }
}

/// Lists the columns.
pub(super) fn columns(path: &Path) -> io::Result<Vec<String>> {
    let (schema, _) = open(path)?;
    Ok(schema.fields().iter().map(|field| field.name().clone()).collect())
}

/// Tells every value of a masked column that has a text.
pub(super) fn learn(
    path: &Path,
    edits: Edits<'_>,
    learn: &mut dyn FnMut(&str, Mask),
) -> io::Result<()> {
    let (schema, batches) = open(path)?;
    let table = edits.to_table("", schema.fields().iter().map(|field| field.name().as_str()));
    for batch in batches {
        let batch = batch.map_err(io::Error::other)?;
        for (place, column) in batch.columns().iter().enumerate() {
            let Some(mask) = table.mask(place) else { continue };
            let Ok(text) = as_text(column) else { continue };
            text.iter().flatten().for_each(|value| learn(value, mask));
        }
    }
    Ok(())
}
