//! Columns that are written in the names of directories, as Hive does: `day=2024-01-31/part-0.parquet`.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, DictionaryArray, RecordBatch, RecordBatchOptions,
    StringArray, UInt32Array, new_null_array,
};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use arrow::error::ArrowError;

use super::text_type::{CellBuilder, TextType};
use crate::tree::FileEntry;
use crate::{Error, ErrorKind, Result};

/// Returns the columns that the directories of these files name, in order, with the types that hold all their
/// values. Those that the files hold themselves are left out.
pub(crate) fn columns(files: &[FileEntry], schema: &Schema) -> Vec<Field> {
    let mut names: Vec<&str> = Vec::new();
    let mut seen: BTreeMap<&str, (TextType, usize)> = BTreeMap::new();
    for (name, value) in files.iter().flat_map(|file| &file.partition) {
        if schema.field_with_name(name).is_ok() {
            continue;
        }
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
        let column = seen.entry(name).or_insert((TextType::Null, 0));
        if let Some(value) = value {
            *column = (column.0.join(TextType::of(value)), column.1 + 1);
        }
    }
    let field = |name: &&str| {
        let (seen, count) = seen[name];
        Field::new(*name, seen.data_type(), count < files.len())
    };
    names.iter().map(field).collect()
}

/// The columns that one file's directories name: the same value in every row, made once for all batches.
#[derive(Debug)]
pub(super) struct Constants {
    fields: Vec<Arc<Field>>,
    /// Of one row each.
    values: Vec<ArrayRef>,
    /// Of as many rows as the largest batch so far.
    columns: Vec<ArrayRef>,
    rows: usize,
}

impl Constants {
    /// Reads the values of these columns. Text is left as a code into a dictionary if `coded`.
    pub(super) fn of(file: &FileEntry, columns: &[Field], coded: bool) -> Self {
        let value = |column: &Field| {
            let named = file.partition.iter().find(|(name, _)| name == column.name());
            let value = one_row(column.data_type(), named.and_then(|(_, value)| value.as_deref()));
            match value.as_string_opt::<i32>() {
                Some(text) if coded => dictionary(text),
                _ => value,
            }
        };
        let values: Vec<ArrayRef> = columns.iter().map(value).collect();
        let fields = columns.iter().zip(&values).map(|(column, value)| {
            Arc::new(column.clone().with_data_type(value.data_type().clone()))
        });
        Self { fields: fields.collect(), values, columns: Vec::new(), rows: 0 }
    }

    /// Adds the columns to what was read of the file.
    pub(super) fn add_to(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let cannot = |error: ArrowError| {
            Error::new(ErrorKind::Malformed, "cannot build a batch of").because(error)
        };
        let rows = batch.num_rows();
        if self.columns.is_empty() || self.rows < rows {
            let first = UInt32Array::from_value(0, rows);
            let repeat = |value: &ArrayRef| take(value, &first, None);
            self.columns =
                self.values.iter().map(repeat).collect::<Result<_, _>>().map_err(cannot)?;
            self.rows = rows;
        }
        let mut fields = batch.schema_ref().fields().to_vec();
        let mut arrays = batch.columns().to_vec();
        fields.extend(self.fields.iter().cloned());
        arrays.extend(self.columns.iter().map(|column| column.slice(0, rows)));
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
            .map_err(cannot)
    }
}

fn one_row(data_type: &DataType, value: Option<&str>) -> ArrayRef {
    let Some(value) = value else { return new_null_array(data_type, 1) };
    let mut builder = CellBuilder::new(data_type);
    // The type was inferred from this very value.
    builder.push(Some(value));
    builder.finish()
}

fn dictionary(text: &StringArray) -> ArrayRef {
    let codes: DictionaryArray<Int32Type> = text.iter().collect();
    Arc::new(codes)
}
