//! Columns that are written in the names of directories, as Hive does: `day=2024-01-31/part-0.parquet`.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::{DataType, Field, Schema};

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

/// Adds the columns that a file's directories name to what was read from it.
pub(crate) fn add(batch: &RecordBatch, file: &FileEntry, columns: &[Field]) -> Result<RecordBatch> {
    let rows = batch.num_rows();
    let mut fields = batch.schema_ref().fields().to_vec();
    let mut arrays = batch.columns().to_vec();
    for column in columns {
        let value = file.partition.iter().find(|(name, _)| name == column.name());
        let value = value.and_then(|(_, value)| value.as_deref());
        arrays.push(constant(column.data_type(), value, rows));
        fields.push(Arc::new(column.clone()));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|error| Error::new(ErrorKind::Malformed, "cannot build a batch of").because(error))
}

fn constant(data_type: &DataType, value: Option<&str>, rows: usize) -> ArrayRef {
    let Some(value) = value else { return new_null_array(data_type, rows) };
    let mut builder = CellBuilder::new(data_type);
    for _ in 0..rows {
        // The type was inferred from this very value.
        builder.push(Some(value));
    }
    builder.finish()
}
