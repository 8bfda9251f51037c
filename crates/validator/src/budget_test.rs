//! A whole comparison holds no more than its budget.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use parquet::arrow::ArrowWriter;

use crate::budget::Budget;
use crate::{Check, Level, Rules, Validator};

const ROWS: u32 = 120_000;

/// Writes numbers without an order.
fn write(directory: &Path, shift: f64) {
    let mixed = |row: u32| u64::from(row + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let floats = (0..ROWS).map(|row| (mixed(row) as f64).sin() + shift);
    let columns: [(&str, ArrayRef); 2] = [
        ("number", Arc::new(Float64Array::from_iter_values(floats))),
        ("id", Arc::new(Int64Array::from_iter_values((0..ROWS).map(|row| mixed(row) as i64)))),
    ];
    fs_err::create_dir(directory).unwrap();
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = std::fs::File::create(directory.join("t.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn a_comparison_holds_no_more_than_its_budget() {
    let directory = tempfile::tempdir().unwrap();
    let (ours, theirs) = (directory.path().join("candidate"), directory.path().join("reference"));
    write(&ours, 0.01);
    write(&theirs, 0.0);
    let off = Rules::new().with_level(Check::Rows, Level::Off);
    let checks = [
        Validator::new(off).with_exact_distances(true),
        Validator::new(Rules::new()),
        Validator::new(Rules::new().with_key(["id"])),
    ];
    for (index, validator) in checks.iter().enumerate() {
        // From what holds everything to what holds little more than a batch.
        let held = [256 << 20, 32 << 20, 16 << 20].map(|limit| {
            let budget = Budget::new(limit);
            validator.compare_within(&ours, &theirs, &budget).unwrap();
            assert_eq!(budget.left(), limit, "something was not given back");
            assert!(budget.peak() <= limit, "check {index}: {} of {limit}", budget.peak());
            budget.peak()
        });
        // What is counted is what is used: the keys of both sides alone take 8 bytes a value.
        assert!(held[0] >= 16 * u64::from(ROWS), "check {index}: {held:?}");
    }
}
