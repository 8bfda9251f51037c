//! Looks for a key in the data: a few columns whose values are unique on both sides.

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;

use super::fingerprint::fingerprint;

/// The most columns that a found key may have.
const MOST_COLUMNS: usize = 8;

/// The least share of leftover rows whose values of a key column must occur on the other side too: a
/// column that the new code changed is no key.
const LEAST_OVERLAP: f64 = 0.9;

/// How many rows of each kind a proposal is made from, at most.
pub(crate) const SAMPLE: usize = 20_000;

/// How many leftover rows are looked up on the other side.
const LOOKED_UP: usize = 2_000;

/// Proposes key columns, as indices, that are unique among the leftover rows of both sides and among
/// some rows of the reference.
///
/// Only values that can't be a rounding apart are used: no floats, no bytes. Columns are added one
/// by one, each time the one that makes most rows distinct, and then those that turn out to be
/// superfluous are dropped. The caller checks the proposal against all rows.
pub(crate) fn propose_key(
    candidate: &RecordBatch,
    reference: &RecordBatch,
    sample: &RecordBatch,
) -> Option<Vec<usize>> {
    let eligible: Vec<usize> = (0..candidate.num_columns())
        .filter(|&index| {
            let unfit = matches!(
                candidate.column(index).data_type(),
                DataType::Null | DataType::Float64 | DataType::Binary | DataType::Boolean
            );
            !unfit && overlap(candidate, reference, index) >= LEAST_OVERLAP
        })
        .collect();
    let some =
        [candidate, reference, sample].map(|batch| batch.slice(0, batch.num_rows().min(SAMPLE)));
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

/// Returns the share of some of the smaller side's rows whose value of this column occurs on the other.
fn overlap(candidate: &RecordBatch, reference: &RecordBatch, column: usize) -> f64 {
    let (small, large) = if candidate.num_rows() <= reference.num_rows() {
        (candidate, reference)
    } else {
        (reference, candidate)
    };
    let some = fingerprint(&small.slice(0, small.num_rows().min(LOOKED_UP)), &[column]);
    let mut all = fingerprint(large, &[column]);
    all.sort_unstable();
    let found = some.iter().filter(|value| all.binary_search(value).is_ok()).count();
    found as f64 / some.len() as f64
}
