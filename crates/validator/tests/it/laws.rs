//! Laws that hold for whatever data comes: order and part files do not matter, and which side is which only mirrors the answer.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array};
use proptest::prelude::*;
use reenact_validator::{Judgement, Rules, Statistic, Verdict};

use crate::files::{Sides, write_parquet};

/// Rows of a table: an identifier that may repeat, and a value.
fn rows() -> impl Strategy<Value = Vec<(i64, f64)>> {
    prop::collection::vec((0..40_i64, -1e6..1e6_f64), 1..60)
}

fn columns(rows: &[(i64, f64)]) -> [(&'static str, ArrayRef); 2] {
    [
        ("id", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0)))),
        ("value", Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.1)))),
    ]
}

fn compare(candidate: &[(i64, f64)], reference: &[(i64, f64)]) -> Judgement {
    let sides = Sides::new();
    write_parquet(&sides.candidate("t.parquet"), &columns(candidate));
    write_parquet(&sides.reference("t.parquet"), &columns(reference));
    sides.compare(Rules::new())
}

fn distances(judgement: &Judgement) -> Vec<(String, f64)> {
    let mut found: Vec<(String, f64)> = judgement.tables[0]
        .columns
        .iter()
        .flat_map(|column| column.tests.iter().map(|test| (column.name.clone(), test)))
        .filter(|(_, test)| test.statistic == Statistic::KolmogorovSmirnov)
        .filter_map(|(name, test)| Some((name, test.value?)))
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn order_and_part_files_do_not_matter(rows in rows(), cut in 0..60_usize, turn in 0..60_usize) {
        let sides = Sides::new();
        write_parquet(&sides.reference("part-0.parquet"), &columns(&rows));
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len());
        let (first, second) = turned.split_at(cut % rows.len());
        write_parquet(&sides.candidate("part-0.parquet"), &columns(first));
        write_parquet(&sides.candidate("part-1.parquet"), &columns(second));
        let judgement = sides.compare(Rules::new());
        prop_assert_eq!(judgement.verdict, Verdict::Pass, "{}", judgement.reason);
        prop_assert_eq!(judgement.tables[0].rows.as_ref().unwrap().matched, rows.len() as u64);
    }

    #[test]
    fn exchanging_the_sides_mirrors_the_answer(one in rows(), other in rows()) {
        let (there, back) = (compare(&one, &other), compare(&other, &one));
        let (rows, mirrored) = (there.tables[0].rows.as_ref().unwrap(), back.tables[0].rows.as_ref().unwrap());
        prop_assert_eq!(rows.matched, mirrored.matched);
        prop_assert_eq!(rows.changed, mirrored.changed);
        prop_assert_eq!(rows.only_candidate, mirrored.only_reference);
        prop_assert_eq!(distances(&there), distances(&back));
    }
}
