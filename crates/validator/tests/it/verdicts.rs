//! Verdicts of whole comparisons: what must pass, what must not, and rules of one's own.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};
use reenact_validator::{
    Batches, Check, Error, ErrorKind, Level, RuleOutcome, Rules, Severity, Statistic, Tolerance,
    Validator, Verdict,
};

use crate::files::{Sides, write, write_parquet};

fn integers(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn floats(values: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}

fn rows(table: Batches) -> Result<usize, Error> {
    table.map(|batch| Ok(batch?.num_rows())).sum()
}

#[test]
fn one_check_is_not_called_all() {
    let sides = Sides::new();
    write(&sides.reference("notes.txt"), "same");
    write(&sides.candidate("notes.txt"), "same");
    let judgement = sides.compare(Rules::new());
    assert_eq!(judgement.verdict, Verdict::Pass);
    assert_eq!(judgement.reason, "the only check passed");
}

#[test]
fn a_key_that_fits_no_table_is_an_error_with_the_nearest_names() {
    let sides = Sides::new();
    for side in [sides.candidate(""), sides.reference("")] {
        write(&side.join("t.csv"), "day,flight\n1,5\n2,6\n");
        write(&side.join("u.csv"), "code\nAA\n");
    }
    let compare = |key: &[&str], shared: bool| {
        let validator = Validator::new(Rules::new().with_key(key.iter().copied()));
        validator.with_shared_rules(shared).compare(&sides.candidate(""), &sides.reference(""))
    };
    let error = compare(&["day", "fligth"], false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownName);
    let text = error.to_string();
    assert!(text.contains("no column `fligth` (did you mean `flight`?)"), "{text}");
    assert!(!text.contains("`day`"), "{text}");
    let error = compare(&["day", "code"], false).unwrap_err();
    assert!(error.to_string().contains("no table has all columns"), "{error}");
    // It fits one of the tables, and the other is compared without it.
    let judgement = compare(&["day", "flight"], false).unwrap();
    let warned = judgement
        .all_findings()
        .filter(|finding| finding.check == Check::Rows && finding.severity == Severity::Warning);
    let warned: Vec<Option<&str>> = warned.map(|finding| finding.table.as_deref()).collect();
    assert_eq!(warned, [Some("u.csv")]);
    // Other outputs may have it.
    assert_eq!(compare(&["fligth"], true).unwrap().verdict, Verdict::Pass);
}

/// That the candidate lost a column of the key is a finding of the comparison.
#[test]
fn a_key_that_one_side_has_is_no_slip_of_the_pen() {
    let sides = Sides::new();
    write(&sides.reference("t.csv"), "id,x\n1,5\n");
    write(&sides.candidate("t.csv"), "x\n5\n");
    assert_eq!(sides.compare(Rules::new().with_key(["id"])).verdict, Verdict::Fail);
}

#[test]
fn v1_a_business_rule_is_asked_and_its_failure_decides() {
    let sides = Sides::new();
    write(&sides.reference("t.csv"), "id,price\n1,5\n2,6\n");
    write(&sides.candidate("t.csv"), "id,price\n1,5\n2,6\n");
    let validator = Validator::new(Rules::new())
        .with_business_rule("rows double", |table| {
            let (ours, theirs) = (rows(table.candidate)?, rows(table.reference)?);
            Ok(RuleOutcome::fail(format!("{ours} rows, not twice {theirs}")).advise("write twice"))
        })
        .with_business_rule("holds", |_| Ok(RuleOutcome::pass("it does")));
    let judgement = validator.compare(&sides.candidate(""), &sides.reference("")).unwrap();
    assert_eq!(judgement.verdict, Verdict::Fail);
    let problems = judgement.problems(Severity::Error);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].message, "rows double: 2 rows, not twice 2");
    assert_eq!(problems[0].recommendation.as_deref(), Some("write twice"));
}

/// The seed's first rule that gives up takes all others with it.
#[test]
fn v1_a_business_rule_that_gives_up_or_panics_is_inconclusive_and_stops_no_other() {
    let sides = Sides::new();
    write(&sides.reference("t.csv"), "id,price\n1,5\n2,6\n");
    write(&sides.candidate("t.csv"), "id,price\n1,5\n2,6\n");
    let validator = Validator::new(Rules::new())
        .with_business_rule("gives up", |_| {
            Err(Error::business_rule("the price list is out of reach"))
        })
        .with_business_rule("panics", |table| {
            Ok(RuleOutcome::pass(table.name.chars().nth(99).unwrap()))
        })
        .with_business_rule("holds", |_| Ok(RuleOutcome::pass("it does")));
    let judgement = validator.compare(&sides.candidate(""), &sides.reference("")).unwrap();
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    let said: Vec<(&str, Verdict)> = judgement
        .all_findings()
        .filter(|finding| finding.check == Check::Business)
        .map(|finding| (finding.message.as_str(), finding.verdict))
        .collect();
    let expected = [
        ("gives up: the price list is out of reach", Verdict::Inconclusive),
        ("panics: the rule panicked", Verdict::Inconclusive),
        ("holds: it does", Verdict::Pass),
    ];
    assert_eq!(said, expected);
}

/// The seed takes the reference's mean as exact, so a small candidate fails 84 times in 100 without any
/// drift. The interval of the difference must not.
#[test]
fn v3_a_small_sample_of_the_same_law_is_not_called_different() {
    let mut state = 7_u64;
    let mut uniform = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut seed_fails = 0;
    for _ in 0..20 {
        let sides = Sides::new();
        let candidate: Vec<f64> = (0..50).map(|_| uniform()).collect();
        let reference: Vec<f64> = (0..5_000).map(|_| uniform()).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let half = 1.96 * (1.0_f64 / 12.0 / 5_000.0).sqrt();
        seed_fails += u32::from((mean(&candidate) - mean(&reference)).abs() > half);
        write_parquet(&sides.candidate("x.parquet"), &[("x", floats(candidate))]);
        write_parquet(&sides.reference("x.parquet"), &[("x", floats(reference))]);
        let judgement = sides.compare(Rules::new().with_level(Check::Rows, Level::Off));
        assert_ne!(judgement.verdict, Verdict::Fail, "{}", judgement.reason);
    }
    assert!(seed_fails > 10, "the seed's rule failed only {seed_fails} of 20");
}

#[test]
fn v10_differences_come_with_advice() {
    let sides = Sides::new();
    write(&sides.reference("t.csv"), "id,Price,name\n1,5,a\n2,6,b\n");
    write(&sides.candidate("t.csv"), "name,id,price\na,1,5\nb,2,6\n");
    let judgement = sides.compare(Rules::new());
    let advice = |check: Check| {
        let found = judgement.all_findings().find(|finding| finding.check == check).unwrap();
        found.recommendation.clone().unwrap()
    };
    assert!(advice(Check::MissingColumn).contains("letter case"));
    assert!(advice(Check::ExtraColumn).contains("ignore"));
    assert!(advice(Check::ColumnOrder).contains("order"));
}

#[test]
fn columns_of_nulls_alone_do_not_keep_equal_tables_from_passing() {
    let sides = Sides::new();
    let nulls: ArrayRef = Arc::new(Int64Array::from(vec![None; 5]));
    let texts: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>; 5]));
    for path in [sides.candidate("t.parquet"), sides.reference("t.parquet")] {
        let columns =
            [("id", integers(0..5)), ("n", Arc::clone(&nulls)), ("t", Arc::clone(&texts))];
        write_parquet(&path, &columns);
    }
    let judgement = sides.compare(Rules::new());
    assert_eq!(judgement.verdict, Verdict::Pass, "{}", judgement.reason);
}

#[test]
fn what_is_equal_within_the_tolerance_passes_and_keeps_its_own_numbers() {
    let sides = Sides::new();
    let columns = |x: f64| [("id", integers(0..100)), ("x", floats(vec![x; 100]))];
    write_parquet(&sides.reference("t.parquet"), &columns(1.0));
    write_parquet(&sides.candidate("t.parquet"), &columns(1.0 + 1e-9));
    let rules = Rules::new().with_key(["id"]).with_tolerance(Tolerance::relative(1e-6));
    let judgement = sides.compare(rules);
    assert_eq!(judgement.verdict, Verdict::Pass, "{}", judgement.reason);
    let table = &judgement.tables[0];
    assert_eq!(table.rows.as_ref().unwrap().within_tolerance, 100);
    let x = table.columns.iter().find(|column| column.name == "x").unwrap();
    assert_eq!(x.candidate.numbers.as_ref().unwrap().max, Some(1.0 + 1e-9));
}

#[test]
fn examples_show_no_cell_that_is_equal_within_its_tolerance() {
    let sides = Sides::new();
    write(&sides.reference("t.csv"), "id,x,y\n1,1.0,1\n2,1.0,1\n");
    write(&sides.candidate("t.csv"), "id,x,y\n1,1.001,2\n2,9.0,1\n");
    let rules = Rules::new().with_key(["id"]).with_tolerance(Tolerance::absolute(0.01));
    let judgement = sides.compare(rules);
    let rows = judgement.tables[0].rows.as_ref().unwrap();
    let changed: Vec<Vec<&str>> = rows
        .examples
        .iter()
        .map(|example| example.cells.iter().map(|cell| cell.column.as_str()).collect())
        .collect();
    assert_eq!(changed, [["y"], ["x"]]);
}

#[test]
fn a_key_of_a_table_that_lacks_it_is_an_error() {
    let sides = Sides::new();
    write(&sides.reference("t.csv"), "id,x\n1,1\n");
    write(&sides.candidate("t.csv"), "id,x\n1,1\n");
    let error = Validator::new(Rules::new().with_table_key("t.csv", ["idd"]))
        .compare(&sides.candidate(""), &sides.reference(""))
        .unwrap_err();
    assert_eq!((error.kind(), error.column()), (ErrorKind::UnknownName, Some("idd")));
}

#[test]
fn rows_where_the_reference_has_none_are_a_difference() {
    let sides = Sides::new();
    write(&sides.reference("t.csv"), "id,x\n");
    write(&sides.candidate("t.csv"), "id,x\n1,1\n");
    assert_eq!(sides.compare(Rules::new()).verdict, Verdict::Fail);
    write(&sides.candidate("t.csv"), "id,x\n");
    assert_eq!(sides.compare(Rules::new()).verdict, Verdict::Inconclusive);
}

#[test]
fn the_largest_doubles_leave_no_number_that_json_lacks() {
    let sides = Sides::new();
    let huge = |sign: f64| floats((0..50).map(|i| sign * f64::MAX / f64::from(i + 1)));
    write_parquet(&sides.reference("t.parquet"), &[("x", huge(1.0))]);
    write_parquet(&sides.candidate("t.parquet"), &[("x", huge(-1.0))]);
    let judgement = sides.compare(Rules::new());
    assert_eq!(judgement.verdict, Verdict::Fail);
    let tests = &judgement.tables[0].columns[0].tests;
    assert!(tests.iter().any(|test| test.statistic == Statistic::KolmogorovSmirnov));
}

#[test]
fn a_key_is_found_among_columns_that_repeat() {
    let sides = Sides::new();
    let table = |changed: i64| {
        let rows = 2_000_i64;
        [
            ("day", integers((0..rows).map(|i| i / 40))),
            ("number", integers((0..rows).map(|i| i % 40))),
            ("kind", integers((0..rows).map(|i| i % 3))),
            ("x", floats((0..rows).map(|i| (i + if i % 500 == 0 { changed } else { 0 }) as f64))),
        ]
    };
    write_parquet(&sides.reference("t.parquet"), &table(0));
    write_parquet(&sides.candidate("t.parquet"), &table(7));
    let judgement = sides.compare(Rules::new());
    let rows = judgement.tables[0].rows.as_ref().unwrap();
    assert_eq!(rows.key.as_deref(), Some(["day".to_owned(), "number".to_owned()].as_slice()));
    assert_eq!((rows.matched, rows.changed), (1_996, 4));
}
