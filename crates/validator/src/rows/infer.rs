//! Looks for a key in the data: a few columns whose values are unique on both sides.

use std::collections::HashSet;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use foldhash::fast::FixedState;

use super::compare::Task;
use super::fingerprint::fingerprint;
use super::leftover::{Leftover, first_rows};
use super::prints::{Prints, Space};
use crate::Result;
use crate::both::both_sides;
use crate::table::{Batches, Source, Target};

/// The most columns that a found key may have.
const MOST_COLUMNS: usize = 8;

/// The least share of leftover rows whose values of a key column must occur on the other side too: a
/// column that the new code changed is no key.
const LEAST_OVERLAP: f64 = 0.9;

/// How many rows of each kind a proposal is made from, at most.
const SAMPLE: usize = 20_000;

/// How many leftover rows are looked up on the other side.
const LOOKED_UP: usize = 2_000;

/// Proposes a key from rows that are left and the first rows of the reference, and accepts it if it is unique among all rows.
pub(super) fn infer_key(task: Task<'_>, rest: [&Leftover; 2]) -> Result<Vec<usize>> {
    if rest.iter().any(|side| side.rows() == 0) {
        return Ok(Vec::new());
    }
    let head = |side: &Leftover| first_rows(side.batches()?, task.targets, SAMPLE);
    let [candidate, reference] = task.sides;
    let some = [
        head(rest[0])?,
        head(rest[1])?,
        first_rows(reference.batches(task.targets), task.targets, SAMPLE)?,
    ];
    let bytes = some.iter().map(|rows| rows.get_array_memory_size() as u64).sum();
    let _held = task.space.budget.hold_anyway(bytes);
    let small = usize::from(rest[1].rows() < rest[0].rows());
    let eligible = eligible(&some[small], rest[1 - small].batches()?)?;
    let Some(key) = propose_key(&some, &eligible) else { return Ok(Vec::new()) };
    let columns: Vec<Target> = key.iter().map(|&index| task.targets[index].clone()).collect();
    let repeats = |source: &Source| has_repeats(source, &columns, task.space);
    let (ours, theirs) = both_sides(|| repeats(candidate), || repeats(reference))?;
    Ok(if ours || theirs { Vec::new() } else { key })
}

/// Whether rows repeat values of these columns.
fn has_repeats(source: &Source, columns: &[Target], space: Space<'_>) -> Result<bool> {
    let all: Vec<usize> = (0..columns.len()).collect();
    let mut prints = Prints::new(source.rows, space);
    for batch in source.batches(columns) {
        prints.add(fingerprint(&batch?, &all))?;
    }
    let mut before = None;
    for print in prints.ascending()? {
        let print = Some(print?);
        if print == before {
            return Ok(true);
        }
        before = print;
    }
    Ok(false)
}

/// Proposes key columns, as indices, that are unique among the rows of each batch.
///
/// Columns are added one by one, each time the one that makes most rows distinct, and then those that turn out to be
/// superfluous are dropped.
fn propose_key(some: &[RecordBatch], eligible: &[usize]) -> Option<Vec<usize>> {
    let all: usize = some.iter().map(RecordBatch::num_rows).sum();
    let distinct = |key: &[usize]| some.iter().map(|batch| distinct(batch, key)).sum::<usize>();
    let mut key: Vec<usize> = Vec::new();
    while key.is_empty() || distinct(&key) < all {
        let with = |index: usize| [key.as_slice(), &[index]].concat();
        let unused = eligible.iter().filter(|index| !key.contains(index));
        // The first of equals: keys stand at the front of most tables.
        let best = unused.rev().max_by_key(|index| distinct(&with(**index)))?;
        key.push(*best);
        if key.len() > MOST_COLUMNS {
            return None;
        }
    }
    let mut index = 0;
    while index < key.len() && key.len() > 1 {
        let mut without = key.clone();
        without.remove(index);
        if distinct(&without) == all {
            key = without;
        } else {
            index += 1;
        }
    }
    key.sort_unstable();
    Some(key)
}

fn distinct(batch: &RecordBatch, columns: &[usize]) -> usize {
    let mut values = fingerprint(batch, columns);
    values.sort_unstable();
    values.dedup();
    values.len()
}

/// Returns the columns of some rows that may be of a key: whose values can't be a rounding apart, which leaves out floats and bytes,
/// and most of whose values occur among the rows of the other side.
fn eligible(some: &RecordBatch, others: Batches) -> Result<Vec<usize>> {
    let some = some.slice(0, some.num_rows().min(LOOKED_UP));
    let is_fit = |index: &usize| {
        !matches!(
            some.column(*index).data_type(),
            DataType::Null | DataType::Float64 | DataType::Binary | DataType::Boolean
        )
    };
    let columns: Vec<usize> = (0..some.num_columns()).filter(is_fit).collect();
    let values: Vec<Vec<u64>> = columns.iter().map(|index| fingerprint(&some, &[*index])).collect();
    let mut missing: Vec<HashSet<u64, FixedState>> =
        values.iter().map(|values| values.iter().copied().collect()).collect();
    for batch in others {
        let batch = batch?;
        for (index, missing) in columns.iter().zip(&mut missing) {
            if !missing.is_empty() {
                for value in fingerprint(&batch, &[*index]) {
                    missing.remove(&value);
                }
            }
        }
    }
    let overlaps = |(values, missing): (&Vec<u64>, &HashSet<u64, FixedState>)| {
        let found = values.iter().filter(|value| !missing.contains(*value)).count();
        found as f64 / values.len() as f64 >= LEAST_OVERLAP
    };
    let overlaps = values.iter().zip(&missing).map(overlaps);
    Ok(columns.iter().zip(overlaps).filter(|(_, overlaps)| *overlaps).map(|(i, _)| *i).collect())
}
