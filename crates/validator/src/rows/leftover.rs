//! Reads the rows without an equal on the other side into memory.

use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch, UInt64Array};
use arrow::compute::{concat_batches, filter_record_batch, take_record_batch};
use arrow::datatypes::{Field, Schema};

use crate::table::{Batches, Target};
use crate::{Error, ErrorKind, Result};

/// Returns these rows of a table, given by ascending row numbers, as one batch.
pub(crate) fn read_rows(
    batches: Batches,
    targets: &[Target],
    rows: &[usize],
) -> Result<RecordBatch> {
    let mut kept = Vec::new();
    let mut wanted = rows.iter().copied().peekable();
    let mut start = 0;
    for batch in batches {
        if wanted.peek().is_none() {
            break;
        }
        let batch = batch?;
        let end = start + batch.num_rows();
        let mut mask = vec![false; batch.num_rows()];
        let mut any = false;
        while let Some(row) = wanted.next_if(|row| *row < end) {
            mask[row - start] = true;
            any = true;
        }
        if any {
            let mask = BooleanArray::from(mask);
            kept.push(filter_record_batch(&batch, &mask).map_err(failed)?);
        }
        start = end;
    }
    let fields =
        targets.iter().map(|target| Field::new(&target.name, target.data_type.clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    concat_batches(&schema, &kept).map_err(failed)
}

/// Returns these rows of a batch.
pub(crate) fn take_rows(batch: &RecordBatch, rows: &[usize]) -> Result<RecordBatch> {
    let rows: UInt64Array = rows.iter().map(|row| *row as u64).collect();
    take_record_batch(batch, &rows).map_err(failed)
}

fn failed(error: arrow::error::ArrowError) -> Error {
    Error::new(ErrorKind::Malformed, "cannot gather the differing rows").because(error)
}
