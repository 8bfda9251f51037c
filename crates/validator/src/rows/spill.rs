//! Rows on disk, in files by the hash of some columns, so that equal ones meet.

use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use fs_err::File;
use tempfile::TempDir;

use super::fingerprint::fingerprint;
use super::leftover::schema_of;
use crate::budget::Holding;
use crate::table::{Batches, Target};
use crate::{Error, ErrorKind, Result};

/// How many rows are dealt out to the files at once.
const DEALT: usize = 65_536;

/// How often rows are there while they are dealt out: as they came, in one batch, and by file.
const COPIES: u64 = 3;

/// Writes rows to files below a directory of its own.
pub(super) struct SpillWriter {
    directory: TempDir,
    schema: Arc<Schema>,
    columns: Vec<usize>,
    files: Vec<(PathBuf, StreamWriter<BufWriter<File>>)>,
    waiting: Vec<RecordBatch>,
    rows: u64,
    /// What the waiting rows take.
    _held: Holding,
}

impl SpillWriter {
    /// Returns what rows of this size take before they are written, in bytes.
    pub(super) fn waiting_bytes(size: u64) -> u64 {
        COPIES * DEALT as u64 * size
    }

    /// Starts without a row. Rows go to the files by the hash of some columns.
    pub(super) fn start(
        directory: Option<&Path>,
        targets: &[Target],
        columns: &[usize],
        files: u64,
        held: Holding,
    ) -> Result<Self> {
        let parent = directory.map_or_else(std::env::temp_dir, Path::to_path_buf);
        let directory = tempfile::Builder::new()
            .prefix("reenact-rows-")
            .tempdir_in(&parent)
            .map_err(|error| cannot_keep(&parent, error))?;
        let schema = schema_of(targets);
        let create = |file: u64| {
            let path = directory.path().join(file.to_string());
            let opened = File::create(&path).map_err(|error| cannot_keep(&path, error))?;
            let writer = StreamWriter::try_new(BufWriter::new(opened), &schema)
                .map_err(|error| cannot_keep(&path, error))?;
            Ok((path, writer))
        };
        let files = (0..files).map(create).collect::<Result<Vec<_>>>()?;
        let (columns, waiting) = (columns.to_vec(), Vec::new());
        Ok(Self { directory, schema, columns, files, waiting, rows: 0, _held: held })
    }

    /// Adds some rows.
    pub(super) fn add(&mut self, rows: RecordBatch) -> Result<()> {
        self.rows += rows.num_rows() as u64;
        self.waiting.push(rows);
        if self.waiting.iter().map(RecordBatch::num_rows).sum::<usize>() >= DEALT {
            self.deal()?;
        }
        Ok(())
    }

    fn deal(&mut self) -> Result<()> {
        let all = concat_batches(&self.schema, &self.waiting).map_err(failed)?;
        self.waiting.clear();
        let files = self.files.len() as u128;
        let mut chosen = vec![Vec::new(); self.files.len()];
        for (row, hash) in fingerprint(&all, &self.columns).into_iter().enumerate() {
            let file = (u128::from(hash) * files) >> u64::BITS;
            chosen[file as usize].push(row as u32);
        }
        for (rows, (path, writer)) in chosen.into_iter().zip(&mut self.files) {
            if !rows.is_empty() {
                let part = take_record_batch(&all, &UInt32Array::from(rows)).map_err(failed)?;
                writer.write(&part).map_err(|error| cannot_keep(path, error))?;
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Spill> {
        self.deal()?;
        let mut paths = Vec::with_capacity(self.files.len());
        for (path, mut writer) in self.files {
            writer
                .finish()
                .and_then(|()| writer.flush())
                .map_err(|error| cannot_keep(&path, error))?;
            paths.push(path);
        }
        let Self { directory, schema, rows, .. } = self;
        Ok(Spill { _directory: directory, schema, paths, rows })
    }
}

/// Rows in files, which are removed with this.
#[derive(Debug)]
pub(super) struct Spill {
    _directory: TempDir,
    schema: Arc<Schema>,
    paths: Vec<PathBuf>,
    rows: u64,
}

impl Spill {
    /// Returns how many files there are.
    pub(super) fn files(&self) -> usize {
        self.paths.len()
    }

    /// Returns how many rows there are.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Reads the rows of a file, in their order.
    pub(super) fn read(&self, file: usize) -> Result<RecordBatch> {
        let rows = open(&self.paths[file])?.collect::<Result<Vec<_>>>()?;
        concat_batches(&self.schema, &rows).map_err(failed)
    }

    /// Reads all rows, file after file.
    pub(super) fn batches(&self) -> Result<Batches> {
        let opened = self.paths.iter().map(|path| open(path)).collect::<Result<Vec<_>>>()?;
        Ok(Box::new(opened.into_iter().flatten()))
    }
}

fn open(path: &Path) -> Result<Batches> {
    let failed = {
        let path = path.to_path_buf();
        move |error: ArrowError| {
            Error::malformed(&path, "cannot read rows back from").because(error)
        }
    };
    let file = File::open(path).map_err(|error| Error::io(path, error))?;
    let batches = StreamReader::try_new(BufReader::new(file), None).map_err(&failed)?;
    Ok(Box::new(batches.map(move |batch| batch.map_err(&failed))))
}

pub(super) fn cannot_keep(
    path: &Path,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    let message = "there is no room for rows that do not fit into the memory, make some at";
    Error::new(ErrorKind::Unreadable, message).at_path(path).because(error)
}

fn failed(error: ArrowError) -> Error {
    Error::new(ErrorKind::Malformed, "cannot deal out rows by their values").because(error)
}
