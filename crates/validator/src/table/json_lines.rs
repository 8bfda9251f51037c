//! JSON Lines: types inferred over the whole file, then read as record batches.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};
use serde_json::Value;

use super::delimited::Inferred;
use super::file::decompressed;
use super::source::{BATCH_ROWS, Batches, Target};
use super::text_type::{CellBuilder, TextType};
use crate::tree::FileEntry;
use crate::{Error, Result};

type Row = BTreeMap<String, Value>;

/// Reads one object per line; blank lines are skipped.
struct Rows {
    file: FileEntry,
    reader: BufReader<Box<dyn Read + Send>>,
    line: u64,
    text: String,
}

impl Rows {
    fn open(file: &FileEntry) -> Result<Self> {
        let bytes = decompressed(&file.path, file.compression)?;
        let reader = BufReader::with_capacity(1 << 17, bytes);
        Ok(Self { file: file.clone(), reader, line: 0, text: String::new() })
    }

    fn next(&mut self) -> Result<Option<Row>> {
        loop {
            self.text.clear();
            self.line += 1;
            let read = self.reader.read_line(&mut self.text);
            if read.map_err(|error| self.broken("cannot read").because(error))? == 0 {
                return Ok(None);
            }
            // A byte-order mark may precede the first line.
            let text = self.text.trim_start_matches('\u{feff}').trim();
            if !text.is_empty() {
                let row = serde_json::from_str(text);
                return row.map(Some).map_err(|error| {
                    self.broken("expected one JSON object per line in").because(error)
                });
            }
        }
    }

    fn broken(&self, message: &str) -> Error {
        Error::malformed(&self.file.path, message).at_line(self.line)
    }
}

/// Reads the whole file once to learn its columns, in alphabetical order, and rows.
pub(crate) fn infer(file: &FileEntry) -> Result<Inferred> {
    let mut columns: BTreeMap<String, (TextType, u64)> = BTreeMap::new();
    let mut source = Rows::open(file)?;
    let mut rows = 0;
    while let Some(row) = source.next()? {
        rows += 1;
        for (name, value) in row {
            if let Some(seen) = type_of(&value) {
                let column = columns.entry(name).or_insert((TextType::Null, 0));
                *column = (column.0.join(seen), column.1 + 1);
            } else {
                columns.entry(name).or_insert((TextType::Null, 0));
            }
        }
    }
    let columns = columns.into_iter().map(|(name, (seen, count))| (name, seen, count < rows));
    Ok(Inferred { columns: columns.collect(), rows })
}

/// Strings stay text, whatever they look like; nested values are compared as their JSON text.
fn type_of(value: &Value) -> Option<TextType> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some(TextType::Boolean),
        Value::Number(number) if number.is_i64() => Some(TextType::Integer),
        Value::Number(_) => Some(TextType::Float),
        Value::String(_) | Value::Array(_) | Value::Object(_) => Some(TextType::Text),
    }
}

/// Reads the wanted columns of a file as batches of [`BATCH_ROWS`] rows.
pub(crate) fn batches(file: &FileEntry, targets: &[Target]) -> Result<Batches> {
    let fields =
        targets.iter().map(|target| Field::new(&target.name, target.data_type.clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let builders = targets.iter().map(|target| CellBuilder::new(&target.data_type)).collect();
    Ok(Box::new(Stream { rows: Rows::open(file)?, schema, builders, done: false }))
}

struct Stream {
    rows: Rows,
    schema: Arc<Schema>,
    builders: Vec<CellBuilder>,
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
        let mut count = 0;
        while count < BATCH_ROWS {
            let Some(row) = self.rows.next()? else { break };
            count += 1;
            for (field, builder) in self.schema.fields().iter().zip(&mut self.builders) {
                let pushed = match row.get(field.name()) {
                    None | Some(Value::Null) => builder.push(None),
                    Some(Value::String(text)) => builder.push(Some(text)),
                    Some(value) => builder.push(Some(&value.to_string())),
                };
                if !pushed {
                    return Err(self
                        .rows
                        .broken("unexpected type of value in")
                        .in_column(field.name()));
                }
            }
        }
        if count == 0 {
            return Ok(None);
        }
        let columns = self.builders.iter_mut().map(CellBuilder::finish).collect();
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(count));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map(Some)
            .map_err(|error| self.rows.broken("cannot build a batch of").because(error))
    }
}
