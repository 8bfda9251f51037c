//! CSV and TSV: types inferred over the whole file, then read as record batches.

use std::io::{BufReader, Read};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};
use csv::{ByteRecord, ErrorKind as CsvErrorKind};

use super::file::decompressed;
use super::source::{BATCH_ROWS, Batches, Target};
use super::text_type::{CellBuilder, TextType};
use crate::rules::TextFormat;
use crate::tree::FileEntry;
use crate::{Error, Result};

/// How delimited text is read.
#[derive(Debug, Clone)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) text: TextFormat,
}

/// What a first pass over a file found.
#[derive(Debug)]
pub(crate) struct Inferred {
    /// Name, narrowest type, and whether there is a null.
    pub(crate) columns: Vec<(String, TextType, bool)>,
    pub(crate) rows: u64,
}

type Reader = csv::Reader<BufReader<Box<dyn Read + Send>>>;

fn open(file: &FileEntry, dialect: &Dialect) -> Result<(Reader, Vec<String>)> {
    let bytes = BufReader::with_capacity(1 << 17, decompressed(&file.path, file.compression)?);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(dialect.delimiter)
        .has_headers(dialect.text.header)
        .from_reader(bytes);
    // Without a header line this peeks at the first record, which is read again as data.
    let first = reader.byte_headers().map_err(|error| broken(file, error))?;
    let names = if dialect.text.header {
        header_names(file, first)?
    } else {
        (1..=first.len()).map(|index| format!("column_{index}")).collect()
    };
    Ok((reader, names))
}

/// Names each column once: the second `a` becomes `a (2)`.
fn header_names(file: &FileEntry, header: &ByteRecord) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::with_capacity(header.len());
    for cell in header {
        let name = utf8(file, 1, cell)?;
        let seen = names.iter().filter(|known| *known == name).count();
        names.push(if seen == 0 { name.to_owned() } else { format!("{name} ({})", seen + 1) });
    }
    Ok(names)
}

/// Reads the whole file once to learn its columns and rows.
pub(crate) fn infer(file: &FileEntry, dialect: &Dialect) -> Result<Inferred> {
    let (mut reader, names) = open(file, dialect)?;
    let mut types = vec![(TextType::Null, false); names.len()];
    let mut record = ByteRecord::new();
    let mut rows = 0;
    while read(&mut reader, file, &mut record)? {
        rows += 1;
        let line = line_of(&record);
        for (cell, (seen, has_null)) in record.iter().zip(&mut types) {
            let cell = utf8(file, line, cell)?;
            if dialect.text.null_tokens.contains(cell) {
                *has_null = true;
            } else if *seen != TextType::Text {
                *seen = seen.join(TextType::of(cell));
            }
        }
    }
    let columns = names.into_iter().zip(types).map(|(name, (seen, null))| (name, seen, null));
    Ok(Inferred { columns: columns.collect(), rows })
}

/// Reads the wanted columns of a file as batches of [`BATCH_ROWS`] rows.
pub(crate) fn batches(file: &FileEntry, dialect: &Dialect, targets: &[Target]) -> Result<Batches> {
    let (reader, names) = open(file, dialect)?;
    let mut columns = Vec::with_capacity(targets.len());
    let mut fields = Vec::with_capacity(targets.len());
    for target in targets {
        let index = names.iter().position(|name| *name == target.name).ok_or_else(|| {
            Error::malformed(&file.path, "the header changed while reading").in_column(&target.name)
        })?;
        let builder = CellBuilder::new(&target.data_type);
        columns.push((index, builder));
        fields.push(Field::new(&target.name, target.data_type.clone(), true));
    }
    Ok(Box::new(Stream {
        file: file.clone(),
        dialect: dialect.clone(),
        reader,
        columns,
        schema: Arc::new(Schema::new(fields)),
        done: false,
    }))
}

struct Stream {
    file: FileEntry,
    dialect: Dialect,
    reader: Reader,
    columns: Vec<(usize, CellBuilder)>,
    schema: Arc<Schema>,
    done: bool,
}

impl Iterator for Stream {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let batch = self.fill();
        self.done = !matches!(batch, Ok(Some(_)));
        batch.transpose()
    }
}

impl Stream {
    fn fill(&mut self) -> Result<Option<RecordBatch>> {
        let mut record = ByteRecord::new();
        let mut rows = 0;
        while rows < BATCH_ROWS && read(&mut self.reader, &self.file, &mut record)? {
            rows += 1;
            let line = line_of(&record);
            for (field, (index, builder)) in self.schema.fields().iter().zip(&mut self.columns) {
                let cell = utf8(&self.file, line, record.get(*index).unwrap_or_default())?;
                let null = self.dialect.text.null_tokens.contains(cell);
                if !builder.push(if null { None } else { Some(cell) }) {
                    return Err(Error::malformed(&self.file.path, "unexpected type of cell in")
                        .at_line(line)
                        .in_column(field.name()));
                }
            }
        }
        if rows == 0 {
            return Ok(None);
        }
        let columns = self.columns.iter_mut().map(|(_, builder)| builder.finish()).collect();
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Arc::clone(&self.schema);
        RecordBatch::try_new_with_options(schema, columns, &options).map(Some).map_err(|error| {
            Error::malformed(&self.file.path, "cannot build a batch of").because(error)
        })
    }
}

fn read(reader: &mut Reader, file: &FileEntry, record: &mut ByteRecord) -> Result<bool> {
    reader.read_byte_record(record).map_err(|error| broken(file, error))
}

fn line_of(record: &ByteRecord) -> u64 {
    record.position().map_or(1, csv::Position::line)
}

fn utf8<'a>(file: &FileEntry, line: u64, cell: &'a [u8]) -> Result<&'a str> {
    std::str::from_utf8(cell).map_err(|error| {
        Error::malformed(&file.path, "text is not UTF-8 in").at_line(line).because(error)
    })
}

fn broken(file: &FileEntry, error: csv::Error) -> Error {
    let line = error.position().map(csv::Position::line);
    let message = match error.kind() {
        CsvErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("a row has {len} cells where the header has {expected_len} in")
        }
        _ => "cannot read".to_owned(),
    };
    let broken = Error::malformed(&file.path, message);
    let broken = match line {
        Some(line) => broken.at_line(line),
        None => broken,
    };
    match error.into_kind() {
        // The message says it all.
        CsvErrorKind::UnequalLengths { .. } => broken,
        CsvErrorKind::Io(error) => broken.because(error),
        kind => broken.because(csv_error(&kind)),
    }
}

/// Other kinds do not occur when reading bytes; they are kept as they are.
fn csv_error(kind: &CsvErrorKind) -> std::io::Error {
    std::io::Error::other(format!("{kind:?}"))
}
