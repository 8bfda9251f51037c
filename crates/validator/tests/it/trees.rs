//! Trees of files: what is a table, what pairs with what, what is ignored.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array};
use reenact_validator::{
    Check, ErrorKind, IgnoreReason, KeyOrigin, Rules, Severity, Validator, Verdict,
};

use crate::files::{Sides, write, write_parquet};

fn ids(range: std::ops::Range<i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(range))
}

fn values(range: std::ops::Range<i64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(range.map(|i| (i as f64 * 0.7).sin())))
}

#[test]
fn part_files_are_one_table_in_any_order() {
    let sides = Sides::new();
    write_parquet(&sides.reference("part-0.parquet"), &[("id", ids(0..60)), ("x", values(0..60))]);
    write_parquet(
        &sides.candidate("part-00-b.parquet"),
        &[("id", ids(40..60)), ("x", values(40..60))],
    );
    write_parquet(
        &sides.candidate("part-01-a.parquet"),
        &[("id", ids(0..40)), ("x", values(0..40))],
    );
    write(&sides.candidate("_SUCCESS"), "");
    write(&sides.candidate("_temporary/part-9.parquet"), "half written");
    let judgement = sides.compare(Rules::new());
    assert_eq!(judgement.verdict, Verdict::Pass, "{}", judgement.reason);
    let rows = judgement.tables[0].rows.as_ref().unwrap();
    assert_eq!((judgement.tables[0].name.as_str(), rows.matched), ("*.parquet", 60));
    assert_eq!(judgement.ignored.len(), 2);
    assert!(judgement.ignored.iter().all(|file| file.reason == IgnoreReason::Hidden));
}

#[test]
fn changed_rows_are_found_by_an_inferred_key() {
    let sides = Sides::new();
    write(&sides.reference("a.csv"), "name,x,id\nann,1.5,1\nbob,2.5,2\neve,3.5,3\n");
    write(&sides.candidate("a.csv"), "name,x,id\neve,3.5,3\nbob,9.5,2\nann,1.5,1\n");
    let judgement = sides.compare(Rules::new());
    assert_eq!(judgement.verdict, Verdict::Fail);
    let rows = judgement.tables[0].rows.as_ref().unwrap();
    assert_eq!((rows.matched, rows.changed), (2, 1));
    assert_eq!(rows.key_origin, KeyOrigin::Inferred);
    let example = &rows.examples[0];
    assert_eq!(example.cells.len(), 1);
    assert_eq!(example.cells[0].candidate.as_deref(), Some("9.5"));
    assert_eq!(example.cells[0].reference.as_deref(), Some("2.5"));
    assert_eq!(example.cells[0].difference, Some(7.0));
}

#[test]
fn missing_and_extra_files_are_findings() {
    let sides = Sides::new();
    write(&sides.reference("a.csv"), "x\n1\n");
    write(&sides.candidate("a.csv"), "x\n1\n");
    write(&sides.reference("model.bin"), "abc");
    write(&sides.candidate("notes.txt"), "abc");
    let judgement = sides.compare(Rules::new());
    let checks: Vec<Check> = judgement.problems(Severity::Error).iter().map(|f| f.check).collect();
    assert_eq!(checks, [Check::MissingFile, Check::ExtraFile]);
}

#[test]
fn an_empty_side_never_passes() {
    let sides = Sides::new();
    assert_eq!(sides.compare(Rules::new()).verdict, Verdict::Inconclusive);
    write(&sides.reference("a.csv"), "x\n1\n");
    assert_eq!(sides.compare(Rules::new()).verdict, Verdict::Fail);
    write(&sides.candidate("a.csv"), "");
    let judgement = sides.compare(Rules::new());
    assert_eq!(judgement.verdict, Verdict::Fail);
    assert_eq!(judgement.ignored[0].reason, IgnoreReason::ZeroBytes);
}

#[test]
fn a_path_that_does_not_exist_is_an_error_that_names_it() {
    let sides = Sides::new();
    let error = Validator::new(Rules::new())
        .compare(&sides.candidate("nothing"), &sides.reference(""))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("nothing"), "{error}");
}
