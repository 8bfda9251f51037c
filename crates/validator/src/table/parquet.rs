//! Parquet: the schema from the footer, rows as record batches of the wanted columns.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use fs_err::File;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelector,
};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};

use super::canonical::coded_text;
use super::nested::{flat_batch, flat_schema, is_below};
use super::source::{BATCH_ROWS, Batches, Target};
use crate::tree::FileEntry;
use crate::{Error, Result};

/// The fewest rows that are worth opening a row group for.
pub(crate) const LEAST_SAMPLE: usize = 1024;

/// The most bytes per value, its share of the dictionary included, of a column that is read as codes.
const MOST_CODE_BYTES: u64 = 4;

type Builder = ParquetRecordBatchReaderBuilder<std::fs::File>;

/// What the footer of a file says, so that a file of many columns is not asked for it again and again.
#[derive(Debug, Clone)]
pub(super) struct Footer {
    plain: ArrowReaderMetadata,
    /// The same, but text that is written as codes into a small dictionary is read in that form.
    coded: ArrowReaderMetadata,
}

impl Footer {
    /// Reads the footer of a file.
    pub(super) fn of(file: &FileEntry) -> Result<Self> {
        let opened = open(file)?;
        let length = opened.metadata().map_err(|error| Error::io(&file.path, error))?.len();
        let plain = ArrowReaderMetadata::load(&opened, ArrowReaderOptions::new());
        let plain = plain.map_err(|error| {
            let message = "not a whole Parquet file:";
            Error::malformed(&file.path, message).at_offset(length).because(error)
        })?;
        check_codecs(file, plain.metadata())?;
        // What can't be had as codes is read as text.
        let coded = coded(&plain).unwrap_or_else(|_| plain.clone());
        Ok(Self { plain, coded })
    }

    /// Returns the schema, flat, and the number of rows.
    pub(super) fn describe(&self) -> (Schema, u64) {
        // Not the footer's total: some writers leave it at 0.
        (flat_schema(self.plain.schema()), rows_in(self.plain.metadata()))
    }

    /// Returns about how many bytes this takes.
    pub(super) fn bytes(&self) -> u64 {
        self.plain.metadata().memory_size() as u64
    }
}

fn rows_in(metadata: &ParquetMetaData) -> u64 {
    metadata.row_groups().iter().map(|group| group.num_rows().unsigned_abs()).sum()
}

/// Reads the columns that hold the wanted ones, in the types of the file; text that is written as codes into a small dictionary stays in
/// that form if it may.
pub(super) fn batches(
    file: &FileEntry,
    footer: Footer,
    targets: &[Target],
    coded: bool,
) -> Result<Batches> {
    let metadata = if coded { footer.coded } else { footer.plain };
    read(Builder::new_with_metadata(open(file)?, metadata), file, targets, None)
}

fn coded(metadata: &ArrowReaderMetadata) -> Result<ArrowReaderMetadata, ParquetError> {
    let schema = metadata.schema();
    let roots = metadata.parquet_schema().root_schema().get_fields();
    let field = |(index, field): (usize, &Arc<Field>)| {
        let is_coded = field.data_type() == &DataType::Utf8
            && roots.get(index).is_some_and(|root| root.is_primitive())
            && is_small_dictionary(metadata.metadata(), field.name());
        let data_type = if is_coded { coded_text() } else { field.data_type().clone() };
        field.as_ref().clone().with_data_type(data_type)
    };
    let fields: Vec<Field> = schema.fields().iter().enumerate().map(field).collect();
    let coded = Schema::new_with_metadata(fields, schema.metadata().clone());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(coded));
    ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options)
}

/// Whether every part of a column takes so few bytes per value that they must be codes.
fn is_small_dictionary(metadata: &ParquetMetaData, name: &str) -> bool {
    metadata.row_groups().iter().all(|group| {
        let column = group.columns().iter().find(|column| column.column_path().string() == name);
        column.is_some_and(|column| {
            let bytes = column.uncompressed_size().unsigned_abs();
            column.dictionary_page_offset().is_some()
                && bytes <= MOST_CODE_BYTES * column.num_values().unsigned_abs()
        })
    })
}

/// Reads about this many rows: the first of some row groups, evenly spread.
pub(super) fn sample(
    file: &FileEntry,
    footer: Footer,
    targets: &[Target],
    rows: usize,
) -> Result<Batches> {
    let builder = Builder::new_with_metadata(open(file)?, footer.plain);
    let groups = builder.metadata().num_row_groups();
    let step = groups.div_ceil(rows.div_ceil(LEAST_SAMPLE)).max(1);
    let chosen: Vec<usize> = (0..groups).step_by(step).collect();
    let each = rows.div_ceil(chosen.len().max(1));
    let mut selection = Vec::new();
    for &group in &chosen {
        let all = builder.metadata().row_group(group).num_rows().unsigned_abs() as usize;
        selection.push(RowSelector::select(each.min(all)));
        selection.push(RowSelector::skip(all.saturating_sub(each)));
    }
    let sampling = builder.with_row_groups(chosen.clone()).with_row_selection(selection.into());
    read(sampling, file, targets, Some(chosen))
}

fn read(
    builder: Builder,
    file: &FileEntry,
    targets: &[Target],
    chosen: Option<Vec<usize>>,
) -> Result<Batches> {
    let schema = Arc::clone(builder.schema());
    let is_wanted = |root: &str| targets.iter().any(|target| is_below(&target.name, root));
    let roots = schema.fields().iter().enumerate().filter(|(_, field)| is_wanted(field.name()));
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots.map(|(index, _)| index));
    let metadata = Arc::clone(builder.metadata());
    let reader =
        builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().map_err(|error| {
            Error::malformed(&file.path, "not a readable Parquet file:").because(error)
        })?;
    let file = file.clone();
    let mut rows = 0;
    let mut reader = reader.fuse();
    let mut counted = chosen.is_some();
    Ok(Box::new(std::iter::from_fn(move || {
        let Some(batch) = reader.next() else {
            let lost = !std::mem::replace(&mut counted, true) && rows != rows_in(&metadata);
            return lost.then(|| Err(lost_rows(&file, rows, &metadata)));
        };
        Some(match batch {
            Ok(batch) => {
                rows += batch.num_rows() as u64;
                flat_batch(&batch).map_err(|error| error.at_path(&file.path))
            }
            Err(error) => {
                counted = true;
                let message = "broken data in a row group of Parquet file";
                let broken = Error::malformed(&file.path, message);
                let place = place(&metadata, rows, chosen.as_deref());
                let broken = place.into_iter().fold(broken, Error::at_offset);
                Err(broken.because(error))
            }
        })
    })))
}

/// Rows that are promised and can't be read would look like rows that both sides lack.
fn lost_rows(file: &FileEntry, rows: u64, metadata: &ParquetMetaData) -> Error {
    let message = format!(
        "the row groups promise {} rows, but {rows} can be read of Parquet file",
        rows_in(metadata)
    );
    Error::malformed(&file.path, message)
}

/// Returns where the row group starts that holds a row.
fn place(metadata: &ParquetMetaData, row: u64, chosen: Option<&[usize]>) -> Option<u64> {
    let mut before = 0;
    let all: Vec<usize> = (0..metadata.num_row_groups()).collect();
    for &group in chosen.unwrap_or(&all) {
        let group = metadata.row_group(group);
        before += group.num_rows().unsigned_abs();
        if row < before {
            let start = |column: &ColumnChunkMetaData| column.byte_range().0;
            return group.columns().iter().map(start).min();
        }
    }
    None
}

fn open(file: &FileEntry) -> Result<std::fs::File> {
    let opened = File::open(file.readable()).map_err(|error| Error::io(&file.path, error))?;
    Ok(opened.into_file())
}

/// A file may be whole and still be compressed in a way that can't be read here.
fn check_codecs(file: &FileEntry, metadata: &ParquetMetaData) -> Result<()> {
    let is_known =
        |column: &&ColumnChunkMetaData| !matches!(column.compression(), Compression::LZO);
    let mut columns = metadata.row_groups().iter().flat_map(RowGroupMetaData::columns);
    let Some(column) = columns.find(|column| !is_known(column)) else { return Ok(()) };
    let message = "the codec LZO is not supported; write with another, such as Zstandard:";
    Err(Error::malformed(&file.path, message).in_column(&column.column_path().string()))
}
