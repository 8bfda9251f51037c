//! Learns the types of text columns over the whole input, and keeps the parsed cells if memory allows.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema};

use super::source::{BATCH_ROWS, Batches, Target};
use super::text_type::{CellBuilder, TextType};
use crate::budget::Holding;
use crate::{Error, ErrorKind, Result};

/// What a first pass over a file found.
#[derive(Debug)]
pub(crate) struct Scanned {
    /// Name, narrowest type, and whether there is a null.
    pub(crate) columns: Vec<(String, TextType, bool)>,
    pub(crate) rows: u64,
    /// The cells, if they fit into the memory.
    pub(crate) kept: Option<Kept>,
}

/// The cells of a file in batches of its own.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    batches: Arc<[KeptBatch]>,
    /// Columns whose cells are there as they were parsed; the others must be read again.
    whole: Arc<[(String, DataType)]>,
}

#[derive(Debug)]
struct KeptBatch {
    rows: usize,
    /// By column of the scan; shorter where a column first occurs in a later batch.
    columns: Vec<ArrayRef>,
}

impl Kept {
    /// Returns the wanted columns, if all of them were kept in types that lead to those wanted: of all rows, or
    /// of about so many from all over the file.
    pub(crate) fn batches(&self, targets: &[Target], rows: Option<usize>) -> Option<Batches> {
        let indices = self.indices(targets)?;
        let (batches, targets) = (Arc::clone(&self.batches), targets.to_vec());
        let step = rows.map_or(1, |rows| batches.len() / rows.div_ceil(BATCH_ROWS)).max(1);
        Some(Box::new(
            (0..batches.len())
                .step_by(step)
                .map(move |batch| project(&batches[batch], &indices, &targets)),
        ))
    }

    /// Whether these columns were kept in types that lead to those wanted.
    pub(crate) fn holds(&self, targets: &[Target]) -> bool {
        self.indices(targets).is_some()
    }

    fn indices(&self, targets: &[Target]) -> Option<Vec<usize>> {
        let index = |target: &Target| {
            let at = self.whole.iter().position(|column| column.0 == target.name)?;
            let kept = &self.whole[at].1;
            // Text is wanted as it was written, and what is lost has no type here.
            let as_written = target.data_type != DataType::Utf8 || *kept == DataType::Utf8;
            (as_written && *kept != LOST).then_some(at)
        };
        targets.iter().map(index).collect()
    }
}

/// Stands for the type of a column whose cells were not kept.
const LOST: DataType = DataType::Binary;

fn project(batch: &KeptBatch, indices: &[usize], targets: &[Target]) -> Result<RecordBatch> {
    let column = |index: &usize| match batch.columns.get(*index) {
        Some(column) => Arc::clone(column),
        None => arrow::array::new_null_array(&DataType::Null, batch.rows),
    };
    let columns: Vec<ArrayRef> = indices.iter().map(column).collect();
    let fields = targets.iter().zip(&columns);
    let fields =
        fields.map(|(target, array)| Field::new(&target.name, array.data_type().clone(), true));
    let options = RecordBatchOptions::new().with_row_count(Some(batch.rows));
    RecordBatch::try_new_with_options(
        Arc::new(Schema::new(fields.collect::<Vec<_>>())),
        columns,
        &options,
    )
    .map_err(|error| Error::new(ErrorKind::Malformed, "cannot build a batch of").because(error))
}

/// The columns of a file while it is scanned.
#[derive(Debug)]
pub(crate) struct Scan<'a> {
    columns: Vec<Column>,
    rows: u64,
    in_batch: usize,
    batches: Vec<KeptBatch>,
    bytes: u64,
    /// Where cells that are kept are counted.
    room: &'a mut Holding,
    keeps: bool,
}

#[derive(Debug)]
struct Column {
    name: String,
    seen: TextType,
    present: u64,
    declared: bool,
    /// Absent once the cells can't be had from what was parsed.
    builder: Option<CellBuilder>,
}

impl<'a> Scan<'a> {
    /// Starts without a column, and keeps cells as long as there is room.
    pub(crate) fn new(room: &'a mut Holding) -> Self {
        Self {
            columns: Vec::new(),
            rows: 0,
            in_batch: 0,
            batches: Vec::new(),
            bytes: 0,
            room,
            keeps: true,
        }
    }

    /// Adds a column and returns its index: of a declared type, or of one that at least holds what was seen.
    pub(crate) fn add_column(
        &mut self,
        name: &str,
        declared: Option<TextType>,
        seen: TextType,
    ) -> usize {
        let seen = declared.unwrap_or(seen);
        let mut builder = CellBuilder::new(&seen.data_type());
        (0..self.in_batch).for_each(|_| {
            builder.push(None);
        });
        self.columns.push(Column {
            name: name.to_owned(),
            seen,
            present: 0,
            declared: declared.is_some(),
            builder: self.keeps.then_some(builder),
        });
        self.columns.len() - 1
    }

    /// Returns the types seen so far, and whether cells were lost in finding them.
    pub(crate) fn hints(&self) -> (Vec<TextType>, bool) {
        let lost = self.keeps && self.columns.iter().any(|column| column.builder.is_none());
        (self.columns.iter().map(|column| column.seen).collect(), lost)
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds a cell, `None` for null, of a type that is asked for only if it is not the one expected. Returns
    /// whether it is of the declared type, if one is declared.
    pub(crate) fn push(
        &mut self,
        column: usize,
        cell: Option<&str>,
        kind: impl FnOnce() -> TextType,
    ) -> bool {
        let column = &mut self.columns[column];
        column.present += u64::from(cell.is_some());
        let done = match &mut column.builder {
            Some(builder) => builder.push(cell),
            None => cell.is_none() || column.seen == TextType::Text,
        };
        if done {
            return true;
        }
        let seen = column.seen.join(kind());
        if column.declared {
            return column.builder.is_none() && seen == column.seen;
        }
        column.widen(seen);
        if let Some(builder) = &mut column.builder
            && !builder.push(cell)
        {
            column.builder = None;
        }
        true
    }

    /// Adds the cells of some rows to a column. Returns the place of the first that is not of the declared type, if one is declared.
    pub(crate) fn push_all(&mut self, column: usize, cells: &[Option<&str>]) -> Option<usize> {
        let mut at = 0;
        while at < cells.len() {
            let known = &mut self.columns[column];
            let is_text = known.seen == TextType::Text;
            let taken = match &mut known.builder {
                Some(builder) => builder.extend(&cells[at..]),
                None => cells[at..].iter().take_while(|cell| cell.is_none() || is_text).count(),
            };
            known.present += cells[at..at + taken].iter().flatten().count() as u64;
            at += taken;
            if let Some(cell) = cells.get(at) {
                if !self.push(column, *cell, || cell.map_or(TextType::Null, TextType::of)) {
                    return Some(at);
                }
                at += 1;
            }
        }
        None
    }

    /// Adds a cell of a type that does not show in its text.
    pub(crate) fn push_as(&mut self, column: usize, cell: Option<&str>, kind: TextType) -> bool {
        let expected = &mut self.columns[column];
        if cell.is_some() && !expected.declared && expected.seen.join(kind) != expected.seen {
            let to = expected.seen.join(kind);
            expected.widen(to);
        }
        self.push(column, cell, || kind)
    }

    /// Returns how many rows the batch still takes.
    pub(crate) fn room_in_batch(&self) -> usize {
        BATCH_ROWS - self.in_batch
    }

    /// Ends some rows, in which every column got a cell, and which the batch still takes.
    pub(crate) fn end_rows(&mut self, rows: usize) {
        self.rows += rows as u64;
        self.in_batch += rows;
        if self.in_batch == BATCH_ROWS {
            self.end_batch();
        }
    }

    fn end_batch(&mut self) {
        let rows = std::mem::take(&mut self.in_batch);
        self.room.watch().passes(rows as u64);
        if !self.keeps || rows == 0 {
            return;
        }
        let column = |column: &mut Column| match &mut column.builder {
            Some(builder) => builder.finish(),
            None => arrow::array::new_null_array(&DataType::Null, rows),
        };
        let columns: Vec<ArrayRef> = self.columns.iter_mut().map(column).collect();
        let bytes = columns.iter().map(|array| array.get_array_memory_size() as u64).sum::<u64>();
        if self.room.grow(bytes) {
            self.bytes += bytes;
            self.batches.push(KeptBatch { rows, columns });
        } else {
            self.forget();
        }
    }

    /// Gives up all cells.
    pub(crate) fn forget(&mut self) {
        self.keeps = false;
        self.batches = Vec::new();
        self.columns.iter_mut().for_each(|column| column.builder = None);
        self.room.shrink(std::mem::take(&mut self.bytes));
    }

    pub(crate) fn finish(mut self) -> Scanned {
        self.end_batch();
        let rows = self.rows;
        let whole = self.columns.iter().map(|column| {
            let data_type = if column.builder.is_some() { column.seen.data_type() } else { LOST };
            (column.name.clone(), data_type)
        });
        let kept = Kept { whole: whole.collect(), batches: self.batches.into() };
        let columns = self
            .columns
            .into_iter()
            .map(|column| (column.name, column.seen, column.present < rows));
        Scanned { columns: columns.collect(), rows, kept: self.keeps.then_some(kept) }
    }
}

impl Column {
    /// Goes over to a type that holds more, with the cells of the batch so far if they can be had in it.
    fn widen(&mut self, to: TextType) {
        if to == self.seen {
            // The cell has the type but is not as the builder takes it: it must be read again.
            self.builder = None;
            return;
        }
        // A column that was null so far, or whose cells lose nothing on the way, can be kept.
        let lossless = matches!(
            (self.seen, to),
            (TextType::Null, _)
                | (TextType::Integer, TextType::Float)
                | (TextType::Date, TextType::Timestamp)
        );
        self.seen = to;
        self.builder = match &mut self.builder {
            Some(builder) if lossless => builder.widened(to),
            _ => None,
        };
    }
}
