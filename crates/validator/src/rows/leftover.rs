//! The rows without an equal on the other side.

use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch, UInt64Array};
use arrow::compute::{concat_batches, filter_record_batch, take_record_batch};
use arrow::datatypes::{Field, Schema};

use super::spill::Spill;
use crate::table::{Batches, Target};
use crate::{Error, ErrorKind, Result};

/// The rows of one side that are left.
#[derive(Debug)]
pub(super) enum Leftover {
    Held(RecordBatch),
    OnDisk(Spill),
}

impl Leftover {
    pub(super) fn rows(&self) -> u64 {
        match self {
            Self::Held(rows) => rows.num_rows() as u64,
            Self::OnDisk(rows) => rows.rows(),
        }
    }

    pub(super) fn batches(&self) -> Result<Batches> {
        match self {
            Self::Held(rows) => Ok(Box::new(std::iter::once(Ok(rows.clone())))),
            Self::OnDisk(rows) => rows.batches(),
        }
    }
}

/// Returns these rows of a table, given by ascending row numbers, as one batch.
pub(super) fn read_rows(
    batches: Batches,
    targets: &[Target],
    rows: Vec<usize>,
) -> Result<RecordBatch> {
    let kept = chosen_rows(batches, rows).collect::<Result<Vec<_>>>()?;
    concat_batches(&schema_of(targets), &kept).map_err(failed)
}

/// Returns these rows of a table, given by ascending row numbers, batch by batch.
pub(super) fn chosen_rows(batches: Batches, rows: Vec<usize>) -> Batches {
    let mut start = 0;
    let mut next = 0;
    let last = rows.last().copied();
    let batches = batches.map_while(move |batch| {
        if last.is_none_or(|last| start > last) {
            return None;
        }
        let choose = |batch: RecordBatch| {
            let mut mask = vec![false; batch.num_rows()];
            while let Some(row) = rows.get(next).filter(|row| **row < start + mask.len()) {
                mask[row - start] = true;
                next += 1;
            }
            start += mask.len();
            filter_record_batch(&batch, &BooleanArray::from(mask)).map_err(failed)
        };
        Some(batch.and_then(choose))
    });
    Box::new(batches.filter(|batch| !matches!(batch, Ok(rows) if rows.num_rows() == 0)))
}

/// Returns the first rows of a table as one batch, at most so many.
pub(super) fn first_rows(batches: Batches, targets: &[Target], most: usize) -> Result<RecordBatch> {
    read_rows(batches, targets, (0..most).collect())
}

/// Returns these rows of a batch.
pub(super) fn take_rows(batch: &RecordBatch, rows: &[usize]) -> Result<RecordBatch> {
    let rows: UInt64Array = rows.iter().map(|row| *row as u64).collect();
    take_record_batch(batch, &rows).map_err(failed)
}

/// Returns the schema of batches that hold these columns.
pub(super) fn schema_of(targets: &[Target]) -> Arc<Schema> {
    let fields =
        targets.iter().map(|target| Field::new(&target.name, target.data_type.clone(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn failed(error: arrow::error::ArrowError) -> Error {
    Error::new(ErrorKind::Malformed, "cannot gather the differing rows").because(error)
}
