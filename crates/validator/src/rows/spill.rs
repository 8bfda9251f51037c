//! Rows that do not fit into the memory, on disk: in files by the hash of their key, so that equal keys meet.

use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use fs_err::File;

use super::fingerprint::fingerprint;
use crate::table::{Batches, Source, Target};
use crate::{Error, ErrorKind, Result};

/// How many rows are dealt out to the files at once.
const DEALT: usize = 65_536;

/// The part of the memory that the rows of one file of both sides may take.
const FILE_PART: u64 = 8;

/// The most files of a side.
const MOST_FILES: u64 = 256;

/// Returns into how many files the rows of both sides are dealt out; `None` if they fit into the memory as they are.
pub(crate) fn files_needed(
    sides: [&Source; 2],
    targets: &[Target],
    memory: u64,
) -> Result<Option<u64>> {
    let mut bytes = 0;
    for source in sides {
        let Some(first) = source.batches(targets).next().transpose()? else { continue };
        let each = (first.get_array_memory_size() / first.num_rows().max(1)) as u64;
        bytes += each * source.rows;
    }
    let needed = (bytes / (memory / FILE_PART).max(1)).clamp(2, MOST_FILES);
    Ok((bytes > memory / 2).then_some(needed))
}

/// The rows of one side in files.
pub(crate) struct Spill {
    schema: Arc<Schema>,
    paths: Vec<PathBuf>,
}

impl Spill {
    /// Writes all rows below a directory, whose name for this side is given.
    pub(crate) fn write(
        batches: Batches,
        targets: &[Target],
        key: &[usize],
        files: u64,
        place: (&Path, &str),
    ) -> Result<Self> {
        let field = |target: &Target| Field::new(&target.name, target.data_type.clone(), true);
        let schema = Arc::new(Schema::new(targets.iter().map(field).collect::<Vec<_>>()));
        let path = |file| place.0.join(format!("{}-{file}", place.1));
        let paths: Vec<PathBuf> = (0..files).map(path).collect();
        let create = |path: &PathBuf| {
            let file = File::create(path).map_err(|error| cannot_keep(path, error))?;
            StreamWriter::try_new(BufWriter::new(file), &schema)
                .map_err(|error| cannot_keep(path, error))
        };
        let mut writers = paths.iter().map(create).collect::<Result<Vec<_>>>()?;
        let mut deal = |rows: &mut Vec<RecordBatch>| -> Result<()> {
            let all = concat_batches(&schema, rows.iter()).map_err(failed)?;
            rows.clear();
            let mut chosen = vec![Vec::new(); writers.len()];
            for (row, hash) in fingerprint(&all, key).into_iter().enumerate() {
                let file = (u128::from(hash) * u128::from(files)) >> u64::BITS;
                chosen[file as usize].push(row as u32);
            }
            for ((rows, writer), path) in chosen.into_iter().zip(&mut writers).zip(&paths) {
                if !rows.is_empty() {
                    let part = take_record_batch(&all, &UInt32Array::from(rows)).map_err(failed)?;
                    writer.write(&part).map_err(|error| cannot_keep(path, error))?;
                }
            }
            Ok(())
        };
        let mut waiting = Vec::new();
        for batch in batches {
            waiting.push(batch?);
            if waiting.iter().map(RecordBatch::num_rows).sum::<usize>() >= DEALT {
                deal(&mut waiting)?;
            }
        }
        deal(&mut waiting)?;
        for (writer, path) in writers.iter_mut().zip(&paths) {
            writer.finish().map_err(|error| cannot_keep(path, error))?;
            writer.flush().map_err(|error| cannot_keep(path, error))?;
        }
        Ok(Self { schema, paths })
    }

    /// Reads the rows of a file, in their order.
    pub(crate) fn read(&self, file: usize) -> Result<RecordBatch> {
        let path = &self.paths[file];
        let opened = File::open(path).map_err(|error| Error::io(path, error))?;
        let read = || -> Result<RecordBatch, ArrowError> {
            let batches = StreamReader::try_new(BufReader::new(opened), None)?;
            concat_batches(&self.schema, &batches.collect::<Result<Vec<_>, _>>()?)
        };
        read().map_err(|error| Error::malformed(path, "cannot read rows back from").because(error))
    }
}

fn cannot_keep(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    let message = "there is no room for rows that do not fit into the memory, make some at";
    Error::new(ErrorKind::Unreadable, message).at_path(path).because(error)
}

fn failed(error: ArrowError) -> Error {
    Error::new(ErrorKind::Malformed, "cannot deal out rows by their keys").because(error)
}
