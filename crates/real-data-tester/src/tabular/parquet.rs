//! Parquet, batch by batch.

use std::fs::File;
use std::io;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::batches::BatchEdits;
use super::edit::Edits;
use super::file::Output;

/// Returns the columns and the rows.
pub(super) fn open(file: File) -> io::Result<(SchemaRef, ParquetRecordBatchReader)> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(io::Error::other)?;
    let schema = Arc::clone(builder.schema());
    Ok((schema, builder.build().map_err(io::Error::other)?))
}

/// Writes the rows that stay, with masked columns.
pub(super) fn edit(
    input: File,
    output: Output,
    file: &str,
    edits: Edits<'_>,
) -> io::Result<Output> {
    let (schema, batches) = open(input)?;
    let mut edits = BatchEdits::new(&schema, file, edits);
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(output, Arc::clone(edits.schema()), Some(properties))?;
    for batch in batches {
        let batch = batch.and_then(|batch| edits.apply(&batch)).map_err(io::Error::other)?;
        writer.write(&batch)?;
    }
    Ok(writer.into_inner()?)
}
