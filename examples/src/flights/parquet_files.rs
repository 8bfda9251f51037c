//! Reads and writes a directory of Parquet part files as one table.

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

const ROWS_PER_PART: usize = 10_000;

/// Reads every part file of `dir`, in name order, into one batch.
pub(super) fn read(dir: &Path) -> Result<RecordBatch, Box<dyn Error>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "parquet"));
    paths.sort();
    let mut batches = Vec::new();
    for path in &paths {
        for batch in ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?.build()? {
            batches.push(batch?);
        }
    }
    let schema =
        batches.first().ok_or_else(|| format!("no Parquet file in {}", dir.display()))?.schema();
    Ok(concat_batches(&schema, &batches)?)
}

/// Writes `table` to `dir` as part files of at most 10,000 rows.
pub(super) fn write(dir: &Path, table: &RecordBatch) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(dir)?;
    for (part, start) in (0..table.num_rows().max(1)).step_by(ROWS_PER_PART).enumerate() {
        let rows = table.slice(start, ROWS_PER_PART.min(table.num_rows() - start));
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let file = File::create(dir.join(format!("part-{part:05}.parquet")))?;
        let mut writer = ArrowWriter::try_new(file, rows.schema(), Some(properties))?;
        writer.write(&rows)?;
        writer.close()?;
    }
    Ok(())
}
