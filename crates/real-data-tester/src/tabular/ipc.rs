//! Arrow IPC, batch by batch: files, Feather among them, and streams.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};
use arrow::ipc::writer::{FileWriter, StreamWriter};

use super::batches::BatchEdits;
use super::edit::Edits;
use super::file::Output;

/// What a file begins with, and a stream does not.
const MAGIC: &[u8] = b"ARROW1";

/// A reader of either form.
pub(super) enum Reader {
    File(FileReader<BufReader<File>>),
    Stream(StreamReader<BufReader<File>>),
}

/// Returns the columns and the rows.
pub(super) fn open(file: File) -> io::Result<(SchemaRef, Reader)> {
    let reader = Reader::open(file)?;
    Ok((reader.schema(), reader))
}

impl Reader {
    fn open(file: File) -> io::Result<Self> {
        let mut bytes = BufReader::new(file);
        let mut start = Vec::new();
        bytes.by_ref().take(MAGIC.len() as u64).read_to_end(&mut start)?;
        bytes.rewind()?;
        let opened = if start == MAGIC {
            FileReader::try_new(bytes, None).map(Self::File)
        } else {
            StreamReader::try_new(bytes, None).map(Self::Stream)
        };
        opened.map_err(io::Error::other)
    }

    fn schema(&self) -> SchemaRef {
        match self {
            Self::File(reader) => reader.schema(),
            Self::Stream(reader) => reader.schema(),
        }
    }
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::File(reader) => reader.next(),
            Self::Stream(reader) => reader.next(),
        }
    }
}

/// Writes the rows that stay, with masked columns, in the form that the file had.
pub(super) fn edit(
    input: File,
    output: Output,
    file: &str,
    edits: Edits<'_>,
) -> io::Result<Output> {
    let (schema, batches) = open(input)?;
    let mut edits = BatchEdits::new(&schema, file, edits);
    let written = match batches {
        Reader::File(batches) => {
            let writer = FileWriter::try_new(output, edits.schema());
            writer.and_then(|mut writer| {
                batches.into_iter().try_for_each(|batch| writer.write(&edits.apply(&batch?)?))?;
                writer.into_inner()
            })
        }
        Reader::Stream(batches) => {
            let writer = StreamWriter::try_new(output, edits.schema());
            writer.and_then(|mut writer| {
                batches.into_iter().try_for_each(|batch| writer.write(&edits.apply(&batch?)?))?;
                writer.into_inner()
            })
        }
    };
    written.map_err(io::Error::other)
}
