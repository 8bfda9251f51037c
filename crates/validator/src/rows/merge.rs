//! Compares the rows of two sides that are both sorted by their key, as they stream by.
//!
//! Writers often keep the order of their input, or sort. Then one pass suffices, in the memory of a few
//! batches, and that each key occurs once is seen on the way. At the first key that does not come after the one
//! before it, this gives up, and rows are paired by their hashes instead.

use std::cmp::Ordering;
use std::sync::mpsc::{Receiver, sync_channel};

use arrow::array::RecordBatch;

use super::changes::{Changes, Chunk};
use super::compare::Task;
use crate::Result;
use crate::budget::Holding;
use crate::table::{Batches, Cells, Source};

/// How many batches a side may be ahead.
const AHEAD: usize = 4;

/// Compares all rows; false if either side is not sorted by the key.
pub(crate) fn compare_sorted(
    task: Task<'_>,
    key: &[usize],
    changes: &mut Changes<'_>,
) -> Result<bool> {
    std::thread::scope(|scope| {
        let start = |source: &Source| {
            let batches = source.batches(task.targets);
            let (sender, receiver) = sync_channel(AHEAD);
            let hold = |batch: Result<RecordBatch>| {
                let batch = batch?;
                let held = task.space.budget.hold_anyway(batch.get_array_memory_size() as u64);
                Ok((batch, held))
            };
            scope.spawn(move || send(batches, |batch| sender.send(hold(batch)).is_ok()));
            Side { batches: receiver, key, batch: None, row: 0 }
        };
        let [mut ours, mut theirs] = task.sides.map(start);
        loop {
            if !(ours.advance()? && theirs.advance()?) {
                return Ok(false);
            }
            match (ours.batch(), theirs.batch()) {
                (None, None) => return Ok(true),
                (Some(left), Some(right)) => {
                    let (chunk, ends) = merge(left, ours.row, right, theirs.row, key);
                    changes.add(&chunk);
                    (ours.row, theirs.row) = ends;
                }
                (Some(left), None) => {
                    let empty = left.slice(0, 0);
                    changes.add(&Chunk::alone([left, &empty], [ours.row..left.num_rows(), 0..0]));
                    ours.row = left.num_rows();
                }
                (None, Some(right)) => {
                    let empty = right.slice(0, 0);
                    changes
                        .add(&Chunk::alone([&empty, right], [0..0, theirs.row..right.num_rows()]));
                    theirs.row = right.num_rows();
                }
            }
        }
    })
}

/// Passes batches on until there are no more or nobody wants them.
fn send(batches: Batches, mut pass: impl FnMut(Result<RecordBatch>) -> bool) {
    for batch in batches {
        if !pass(batch) {
            return;
        }
    }
}

/// One side of the merge.
struct Side<'a> {
    batches: Receiver<Result<(RecordBatch, Holding)>>,
    key: &'a [usize],
    /// The batch that is merged, with what it takes, and its next row; none at the end.
    batch: Option<(RecordBatch, Holding)>,
    row: usize,
}

impl Side<'_> {
    fn batch(&self) -> Option<&RecordBatch> {
        self.batch.as_ref().map(|(batch, _)| batch)
    }

    /// Makes sure that there is a next row, unless the side has ended. Returns whether keys ascend.
    fn advance(&mut self) -> Result<bool> {
        while self.batch().is_none_or(|batch| self.row == batch.num_rows()) {
            let last = self.batch.take();
            let Ok(next) = self.batches.recv() else { return Ok(true) };
            let (next, held) = next?;
            let keys = Keys::new(&next, self.key);
            let follows = match last.filter(|(last, _)| last.num_rows() > 0) {
                Some((last, _)) if next.num_rows() > 0 => {
                    let before = Keys::new(&last, self.key);
                    before.compare(last.num_rows() - 1, &keys, 0) == Ordering::Less
                }
                _ => true,
            };
            let ascends = |row: usize| keys.compare(row - 1, &keys, row) == Ordering::Less;
            if !follows || !(1..next.num_rows()).all(ascends) {
                return Ok(false);
            }
            drop(keys);
            self.batch = Some((next, held));
            self.row = 0;
        }
        Ok(true)
    }
}

/// The key columns of a batch.
struct Keys<'a>(Vec<Cells<'a>>);

impl<'a> Keys<'a> {
    fn new(batch: &'a RecordBatch, key: &[usize]) -> Self {
        Self(key.iter().map(|&index| Cells::new(batch.column(index))).collect())
    }

    #[inline]
    fn compare(&self, row: usize, other: &Self, other_row: usize) -> Ordering {
        let columns = self.0.iter().zip(&other.0);
        columns
            .map(|(ours, theirs)| ours.compare(row, theirs, other_row))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

/// Merges two batches from these rows on, until one of them ends; returns where both stand then.
fn merge<'a>(
    candidate: &'a RecordBatch,
    mut left: usize,
    reference: &'a RecordBatch,
    mut right: usize,
    key: &[usize],
) -> (Chunk<'a>, (usize, usize)) {
    let (ours, theirs) = (Keys::new(candidate, key), Keys::new(reference, key));
    let mut chunk = Chunk::alone([candidate, reference], [0..0, 0..0]);
    while left < candidate.num_rows() && right < reference.num_rows() {
        match ours.compare(left, &theirs, right) {
            Ordering::Equal => {
                chunk.pairs.push((left, right));
                left += 1;
                right += 1;
            }
            Ordering::Less => {
                chunk.only_candidate.push(left);
                left += 1;
            }
            Ordering::Greater => {
                chunk.only_reference.push(right);
                right += 1;
            }
        }
    }
    (chunk, (left, right))
}
