//! CSV and TSV: types inferred over the whole file, then read as record batches.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};

use super::dialect::Dialect;
use super::input::Input;
use super::records::{Record, Records};
use super::scan::{Scan, Scanned};
use super::source::{BATCH_ROWS, Batches, Target};
use super::text_type::{CellBuilder, TextType};
use crate::budget::Holding;
use crate::tree::FileEntry;
use crate::{Error, Result};

/// How many lines with another number of cells than the header are named.
const MOST_RAGGED: usize = 5;

fn open(file: &FileEntry, dialect: &Dialect) -> Result<(Records, Vec<String>)> {
    let open = || Ok::<_, Error>(Records::new(Input::open(file)?, dialect.clone()));
    let mut records = open()?;
    let Some(first) = records.next()? else { return Ok((records, Vec::new())) };
    if dialect.header {
        let names = header_names(file, &first)?;
        return Ok((records, names));
    }
    let names = (1..=first.len()).map(|index| format!("column_{index}")).collect();
    // The first record is read again as data.
    Ok((open()?, names))
}

/// Names each column once: the second `a` becomes `a (2)`.
fn header_names(file: &FileEntry, header: &Record<'_>) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::with_capacity(header.len());
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for index in 0..header.len() {
        let name = utf8(file, header, index)?;
        let count = seen.entry(name).or_insert(0);
        *count += 1;
        names.push(if *count == 1 { name.to_owned() } else { format!("{name} ({count})") });
    }
    Ok(names)
}

/// Reads the whole file once to learn its columns and rows, and keeps its cells if there is room.
pub(crate) fn scan(
    file: &FileEntry,
    dialect: &Dialect,
    declared: &BTreeMap<String, TextType>,
    room: &mut Holding,
) -> Result<Scanned> {
    let mut hints = Vec::new();
    loop {
        match scan_with(file, dialect, declared, room, &hints)? {
            Ok(scanned) => return Ok(scanned),
            // Types that the first rows contradict are found soon; then all cells can be kept.
            Err(better) => hints = better,
        }
    }
}

fn scan_with(
    file: &FileEntry,
    dialect: &Dialect,
    declared: &BTreeMap<String, TextType>,
    room: &mut Holding,
    hints: &[TextType],
) -> Result<Result<Scanned, Vec<TextType>>> {
    let (mut records, names) = open(file, dialect)?;
    let mut scan = Scan::new(room);
    for (index, name) in names.iter().enumerate() {
        let hint = hints.get(index).copied().unwrap_or(TextType::Null);
        scan.add_column(name, declared.get(name).copied(), hint);
    }
    let mut ragged = Ragged::default();
    while let Some(record) = records.next()? {
        if record.len() != names.len() {
            ragged.add(&record);
            continue;
        }
        for (index, name) in names.iter().enumerate() {
            let cell = utf8(file, &record, index)?;
            let is_null = dialect.is_null(cell);
            let fits = scan.push(index, (!is_null).then_some(cell), || TextType::of(cell));
            if !fits {
                let message = "a cell is not of the declared type in";
                return Err(place(file, &record, message).in_column(name));
            }
        }
        scan.end_row();
        if hints.is_empty() && scan.rows() == BATCH_ROWS as u64 {
            let (better, lost) = scan.hints();
            if lost {
                scan.forget();
                return Ok(Err(better));
            }
        }
    }
    ragged.check(file, names.len())?;
    Ok(Ok(scan.finish()))
}

/// The records with another number of cells than there are columns.
#[derive(Debug, Default)]
struct Ragged {
    count: u64,
    /// Line, byte and cells of the first.
    first: Vec<(u64, u64, usize)>,
}

impl Ragged {
    fn add(&mut self, record: &Record<'_>) {
        self.count += 1;
        if self.first.len() < MOST_RAGGED {
            self.first.push((record.line, record.offset, record.len()));
        }
    }

    fn check(&self, file: &FileEntry, columns: usize) -> Result<()> {
        let Some(&(line, offset, cells)) = self.first.first() else { return Ok(()) };
        let message = if self.count == 1 {
            format!("a row has {cells} cells where the header has {columns} in")
        } else {
            let lines: Vec<String> = self.first.iter().map(|row| row.0.to_string()).collect();
            let more = if self.count > self.first.len() as u64 { " and more" } else { "" };
            format!(
                "{} rows have another number of cells than the {columns} of the header (lines {}{more}) in",
                self.count,
                lines.join(", ")
            )
        };
        Err(Error::malformed(&file.path, message).at_line(line).at_offset(offset))
    }
}

/// Reads the wanted columns of a file as batches of [`BATCH_ROWS`] rows.
pub(crate) fn batches(file: &FileEntry, dialect: &Dialect, targets: &[Target]) -> Result<Batches> {
    let (records, names) = open(file, dialect)?;
    let mut columns = Vec::with_capacity(targets.len());
    let mut fields = Vec::with_capacity(targets.len());
    for target in targets {
        let index = names.iter().position(|name| *name == target.name).ok_or_else(|| {
            Error::malformed(&file.path, "the header changed while reading").in_column(&target.name)
        })?;
        columns.push((index, CellBuilder::new(&target.data_type)));
        fields.push(Field::new(&target.name, target.data_type.clone(), true));
    }
    Ok(Box::new(Stream {
        file: file.clone(),
        dialect: dialect.clone(),
        records,
        columns,
        schema: Arc::new(Schema::new(fields)),
        done: false,
    }))
}

struct Stream {
    file: FileEntry,
    dialect: Dialect,
    records: Records,
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
        let mut rows = 0;
        while rows < BATCH_ROWS {
            let Some(record) = self.records.next()? else { break };
            rows += 1;
            for (field, (index, builder)) in self.schema.fields().iter().zip(&mut self.columns) {
                let cell = utf8(&self.file, &record, *index)?;
                let null = self.dialect.is_null(cell);
                if !builder.push(if null { None } else { Some(cell) }) {
                    return Err(place(&self.file, &record, "unexpected type of cell in")
                        .in_column(field.name()));
                }
            }
        }
        if rows == 0 {
            return Ok(None);
        }
        let columns = self.columns.iter_mut().map(|(_, builder)| builder.finish()).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Arc::clone(&self.schema);
        RecordBatch::try_new_with_options(schema, columns, &options).map(Some).map_err(|error| {
            Error::malformed(&self.file.path, "cannot build a batch of").because(error)
        })
    }
}

fn utf8<'a>(file: &FileEntry, record: &Record<'a>, index: usize) -> Result<&'a str> {
    if let Some(text) = record.text(index) {
        return Ok(text);
    }
    std::str::from_utf8(record.cell(index))
        .map_err(|error| place(file, record, "text is not UTF-8 in").because(error))
}

fn place(file: &FileEntry, record: &Record<'_>, message: &str) -> Error {
    Error::malformed(&file.path, message).at_line(record.line).at_offset(record.offset)
}
