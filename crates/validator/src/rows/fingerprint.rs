//! One 64-bit fingerprint per row, so that rows can be matched without holding them.
//!
//! Two different rows share a fingerprint with probability 2^-64 per pair of rows. A row is called
//! matched by mistake only if it differs and its fingerprint is that of another leftover row, so
//! even with 10,000,000 leftover rows on each side the chance of one mistake is below 1 in 180,000.

use std::hash::Hasher as _;

use arrow::array::RecordBatch;
use std::hash::DefaultHasher;

use crate::Result;
use crate::table::{Batches, Cells, Values, float_bits};

/// The fingerprints of a table's rows, in order.
#[derive(Debug, Default)]
pub(crate) struct Fingerprints {
    pub(crate) rows: Vec<u64>,
    /// Of the key columns alone; empty without key columns.
    pub(crate) keys: Vec<u64>,
}

impl Fingerprints {
    /// Reads all rows once.
    pub(crate) fn read(batches: Batches, key: &[usize], expected_rows: u64) -> Result<Self> {
        let mut whole = Self::default();
        whole.rows.reserve(usize::try_from(expected_rows).unwrap_or(0));
        for batch in batches {
            let batch = batch?;
            let all: Vec<usize> = (0..batch.num_columns()).collect();
            whole.rows.extend(fingerprint(&batch, &all));
            if !key.is_empty() {
                whole.keys.extend(fingerprint(&batch, key));
            }
        }
        Ok(whole)
    }
}

const START: u64 = 0x243f_6a88_85a3_08d3;
const NULL: u64 = 0x1319_8a2e_0370_7344;

/// Returns a fingerprint of these columns for each row of a batch.
pub(crate) fn fingerprint(batch: &RecordBatch, columns: &[usize]) -> Vec<u64> {
    let mut state = vec![START; batch.num_rows()];
    for &index in columns {
        absorb(&Cells::new(batch.column(index)), &mut state);
    }
    state
}

fn absorb(cells: &Cells<'_>, state: &mut [u64]) {
    match &cells.values {
        Values::Null => fold_with(cells, state, |_| NULL),
        Values::Boolean(values) => fold_with(cells, state, |row| u64::from(values.value(row))),
        Values::Integer(values) | Values::Time(values, _) => {
            fold_with(cells, state, |row| values[row].cast_unsigned());
        }
        Values::Unsigned(values) => fold_with(cells, state, |row| values[row]),
        Values::Float(values) => fold_with(cells, state, |row| float_bits(values[row])),
        Values::Decimal(values, _) => {
            fold_with(cells, state, |row| {
                let bits = values[row].cast_unsigned();
                fold(bits as u64, (bits >> 64) as u64)
            });
        }
        Values::Day(values) => {
            fold_with(cells, state, |row| u64::from(values[row].cast_unsigned()));
        }
        Values::Text(values) => fold_with(cells, state, |row| bytes(values.value(row).as_bytes())),
        Values::Bytes(values) => fold_with(cells, state, |row| bytes(values.value(row))),
    }
}

fn fold_with(cells: &Cells<'_>, state: &mut [u64], value: impl Fn(usize) -> u64) {
    for (row, state) in state.iter_mut().enumerate() {
        let bits = if cells.is_null(row) { NULL } else { value(row) };
        *state = fold(*state, bits);
    }
}

/// Mixes a value into the state: the two halves of a 128-bit product, so that every input bit
/// reaches every output bit.
fn fold(state: u64, value: u64) -> u64 {
    const FIRST: u64 = 0xa409_3822_299f_31d0;
    const SECOND: u64 = 0x082e_fa98_ec4e_6c89;
    let left = u128::from(state.rotate_left(23) ^ FIRST);
    let right = u128::from(value.wrapping_add(SECOND).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ state);
    let product = left * right;
    (product as u64) ^ ((product >> 64) as u64)
}

fn bytes(value: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(value);
    hasher.finish()
}
