//! The cells that differ between paired rows, column by column, and examples of them.

use arrow::array::RecordBatch;

use super::residue::{Residue, SideResidue};
use crate::judgement::{CellChange, ColumnChanges, LargestChange, RowExample, RowKey, Side};
use crate::rules::{Rules, Tolerance};
use crate::table::{Cells, Values, display_cell};

/// How many of a column's largest changes are kept.
const LARGEST: usize = 3;

/// The leftover rows of both sides, and which of them belong together.
#[derive(Debug)]
pub(crate) struct Leftover<'a> {
    pub(crate) candidate: &'a RecordBatch,
    pub(crate) reference: &'a RecordBatch,
    /// Columns of the key, as indices into both batches.
    pub(crate) key: &'a [usize],
    pub(crate) pairs: Vec<(usize, usize)>,
    pub(crate) only_candidate: Vec<usize>,
    pub(crate) only_reference: Vec<usize>,
}

/// What comparing the paired rows cell by cell found.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Whether each pair differs in any column.
    pub(crate) changed: Vec<bool>,
    pub(crate) columns: Vec<ColumnChanges>,
    /// By column of the batches.
    pub(crate) residues: Vec<Residue>,
}

impl Leftover<'_> {
    pub(crate) fn changes(&self, rules: &Rules) -> Changes {
        let mut changes = Changes { changed: vec![false; self.pairs.len()], ..Changes::default() };
        for (index, field) in self.candidate.schema_ref().fields().iter().enumerate() {
            let tolerance = rules.tolerance_of(field.name(), field.data_type());
            let mut column = self.column_changes(index, tolerance, &mut changes.changed);
            column.0.column.clone_from(field.name());
            if column.0.changed > 0 {
                changes.columns.push(column.0);
            }
            changes.residues.push(column.1);
        }
        changes.columns.sort_by_key(|column| std::cmp::Reverse(column.changed));
        changes
    }

    fn column_changes(
        &self,
        index: usize,
        tolerance: Tolerance,
        changed: &mut [bool],
    ) -> (ColumnChanges, Residue) {
        let ours = Cells::new(self.candidate.column(index));
        let theirs = Cells::new(self.reference.column(index));
        let mut residue = Residue::default();
        let mut found = ColumnChanges {
            column: String::new(),
            changed: 0,
            became_null: 0,
            was_null: 0,
            largest: Vec::new(),
        };
        let mut largest: Vec<(f64, usize)> = Vec::new();
        for (pair, &(left, right)) in self.pairs.iter().enumerate() {
            if equal(&ours, left, &theirs, right, tolerance) {
                continue;
            }
            changed[pair] = true;
            found.changed += 1;
            found.became_null += u64::from(ours.is_null(left) && !theirs.is_null(right));
            found.was_null += u64::from(theirs.is_null(right) && !ours.is_null(left));
            add(&mut residue.candidate, &ours, left);
            add(&mut residue.reference, &theirs, right);
            if let (Some(a), Some(b)) = (ours.number(left), theirs.number(right)) {
                keep_largest(&mut largest, ((a - b).abs(), pair));
            }
        }
        for &row in &self.only_candidate {
            add(&mut residue.candidate, &ours, row);
        }
        for &row in &self.only_reference {
            add(&mut residue.reference, &theirs, row);
        }
        let cell = |(_, pair): (f64, usize)| {
            let (left, right) = self.pairs[pair];
            LargestChange {
                key: self.row_key(self.reference, right),
                cell: self.cell(index, left, right),
            }
        };
        found.largest = largest.into_iter().map(cell).collect();
        (found, residue)
    }

    /// Returns up to `limit` examples each of changed rows and of rows on either side alone.
    pub(crate) fn examples(&self, changes: &Changes, rules: &Rules) -> Vec<RowExample> {
        let limit = rules.max_examples();
        let with_key =
            |batch: &RecordBatch, row| (!self.key.is_empty()).then(|| self.row_key(batch, row));
        let changed = self.pairs.iter().zip(&changes.changed).filter(|(_, changed)| **changed);
        let changed = changed.take(limit).map(|(&(left, right), _)| RowExample {
            key: with_key(self.reference, right),
            only: None,
            cells: self.changed_cells(left, right, rules),
        });
        let only = |side: Side, batch: &RecordBatch, row: usize| RowExample {
            key: with_key(batch, row),
            only: Some(side),
            cells: whole_row(side, batch, row),
        };
        let candidates = self.only_candidate.iter().take(limit);
        let references = self.only_reference.iter().take(limit);
        changed
            .chain(candidates.map(|row| only(Side::Candidate, self.candidate, *row)))
            .chain(references.map(|row| only(Side::Reference, self.reference, *row)))
            .collect()
    }

    fn changed_cells(&self, left: usize, right: usize, rules: &Rules) -> Vec<CellChange> {
        let schema = self.candidate.schema_ref();
        let differs = |index: &usize| {
            let ours = Cells::new(self.candidate.column(*index));
            let theirs = Cells::new(self.reference.column(*index));
            let tolerance =
                rules.tolerance_of(schema.field(*index).name(), schema.field(*index).data_type());
            !equal(&ours, left, &theirs, right, tolerance)
        };
        let columns = (0..self.candidate.num_columns()).filter(differs);
        columns.map(|index| self.cell(index, left, right)).collect()
    }

    fn cell(&self, index: usize, left: usize, right: usize) -> CellChange {
        let (ours, theirs) = (self.candidate.column(index), self.reference.column(index));
        let numbers = (Cells::new(ours).number(left), Cells::new(theirs).number(right));
        CellChange {
            column: self.candidate.schema_ref().field(index).name().clone(),
            candidate: display_cell(ours, left),
            reference: display_cell(theirs, right),
            difference: match numbers {
                (Some(a), Some(b)) => Some(a - b).filter(|difference| difference.is_finite()),
                _ => None,
            },
        }
    }

    fn row_key(&self, batch: &RecordBatch, row: usize) -> RowKey {
        let values = self.key.iter().map(|&index| display_cell(batch.column(index), row));
        RowKey { values: values.collect() }
    }
}

fn whole_row(side: Side, batch: &RecordBatch, row: usize) -> Vec<CellChange> {
    let fields = batch.schema_ref().fields().iter().zip(batch.columns());
    let cells = fields.map(|(field, column)| {
        let value = display_cell(column, row);
        let (candidate, reference) = match side {
            Side::Candidate => (value, None),
            Side::Reference => (None, value),
        };
        CellChange { column: field.name().clone(), candidate, reference, difference: None }
    });
    cells.collect()
}

/// Whether two cells are the same, or numbers within the tolerance.
fn equal(
    ours: &Cells<'_>,
    left: usize,
    theirs: &Cells<'_>,
    right: usize,
    tolerance: Tolerance,
) -> bool {
    if ours.same(left, theirs, right) {
        return true;
    }
    if tolerance.is_exact() {
        return false;
    }
    let is_time = matches!(ours.values, Values::Day(_) | Values::Time(..));
    let tolerance = if is_time { Tolerance::absolute(tolerance.absolute) } else { tolerance };
    match (ours.number(left), theirs.number(right)) {
        (Some(a), Some(b)) => tolerance.accepts(a, b),
        _ => false,
    }
}

fn add(side: &mut SideResidue, cells: &Cells<'_>, row: usize) {
    side.add(cells.is_null(row), cells.number(row));
}

fn keep_largest(largest: &mut Vec<(f64, usize)>, entry: (f64, usize)) {
    let at = largest.partition_point(|kept| kept.0 >= entry.0);
    if at < LARGEST && !entry.0.is_nan() {
        largest.insert(at, entry);
        largest.truncate(LARGEST);
    }
}
