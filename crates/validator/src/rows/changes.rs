//! The cells that differ between paired rows, summed up over any number of batches, with examples.

use std::ops::Range;

use arrow::array::RecordBatch;

use super::closeness::Closeness;
use super::compare::Task;
use super::residue::{Residue, SideResidue};
use crate::judgement::{
    CellChange, ColumnChanges, LargestChange, RowComparison, RowExample, RowKey, Side,
};
use crate::rules::Rules;
use crate::table::{Cells, Target, differing, display_cell};

/// How many of a column's largest changes are kept.
const LARGEST: usize = 3;

/// Some rows of both sides, and which of them belong together.
#[derive(Debug)]
pub(crate) struct Chunk<'a> {
    pub(crate) candidate: &'a RecordBatch,
    pub(crate) reference: &'a RecordBatch,
    pub(crate) pairs: Vec<(usize, usize)>,
    pub(crate) only_candidate: Vec<usize>,
    pub(crate) only_reference: Vec<usize>,
}

impl<'a> Chunk<'a> {
    /// Takes these rows of the candidate and of the reference, none of which is paired.
    pub(crate) fn alone(
        [candidate, reference]: [&'a RecordBatch; 2],
        [ours, theirs]: [Range<usize>; 2],
    ) -> Self {
        let (only_candidate, only_reference) = (ours.collect(), theirs.collect());
        Self { candidate, reference, pairs: Vec::new(), only_candidate, only_reference }
    }
}

/// What comparing rows cell by cell found so far.
#[derive(Debug)]
pub(crate) struct Changes<'a> {
    rules: &'a Rules,
    /// Columns of the key, as indices.
    key: &'a [usize],
    /// Pairs that are the same in every cell, and those that are only within the tolerances.
    same: u64,
    within_tolerance: u64,
    changed: u64,
    only_candidate: u64,
    only_reference: u64,
    columns: Vec<ColumnFound>,
    examples: Examples,
}

/// Examples of each kind of difference.
#[derive(Debug, Default)]
struct Examples {
    changed: Vec<RowExample>,
    candidate: Vec<RowExample>,
    reference: Vec<RowExample>,
}

#[derive(Debug)]
struct ColumnFound {
    name: String,
    closeness: Closeness,
    changed: u64,
    became_null: u64,
    was_null: u64,
    /// Largest first.
    largest: Vec<(f64, LargestChange)>,
    residue: Residue,
}

impl<'a> Changes<'a> {
    pub(crate) fn new(task: Task<'a>, key: &'a [usize]) -> Self {
        let column = |target: &Target| ColumnFound {
            name: target.name.clone(),
            closeness: Closeness::of(task, target),
            changed: 0,
            became_null: 0,
            was_null: 0,
            largest: Vec::new(),
            residue: Residue::default(),
        };
        Self {
            rules: task.rules,
            key,
            same: 0,
            within_tolerance: 0,
            changed: 0,
            only_candidate: 0,
            only_reference: 0,
            columns: task.targets.iter().map(column).collect(),
            examples: Examples::default(),
        }
    }

    /// Compares the rows of a chunk. Examples are those of the first chunks.
    pub(crate) fn add(&mut self, chunk: &Chunk<'_>) {
        let mut touched = vec![false; chunk.pairs.len()];
        let mut changed = vec![false; chunk.pairs.len()];
        for index in 0..self.columns.len() {
            let ours = Cells::new(chunk.candidate.column(index));
            let theirs = Cells::new(chunk.reference.column(index));
            let column = &mut self.columns[index];
            for pair in differing(&ours, &theirs, &chunk.pairs) {
                touched[pair] = true;
                let (left, right) = chunk.pairs[pair];
                if column.closeness.accepts(&ours, left, &theirs, right) {
                    continue;
                }
                changed[pair] = true;
                if let Some(size) = column.count(&ours, left, &theirs, right) {
                    let key = row_key(self.key, chunk.reference, right);
                    let cell = cell(chunk, index, left, right);
                    column.keep(size, LargestChange { key, cell });
                }
            }
            for &row in &chunk.only_candidate {
                add(&mut column.residue.candidate, &ours, row);
            }
            for &row in &chunk.only_reference {
                add(&mut column.residue.reference, &theirs, row);
            }
        }
        let count = |marks: &[bool]| marks.iter().filter(|mark| **mark).count() as u64;
        let (touched, different) = (count(&touched), count(&changed));
        self.same += chunk.pairs.len() as u64 - touched;
        self.within_tolerance += touched - different;
        self.changed += different;
        self.only_candidate += chunk.only_candidate.len() as u64;
        self.only_reference += chunk.only_reference.len() as u64;
        self.add_examples(chunk, &changed);
    }

    /// Writes down what was found, and returns the residue of each column.
    pub(crate) fn finish(mut self, comparison: &mut RowComparison) -> Vec<Residue> {
        comparison.matched += self.same + self.within_tolerance;
        comparison.within_tolerance = self.within_tolerance;
        comparison.changed = self.changed;
        comparison.only_candidate = self.only_candidate;
        comparison.only_reference = self.only_reference;
        let changed = self.columns.iter_mut().filter(|column| column.changed > 0);
        comparison.columns = changed
            .map(|column| ColumnChanges {
                column: column.name.clone(),
                changed: column.changed,
                became_null: column.became_null,
                was_null: column.was_null,
                largest: column.largest.drain(..).map(|largest| largest.1).collect(),
            })
            .collect();
        comparison.columns.sort_by_key(|column| std::cmp::Reverse(column.changed));
        let Examples { changed, candidate, reference } = self.examples;
        comparison.examples = [changed, candidate, reference].concat();
        self.columns.into_iter().map(|column| column.residue).collect()
    }

    /// Keeps up to the limit of the rules examples each of changed rows and of rows on either side alone.
    fn add_examples(&mut self, chunk: &Chunk<'_>, changed: &[bool]) {
        let limit = self.rules.max_examples();
        let with_key = |batch: &RecordBatch, row| {
            (!self.key.is_empty()).then(|| row_key(self.key, batch, row))
        };
        let pairs = chunk.pairs.iter().zip(changed).filter(|(_, changed)| **changed);
        let wanted = limit - self.examples.changed.len();
        let found: Vec<RowExample> = pairs
            .take(wanted)
            .map(|(&(left, right), _)| RowExample {
                key: with_key(chunk.reference, right),
                only: None,
                cells: self.changed_cells(chunk, left, right),
            })
            .collect();
        let only =
            |side: Side, batch: &RecordBatch, rows: &[usize], known: usize| -> Vec<RowExample> {
                let example = |row: &usize| RowExample {
                    key: with_key(batch, *row),
                    only: Some(side),
                    cells: whole_row(side, batch, *row),
                };
                rows.iter().take(limit - known).map(example).collect()
            };
        let known = (self.examples.candidate.len(), self.examples.reference.len());
        let candidates = only(Side::Candidate, chunk.candidate, &chunk.only_candidate, known.0);
        let references = only(Side::Reference, chunk.reference, &chunk.only_reference, known.1);
        self.examples.changed.extend(found);
        self.examples.candidate.extend(candidates);
        self.examples.reference.extend(references);
    }

    fn changed_cells(&self, chunk: &Chunk<'_>, left: usize, right: usize) -> Vec<CellChange> {
        let differs = |index: &usize| {
            let ours = Cells::new(chunk.candidate.column(*index));
            let theirs = Cells::new(chunk.reference.column(*index));
            let closeness = self.columns[*index].closeness;
            !ours.same(left, &theirs, right) && !closeness.accepts(&ours, left, &theirs, right)
        };
        let columns = (0..self.columns.len()).filter(differs);
        columns.map(|index| cell(chunk, index, left, right)).collect()
    }
}

impl ColumnFound {
    /// Counts a changed cell, and returns how large the change is if it is among the largest so far.
    fn count(
        &mut self,
        ours: &Cells<'_>,
        left: usize,
        theirs: &Cells<'_>,
        right: usize,
    ) -> Option<f64> {
        self.changed += 1;
        self.became_null += u64::from(ours.is_null(left) && !theirs.is_null(right));
        self.was_null += u64::from(theirs.is_null(right) && !ours.is_null(left));
        add(&mut self.residue.candidate, ours, left);
        add(&mut self.residue.reference, theirs, right);
        let size = (ours.number(left)? - theirs.number(right)?).abs();
        let is_large = self.largest.get(LARGEST - 1).is_none_or(|least| least.0 < size);
        (is_large && !size.is_nan()).then_some(size)
    }

    fn keep(&mut self, size: f64, change: LargestChange) {
        let at = self.largest.partition_point(|kept| kept.0 >= size);
        self.largest.insert(at, (size, change));
        self.largest.truncate(LARGEST);
    }
}

fn cell(chunk: &Chunk<'_>, index: usize, left: usize, right: usize) -> CellChange {
    let (ours, theirs) = (chunk.candidate.column(index), chunk.reference.column(index));
    let numbers = (Cells::new(ours).number(left), Cells::new(theirs).number(right));
    CellChange {
        column: chunk.candidate.schema_ref().field(index).name().clone(),
        candidate: display_cell(ours, left),
        reference: display_cell(theirs, right),
        difference: match numbers {
            (Some(a), Some(b)) => Some(a - b).filter(|difference| difference.is_finite()),
            _ => None,
        },
    }
}

fn row_key(key: &[usize], batch: &RecordBatch, row: usize) -> RowKey {
    let values = key.iter().map(|&index| display_cell(batch.column(index), row));
    RowKey { values: values.collect() }
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

fn add(side: &mut SideResidue, cells: &Cells<'_>, row: usize) {
    side.add(cells.is_null(row), cells.number(row));
}
