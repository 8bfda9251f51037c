//! A whole comparison holds no more than its budget.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use parquet::arrow::ArrowWriter;

use crate::budget::Budget;
use crate::{
    Check, ColumnJudgement, Constraint, Finding, Level, References, Rules, Statistic, Validator,
    Verdict,
};

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
    if name == CSV {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let file = std::fs::File::create(directory.join(name)).unwrap();
        arrow::csv::Writer::new(file).write(&batch).unwrap();
        return;
    }
    write_parquet(&directory.join(name), columns);
}

fn write_parquet<'a>(path: &Path, columns: impl IntoIterator<Item = (&'a str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = std::fs::File::create(path).unwrap();
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

/// What constraints found: the text, and the rows that fail.
fn constraint_findings(validator: &Validator, sides: [&Path; 2], budget: &Budget) -> Vec<Finding> {
    let judgement = validator.compare_within(sides[0], sides[1], budget).unwrap();
    let findings = judgement.all_findings().filter(|finding| finding.check == Check::Constraint);
    findings.cloned().collect()
}

/// Rules that compare nothing, so that only constraints hold anything.
fn nothing_but(constraint: Constraint) -> Rules {
    let off = [Check::Rows, Check::Distribution, Check::Mean, Check::NullRate];
    let rules = Rules::new().with_constraint(constraint);
    off.into_iter().fold(rules, |rules, check| rules.with_level(check, Level::Off))
}

#[test]
fn constraints_hold_no_more_than_the_budget_and_stay_exact() {
    let directory = tempfile::tempdir().unwrap();
    let ids = |ids: &mut dyn Iterator<Item = u64>| -> ArrayRef {
        let mixed = |id: u64| (id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) as i64;
        Arc::new(Int64Array::from_iter_values(ids.map(mixed)))
    };
    let rows = u64::from(ROWS);
    let columns: [(&str, ArrayRef); 3] = [
        ("unique", ids(&mut (0..rows))),
        ("few", ids(&mut (0..rows).map(|id| id % (rows - 50)))),
        ("many", ids(&mut (0..rows).map(|id| id % (rows - 30_000)))),
    ];
    for side in ["candidate", "reference"] {
        let known: [(&str, ArrayRef); 2] = [
            ("all", ids(&mut (0..rows))),
            ("most", ids(&mut (0..rows).map(|id| id.max(500).min(rows - 1)))),
        ];
        let side = directory.path().join(side);
        fs_err::create_dir(&side).unwrap();
        write_parquet(&side.join("t.parquet"), columns.clone());
        write_parquet(&side.join("known.parquet"), known);
    }
    let sides = ["candidate", "reference"].map(|side| directory.path().join(side));
    let sides = [sides[0].as_path(), sides[1].as_path()];
    let refers = |to: &str| {
        let references = References::new("known.parquet", [to]);
        Constraint::referential(["unique"], references)
    };
    for (constraint, verdict, failing) in [
        (Constraint::unique(["unique"]), Verdict::Pass, 0),
        (Constraint::unique(["few"]), Verdict::Fail, 50),
        (Constraint::unique(["many"]), Verdict::Fail, 30_000),
        (refers("all"), Verdict::Pass, 0),
        (refers("most"), Verdict::Fail, 500),
    ] {
        let name = format!("{constraint:?}");
        let validator = Validator::new(nothing_but(constraint));
        let found = [256 << 20, 3 << 20].map(|limit| {
            let budget = Budget::new(limit);
            let findings = constraint_findings(&validator, sides, &budget);
            assert_eq!(budget.left(), limit, "{name}: something was not given back");
            assert!(budget.peak() <= limit, "{name}: {} of {limit}", budget.peak());
            // What is counted is what is used: a fingerprint takes 8 bytes.
            assert!(limit < 256 << 20 || budget.peak() >= 8 * rows, "{name}: {}", budget.peak());
            findings
        });
        assert_eq!(found[0], found[1], "{name}");
        let [finding] = found[0].as_slice() else { panic!("{name}: {:?}", found[0]) };
        let rows = finding.rows.as_ref();
        assert_eq!(finding.verdict, verdict, "{name}: {}", finding.message);
        assert_eq!(rows.map_or(0, |rows| rows.failing), failing, "{name}: {}", finding.message);
        assert_eq!(rows.map_or(0, |rows| rows.examples.len()), 10.min(failing as usize), "{name}");
    }
}

#[test]
fn batches_that_pass_by_count() {
    let directory = tempfile::tempdir().unwrap();
    let [ours, theirs] = sides(directory.path(), "t.parquet");
    let validator = Validator::new(nothing_but(Constraint::not_null(["number"])));
    let budget = Budget::new(256 << 20);
    let findings = constraint_findings(&validator, [&ours, &theirs], &budget);
    assert_eq!(findings[0].verdict, Verdict::Pass);
    // A batch has 8,192 rows.
    assert!(budget.peak() >= 8 * 8_192, "{}", budget.peak());
    assert_eq!(budget.left(), 256 << 20);
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
