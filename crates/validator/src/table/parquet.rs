//! Parquet: the schema from the footer, rows as record batches of the wanted columns.

use arrow::datatypes::SchemaRef;
use fs_err::File;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::source::{BATCH_ROWS, Batches, Target};
use crate::tree::FileEntry;
use crate::{Error, Result};

/// Opens a file: its schema and its number of rows.
pub(crate) fn describe(file: &FileEntry) -> Result<(SchemaRef, u64)> {
    let builder = builder(file)?;
    let rows = builder.metadata().file_metadata().num_rows();
    Ok((SchemaRef::clone(builder.schema()), rows.unsigned_abs()))
}

/// Reads the wanted columns, in the types of the file.
pub(crate) fn batches(file: &FileEntry, targets: &[Target]) -> Result<Batches> {
    let builder = builder(file)?;
    let schema = SchemaRef::clone(builder.schema());
    let mut roots = Vec::with_capacity(targets.len());
    for target in targets {
        let index = schema.index_of(&target.name).map_err(|error| {
            Error::malformed(&file.path, "no such column in").in_column(&target.name).because(error)
        })?;
        roots.push(index);
    }
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    let reader =
        builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().map_err(|error| {
            Error::malformed(&file.path, "not a readable Parquet file:").because(error)
        })?;
    let file = file.clone();
    Ok(Box::new(reader.map(move |batch| {
        batch.map_err(|error| {
            Error::malformed(&file.path, "broken data in Parquet file").because(error)
        })
    })))
}

fn builder(file: &FileEntry) -> Result<ParquetRecordBatchReaderBuilder<std::fs::File>> {
    let opened = File::open(&file.path).map_err(|error| Error::io(&file.path, error))?;
    ParquetRecordBatchReaderBuilder::try_new(opened.into_file())
        .map_err(|error| Error::malformed(&file.path, "not a whole Parquet file:").because(error))
}
