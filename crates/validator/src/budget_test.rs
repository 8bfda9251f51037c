//! A whole comparison holds no more than its budget.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use parquet::arrow::ArrowWriter;

use crate::budget::Budget;
use crate::{Check, ColumnJudgement, Level, Rules, Statistic, Validator};

const ROWS: u32 = 120_000;

/// A file that is written as text; others are Parquet.
const CSV: &str = "t.csv";

/// Writes numbers without an order.
fn write(directory: &Path, name: &str, shift: f64) {
    let mixed = |row: u32| u64::from(row + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let floats = (0..ROWS).map(|row| (mixed(row) as f64).sin() + shift);
    let columns: [(&str, ArrayRef); 2] = [
        ("number", Arc::new(Float64Array::from_iter_values(floats))),
        ("id", Arc::new(Int64Array::from_iter_values((0..ROWS).map(|row| mixed(row) as i64)))),
    ];
    fs_err::create_dir(directory).unwrap();
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = std::fs::File::create(directory.join(name)).unwrap();
    if name == CSV {
        arrow::csv::Writer::new(file).write(&batch).unwrap();
        return;
    }
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// Writes both sides below a directory.
fn sides(directory: &Path, name: &str) -> [PathBuf; 2] {
    let sides = ["candidate", "reference"].map(|side| directory.join(side));
    write(&sides[0], name, 0.01);
    write(&sides[1], name, 0.0);
    sides
}

#[test]
fn a_comparison_holds_no_more_than_its_budget() {
    let directory = tempfile::tempdir().unwrap();
    let [ours, theirs] = sides(directory.path(), "t.parquet");
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

#[test]
fn text_that_is_not_kept_is_parsed_again_to_the_same_end() {
    let directory = tempfile::tempdir().unwrap();
    let [ours, theirs] = sides(directory.path(), CSV);
    let validator =
        Validator::new(Rules::new().with_level(Check::Rows, Level::Off)).with_exact_distances(true);
    let judged = [256 << 20, 7 << 20].map(|limit| {
        let budget = Budget::new(limit);
        let judgement = validator.compare_within(&ours, &theirs, &budget).unwrap();
        assert_eq!(budget.left(), limit, "something was not given back");
        assert!(budget.peak() <= limit, "{} of {limit}", budget.peak());
        let distance = |column: &ColumnJudgement| {
            let mut tests = column.tests.iter();
            tests.find(|test| test.statistic == Statistic::KolmogorovSmirnov).unwrap().value
        };
        let mut columns: Vec<(String, Option<f64>)> = judgement.tables[0]
            .columns
            .iter()
            .map(|column| (column.name.clone(), distance(column)))
            .collect();
        columns.sort_by(|one, other| one.0.cmp(&other.0));
        columns
    });
    assert_eq!(judged[0], judged[1]);
    assert!(judged[0][1].1 > Some(0.001), "{judged:?}");
}
