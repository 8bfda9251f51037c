//! Pairs rows of both sides by a key.

use std::cmp::Ordering;

use arrow::array::RecordBatch;

use super::changes::Chunk;
use super::fingerprint::fingerprint;
use super::matching::sorted;

/// Pairs rows with equal keys in order of row; without a key nothing pairs.
pub(super) fn pair_by_key<'a>(
    candidate: &'a RecordBatch,
    reference: &'a RecordBatch,
    key: &[usize],
) -> Chunk<'a> {
    let sides = [candidate, reference];
    if key.is_empty() {
        return Chunk::alone(sides, sides.map(|side| 0..side.num_rows()));
    }
    let mut leftover = Chunk::alone(sides, [0..0, 0..0]);
    let left = sorted(&fingerprint(candidate, key), 0..candidate.num_rows());
    let right = sorted(&fingerprint(reference, key), 0..reference.num_rows());
    let (mut i, mut j) = (0, 0);
    while let (Some(ours), Some(theirs)) = (left.get(i), right.get(j)) {
        match ours.0.cmp(&theirs.0) {
            Ordering::Less => {
                leftover.only_candidate.push(ours.1);
                i += 1;
            }
            Ordering::Greater => {
                leftover.only_reference.push(theirs.1);
                j += 1;
            }
            Ordering::Equal => {
                leftover.pairs.push((ours.1, theirs.1));
                i += 1;
                j += 1;
            }
        }
    }
    leftover.only_candidate.extend(left[i..].iter().map(|entry| entry.1));
    leftover.only_reference.extend(right[j..].iter().map(|entry| entry.1));
    leftover.pairs.sort_unstable_by_key(|pair| pair.1);
    leftover.only_candidate.sort_unstable();
    leftover.only_reference.sort_unstable();
    leftover
}
