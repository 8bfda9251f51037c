//! Looks for a key in the data: a few columns whose values are unique on both sides.

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;

use super::fingerprint::fingerprint;

/// The most columns that a found key may have.
const MOST_COLUMNS: usize = 8;

/// The least share of the smaller leftover whose values of a key column must occur on the other
/// side too: a column that the new code changed is no key.
const LEAST_OVERLAP: f64 = 0.9;

/// Proposes key columns that are unique among the leftover rows of both sides, as indices.
///
/// Only values that can't be a rounding apart are used: no floats, no bytes. Columns are added one
/// by one, each time the one that makes most rows distinct, and then those that turn out to be
/// superfluous are dropped. The caller checks the proposal against all rows.
pub(crate) fn propose_key(candidate: &RecordBatch, reference: &RecordBatch) -> Option<Vec<usize>> {
    if candidate.num_rows() == 0 || reference.num_rows() == 0 {
        return None;
    }
    let eligible: Vec<usize> = (0..candidate.num_columns())
        .filter(|&index| {
            let data_type = candidate.column(index).data_type();
            let fits = !matches!(
                data_type,
                DataType::Null | DataType::Float64 | DataType::Binary | DataType::Boolean
            );
            fits && overlap(candidate, reference, &[index]) >= LEAST_OVERLAP
        })
        .collect();
    let both = |key: &[usize]| distinct(candidate, key) + distinct(reference, key);
    let all = candidate.num_rows() + reference.num_rows();
    let mut key: Vec<usize> = Vec::new();
    while key.is_empty() || both(&key) < all {
        let with = |index: usize| [key.as_slice(), &[index]].concat();
        let unused = eligible.iter().filter(|index| !key.contains(index));
        // The first of equals: keys stand at the front of most tables.
        let best = unused.rev().max_by_key(|index| both(&with(**index)))?;
        key.push(*best);
        if key.len() > MOST_COLUMNS {
            return None;
        }
    }
    let mut index = 0;
    while index < key.len() && key.len() > 1 {
        let mut without = key.clone();
        without.remove(index);
        if both(&without) == all {
            key = without;
        } else {
            index += 1;
        }
    }
    key.sort_unstable();
    (overlap(candidate, reference, &key) > 0.0).then_some(key)
}

fn distinct(batch: &RecordBatch, columns: &[usize]) -> usize {
    let mut values = fingerprint(batch, columns);
    values.sort_unstable();
    values.dedup();
    values.len()
}

/// Returns the share of the smaller side's rows whose values of these columns occur on the other.
fn overlap(candidate: &RecordBatch, reference: &RecordBatch, columns: &[usize]) -> f64 {
    let (mut small, mut large) = (fingerprint(candidate, columns), fingerprint(reference, columns));
    if small.len() > large.len() {
        std::mem::swap(&mut small, &mut large);
    }
    large.sort_unstable();
    let found = small.iter().filter(|value| large.binary_search(value).is_ok()).count();
    found as f64 / small.len() as f64
}
