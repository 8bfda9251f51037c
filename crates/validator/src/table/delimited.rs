//! CSV and TSV: types inferred over the whole file, then read as record batches.

use std::collections::BTreeMap;

use super::dialect::Dialect;
use super::input::Input;
use super::records::{Block, Record, Records};
use super::scan::{Scan, Scanned};
use super::source::{BATCH_ROWS, Batches, Target};
use super::text_batch::{TextBatch, until_error};
use super::text_type::TextType;
use crate::budget::Holding;
use crate::tree::FileEntry;
use crate::{Error, Result};

/// How many records are taken apart at once: so few that they stay in the nearest cache while each column is looked at.
const BLOCK_ROWS: usize = 64;

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
            Err(better) => {
                room.watch().expects(BATCH_ROWS as u64);
                hints = better;
            }
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
    while let Some(block) = records.block(scan.room_in_batch().min(BLOCK_ROWS))? {
        let is_whole = |row: &usize| {
            let record = block.record(*row);
            let is_whole = record.len() == names.len();
            if !is_whole {
                ragged.add(&record);
            }
            is_whole
        };
        let rows: Vec<usize> = (0..block.len()).filter(is_whole).collect();
        let columns: Vec<usize> = (0..names.len()).collect();
        let failed = by_column(file, dialect, block, &rows, &columns, |column, cells| {
            scan.push_all(column, cells)
        })?;
        if let Some((record, column)) = failed {
            let message = "a cell is not of the declared type in";
            return Err(place(file, &record, message).in_column(&names[column]));
        }
        scan.end_rows(rows.len());
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

/// Passes on the cells of some rows of a block, column by column, `None` for null. Where a column returns the place of a cell that
/// it does not take, the first such record is returned with the place of the column among those given.
fn by_column<'a>(
    file: &FileEntry,
    dialect: &Dialect,
    block: Block<'a>,
    rows: &[usize],
    columns: &[usize],
    mut take: impl FnMut(usize, &[Option<&'a str>]) -> Option<usize>,
) -> Result<Option<(Record<'a>, usize)>> {
    if !block.is_text() {
        for &row in rows {
            for &column in columns {
                utf8(file, &block.record(row), column)?;
            }
        }
    }
    let mut cells = Vec::with_capacity(rows.len());
    let mut failed: Option<(usize, usize)> = None;
    for (at, &column) in columns.iter().enumerate() {
        cells.clear();
        cells.extend(rows.iter().map(|row| {
            // Every cell was seen to be text.
            let text = block.record(*row).text(column).unwrap_or_default();
            (!dialect.is_null(text)).then_some(text)
        }));
        if let Some(row) = take(at, &cells) {
            failed = Some(failed.map_or((row, at), |first| first.min((row, at))));
        }
    }
    Ok(failed.map(|(row, at)| (block.record(rows[row]), at)))
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
    let (mut records, names) = open(file, dialect)?;
    let column = |target: &Target| {
        names.iter().position(|name| *name == target.name).ok_or_else(|| {
            Error::malformed(&file.path, "the header changed while reading").in_column(&target.name)
        })
    };
    let columns = targets.iter().map(column).collect::<Result<Vec<_>>>()?;
    let mut batch = TextBatch::new(targets);
    let (file, dialect) = (file.clone(), dialect.clone());
    Ok(until_error(move || {
        let mut count = 0;
        while count < BATCH_ROWS {
            let Some(block) = records.block((BATCH_ROWS - count).min(BLOCK_ROWS))? else { break };
            let rows: Vec<usize> = (0..block.len()).collect();
            count += rows.len();
            let mut builders: Vec<_> = batch.columns().collect();
            let failed = by_column(&file, &dialect, block, &rows, &columns, |at, cells| {
                Some(builders[at].1.extend(cells)).filter(|taken| *taken < cells.len())
            })?;
            if let Some((record, at)) = failed {
                let error = place(&file, &record, "unexpected type of cell in");
                return Err(error.in_column(builders[at].0));
            }
        }
        if count == 0 {
            return Ok(None);
        }
        let cannot = |error| Error::malformed(&file.path, "cannot build a batch of").because(error);
        batch.finish(count).map(Some).map_err(cannot)
    }))
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
