//! Arrow IPC: files, Feather among them, and streams.

use std::io::{BufReader, Read, Seek};

use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};
use fs_err::File;

use super::ipc_lengths;
use super::nested::{flat_batch, flat_schema, is_below};
use super::source::{Batches, Target};
use crate::tree::FileEntry;
use crate::{Error, Result};

const MAGIC: &[u8] = b"ARROW1";

/// A reader of either form.
enum Reader {
    File(FileReader<BufReader<File>>),
    Stream(StreamReader<BufReader<File>>),
}

impl Reader {
    fn open(file: &FileEntry, projection: Option<Vec<usize>>) -> Result<Self> {
        let unreadable = |error| Error::io(&file.path, error);
        let mut bytes = BufReader::new(File::open(file.readable()).map_err(unreadable)?);
        let mut start = Vec::new();
        bytes.by_ref().take(MAGIC.len() as u64).read_to_end(&mut start).map_err(unreadable)?;
        let is_file = start == MAGIC;
        if let Some(problem) = ipc_lengths::problem(&mut bytes, is_file) {
            let message = format!("not a whole Arrow file: {problem}:");
            return Err(Error::malformed(&file.path, message));
        }
        bytes.rewind().map_err(unreadable)?;
        let opened = if is_file {
            FileReader::try_new(bytes, projection).map(Self::File)
        } else {
            StreamReader::try_new(bytes, projection).map(Self::Stream)
        };
        opened
            .map_err(|error| Error::malformed(&file.path, "not a whole Arrow file:").because(error))
    }

    fn schema(&self) -> Schema {
        match self {
            Self::File(reader) => reader.schema().as_ref().clone(),
            Self::Stream(reader) => reader.schema().as_ref().clone(),
        }
    }

    fn offset(&mut self) -> Option<u64> {
        match self {
            Self::File(reader) => reader.get_mut().stream_position().ok(),
            Self::Stream(reader) => reader.get_mut().stream_position().ok(),
        }
    }
}

impl Iterator for Reader {
    type Item = Result<arrow::array::RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::File(reader) => reader.next(),
            Self::Stream(reader) => reader.next(),
        }
    }
}

/// Opens a file: its schema, flat, and its number of rows, for which all of it is read once.
pub(crate) fn describe(file: &FileEntry) -> Result<(Schema, u64)> {
    let schema = flat_schema(&Reader::open(file, None)?.schema());
    let mut rows = 0;
    for batch in read(file, None)? {
        rows += batch?.num_rows() as u64;
    }
    Ok((schema, rows))
}

/// Reads the columns that hold the wanted ones, in the types of the file.
pub(crate) fn batches(file: &FileEntry, targets: &[Target]) -> Result<Batches> {
    let schema = Reader::open(file, None)?.schema();
    let is_wanted = |root: &str| targets.iter().any(|target| is_below(&target.name, root));
    let roots = schema.fields().iter().enumerate().filter(|(_, field)| is_wanted(field.name()));
    read(file, Some(roots.map(|(index, _)| index).collect()))
}

fn read(file: &FileEntry, projection: Option<Vec<usize>>) -> Result<Batches> {
    let mut reader = Reader::open(file, projection)?;
    let file = file.clone();
    let mut broken = false;
    Ok(Box::new(std::iter::from_fn(move || {
        if broken {
            return None;
        }
        let offset = reader.offset();
        let batch = reader.next()?.map_err(|error| {
            let error = Error::malformed(&file.path, "broken data in Arrow file").because(error);
            match offset {
                Some(offset) => error.at_offset(offset),
                None => error,
            }
        });
        let flat =
            batch.and_then(|batch| flat_batch(&batch).map_err(|error| error.at_path(&file.path)));
        broken = flat.is_err();
        Some(flat)
    })))
}
