//! Writes batches as files.

use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::csv::{Writer as CsvWriter, WriterBuilder as CsvBuilder};
use arrow::datatypes::SchemaRef;
use arrow::json::LineDelimitedWriter;
use fs_err::File;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};

/// The format of made-up files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SyntheticFormat {
    /// Comma-separated values with a line of names; null is an empty cell.
    #[default]
    Csv,
    /// One JSON object per line; JSON has no infinities and no not-a-number, which become null.
    JsonLines,
    /// Apache Parquet.
    Parquet,
}

impl SyntheticFormat {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::Csv, Self::JsonLines, Self::Parquet];

    /// Returns the extension of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
        }
    }
}

/// A file of a table while it is written.
pub(super) enum TableWriter {
    Csv(Box<CsvWriter<std::fs::File>>),
    JsonLines(Box<LineDelimitedWriter<io::BufWriter<std::fs::File>>>),
    Parquet(Box<ArrowWriter<std::fs::File>>),
}

impl TableWriter {
    pub(super) fn create(
        format: SyntheticFormat,
        path: &Path,
        schema: &SchemaRef,
    ) -> io::Result<Self> {
        let file = File::create(path)?.into_parts().0;
        Ok(match format {
            SyntheticFormat::Csv => {
                let mut writer = CsvBuilder::new().with_header(true).build(file);
                // The names are written with the first batch, which an empty table would lack.
                writer
                    .write(&RecordBatch::new_empty(Arc::clone(schema)))
                    .map_err(io::Error::other)?;
                Self::Csv(Box::new(writer))
            }
            SyntheticFormat::JsonLines => {
                Self::JsonLines(Box::new(LineDelimitedWriter::new(io::BufWriter::new(file))))
            }
            SyntheticFormat::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::SNAPPY)
                    .set_created_by("reenact".to_owned())
                    .build();
                let writer = ArrowWriter::try_new(file, Arc::clone(schema), Some(properties));
                Self::Parquet(Box::new(writer.map_err(io::Error::other)?))
            }
        })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> io::Result<()> {
        match self {
            Self::Csv(writer) => writer.write(batch).map_err(io::Error::other),
            Self::JsonLines(writer) => writer.write(batch).map_err(io::Error::other),
            Self::Parquet(writer) => writer.write(batch).map_err(io::Error::other),
        }
    }

    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Csv(_) => Ok(()),
            Self::JsonLines(mut writer) => {
                writer.finish().map_err(io::Error::other)?;
                io::Write::flush(&mut writer.into_inner())
            }
            Self::Parquet(writer) => writer.close().map(drop).map_err(io::Error::other),
        }
    }
}
