//! Record batches: which rows stay, and what stands in masked columns; structs and lists are taken apart.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, GenericListArray, OffsetSizeTrait, RecordBatch,
    StringArray, StructArray, new_null_array,
};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::edit::{Edits, TableEdits};
use crate::masking::{Mask, Masker};

/// The edits of one table that comes in batches.
pub(super) struct BatchEdits<'a> {
    table: TableEdits<'a>,
    schema: SchemaRef,
    next_row: u64,
}

impl<'a> BatchEdits<'a> {
    pub(super) fn new(schema: &Schema, file: &'a str, edits: Edits<'a>) -> Self {
        let table = edits.to_table(file, schema.fields().iter().map(|field| field.name().as_str()));
        let fields = match edits.masker {
            Some(masker) => masked_fields(masker, schema.fields(), ""),
            None => schema.fields().clone(),
        };
        let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
        Self { table, schema, next_row: 0 }
    }

    /// Returns the schema of what is written.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Returns the rows that stay, with masked columns.
    pub(super) fn apply(&mut self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let kept = self.kept(batch)?;
        let Some(masker) = self.table.masker() else { return Ok(kept) };
        let schema = kept.schema();
        let columns = kept.columns().iter().zip(schema.fields());
        let masked = columns.map(|(column, field)| masked(masker, column, field.name()));
        RecordBatch::try_new(Arc::clone(&self.schema), masked.collect::<Result<_, _>>()?)
    }

    fn kept(&mut self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let texts = self
            .table
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
        let stays: BooleanArray = (self.next_row..)
            .zip(0..batch.num_rows())
            .map(|(number, row)| Some(self.table.keeps(number, cell(row))))
            .collect();
        self.next_row += batch.num_rows() as u64;
        filter_record_batch(batch, &stays)
    }
}

/// Lists the columns of a schema.
pub(super) fn columns(schema: &Schema) -> Vec<String> {
    schema.fields().iter().map(|field| field.name().clone()).collect()
}

/// Tells every value of a masked column that has a text.
pub(super) fn learn(
    batches: impl Iterator<Item = Result<RecordBatch, ArrowError>>,
    masker: &Masker,
    learn: &mut dyn FnMut(&str, Mask),
) -> io::Result<()> {
    for batch in batches {
        let batch = batch.map_err(io::Error::other)?;
        for (column, field) in batch.columns().iter().zip(batch.schema_ref().fields()) {
            learn_column(column, field.name(), masker, learn);
        }
    }
    Ok(())
}

fn learn_column(column: &ArrayRef, path: &str, masker: &Masker, learn: &mut dyn FnMut(&str, Mask)) {
    match column.data_type() {
        DataType::Struct(fields) => {
            for (inner, field) in column.as_struct().columns().iter().zip(fields) {
                learn_column(inner, &below(path, field), masker, learn);
            }
        }
        DataType::List(_) => learn_column(column.as_list::<i32>().values(), path, masker, learn),
        DataType::LargeList(_) => {
            learn_column(column.as_list::<i64>().values(), path, masker, learn);
        }
        DataType::FixedSizeList(..) => {
            learn_column(column.as_fixed_size_list().values(), path, masker, learn);
        }
        DataType::Map(..) => {
            learn_column(column.as_map().keys(), path, masker, learn);
            learn_column(column.as_map().values(), path, masker, learn);
        }
        DataType::Dictionary(..) => {
            learn_column(column.as_any_dictionary().values(), path, masker, learn);
        }
        _ => {
            if let (Some(mask), Ok(text)) = (masker.column(path), as_text(column)) {
                text.iter().flatten().for_each(|value| learn(value, mask));
            }
        }
    }
}

/// Returns the path of what is in a struct.
fn below(path: &str, field: &Field) -> String {
    if path.is_empty() { field.name().clone() } else { format!("{path}.{}", field.name()) }
}

/// A masked column may come to hold nulls.
fn masked_fields(masker: &Masker, fields: &Fields, path: &str) -> Fields {
    fields.iter().map(|field| masked_field(masker, field, &below(path, field))).collect()
}

fn masked_field(masker: &Masker, field: &FieldRef, path: &str) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Struct(fields) => DataType::Struct(masked_fields(masker, fields, path)),
        DataType::List(item) => DataType::List(masked_field(masker, item, path)),
        DataType::LargeList(item) => DataType::LargeList(masked_field(masker, item, path)),
        other => other.clone(),
    };
    let nullable = field.is_nullable() || masker.column(path).is_some();
    Arc::new(field.as_ref().clone().with_data_type(data_type).with_nullable(nullable))
}

fn masked(masker: &Masker, column: &ArrayRef, path: &str) -> Result<ArrayRef, ArrowError> {
    Ok(match column.data_type() {
        DataType::Struct(fields) if !fields.is_empty() => {
            let inner = column.as_struct();
            let columns = inner.columns().iter().zip(fields);
            let columns = columns.map(|(inner, field)| masked(masker, inner, &below(path, field)));
            Arc::new(StructArray::try_new(
                masked_fields(masker, fields, path),
                columns.collect::<Result<_, _>>()?,
                inner.nulls().cloned(),
            )?)
        }
        DataType::List(item) => masked_list::<i32>(masker, column, item, path)?,
        DataType::LargeList(item) => masked_list::<i64>(masker, column, item, path)?,
        // All batches of a file share a dictionary, and still do when its values are masked.
        DataType::Dictionary(..) => {
            let dictionary = column.as_any_dictionary();
            dictionary.with_values(masked(masker, dictionary.values(), path)?)
        }
        _ => match masker.column(path) {
            Some(mask) => masked_values(masker, column, mask),
            None => Arc::clone(column),
        },
    })
}

fn masked_list<O: OffsetSizeTrait>(
    masker: &Masker,
    column: &ArrayRef,
    item: &FieldRef,
    path: &str,
) -> Result<ArrayRef, ArrowError> {
    let list = column.as_list::<O>();
    Ok(Arc::new(GenericListArray::try_new(
        masked_field(masker, item, path),
        list.offsets().clone(),
        masked(masker, list.values(), path)?,
        list.nulls().cloned(),
    )?))
}

/// Masks values as text; what their type cannot hold then is null, as is all of a column that has no text.
fn masked_values(masker: &Masker, column: &ArrayRef, mask: Mask) -> ArrayRef {
    let nothing = || new_null_array(column.data_type(), column.len());
    let Ok(text) = as_text(column) else { return nothing() };
    let numbers = numbers(column.data_type());
    let masked: StringArray =
        text.iter().map(|value| masker.stage(value?, mask, numbers)).collect();
    cast(&masked, column.data_type()).unwrap_or_else(|_| nothing())
}

fn as_text(column: &ArrayRef) -> Result<StringArray, ArrowError> {
    Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone())
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
