//! What is said of two schemas: each difference by itself.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Int32Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
};
use arrow::datatypes::{DataType, Field, Fields, Int64Type, Schema};
use reenact_validator::{Check, Judgement, Level, Rules, Severity, Verdict};

use crate::files::{Sides, write, write_batch};

fn compare(candidate: &RecordBatch, reference: &RecordBatch) -> Judgement {
    let sides = Sides::new();
    write_batch(&sides.candidate("t.parquet"), candidate);
    write_batch(&sides.reference("t.parquet"), reference);
    sides.compare(Rules::new().with_level(Check::Rows, Level::Info))
}

fn said(judgement: &Judgement) -> Vec<(Check, Severity, Option<&str>)> {
    let schema = |check: Check| {
        !matches!(check, Check::Rows | Check::Distribution | Check::Mean | Check::NullRate)
    };
    judgement
        .all_findings()
        .filter(|finding| finding.verdict != Verdict::Pass && schema(finding.check))
        .map(|finding| (finding.check, finding.severity, finding.column.as_deref()))
        .collect()
}

fn batch(fields: Vec<Field>, columns: Vec<ArrayRef>) -> RecordBatch {
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

fn address(fields: Vec<Field>, columns: Vec<ArrayRef>) -> RecordBatch {
    let fields = Fields::from(fields);
    let array = StructArray::new(fields.clone(), columns, None);
    batch(vec![Field::new("address", DataType::Struct(fields), false)], vec![Arc::new(array)])
}

fn text() -> ArrayRef {
    Arc::new(StringArray::from(vec!["a", "b"]))
}

#[test]
fn nested_fields_are_compared_by_path() {
    let ours = address(
        vec![
            Field::new("city", DataType::Utf8, true),
            Field::new("number", DataType::Int32, false),
        ],
        vec![text(), Arc::new(Int32Array::from(vec![1, 2]))],
    );
    let theirs = address(
        vec![
            Field::new("city", DataType::Utf8, false),
            Field::new("number", DataType::Int64, false),
            Field::new("street", DataType::Utf8, false),
        ],
        vec![text(), Arc::new(Int64Array::from(vec![1, 2])), text()],
    );
    let judgement = compare(&ours, &theirs);
    assert_eq!(
        said(&judgement),
        [
            (Check::Nullability, Severity::Warning, Some("address.city")),
            (Check::ColumnType, Severity::Error, Some("address.number")),
            (Check::MissingColumn, Severity::Error, Some("address.street")),
        ]
    );
    let back = compare(&theirs, &ours);
    assert!(said(&back).contains(&(Check::ExtraColumn, Severity::Error, Some("address.street"))));
}

#[test]
fn the_items_of_lists_are_compared_too() {
    let lists = |values: Vec<Option<Vec<Option<i64>>>>| -> ArrayRef {
        Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(values))
    };
    let ours = lists(vec![Some(vec![Some(1)]), Some(vec![])]);
    let theirs = arrow::compute::cast(
        &ours,
        &DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))),
    )
    .unwrap();
    let table = |array: &ArrayRef| {
        batch(vec![Field::new("x", array.data_type().clone(), true)], vec![Arc::clone(array)])
    };
    let judgement = compare(&table(&ours), &table(&theirs));
    assert_eq!(said(&judgement), [(Check::ColumnType, Severity::Error, Some("x[]"))]);
}

#[test]
fn metadata_are_for_information_and_writers_keep_their_own() {
    let table = |unit: &str, pandas: &str| {
        let metadata =
            [("unit".to_owned(), unit.to_owned()), ("pandas".to_owned(), pandas.to_owned())];
        let field = Field::new("x", DataType::Int64, false).with_metadata(HashMap::from(metadata));
        batch(vec![field], vec![Arc::new(Int64Array::from(vec![1, 2]))])
    };
    let judgement = compare(&table("km", "1"), &table("mile", "2"));
    assert_eq!(said(&judgement), [(Check::Metadata, Severity::Info, Some("x"))]);
    assert_eq!(judgement.verdict, Verdict::Pass, "{}", judgement.reason);
    let finding =
        judgement.all_findings().find(|finding| finding.check == Check::Metadata).unwrap();
    assert_eq!(finding.message, "the metadata of column `x` differ in: unit");
    assert!(said(&compare(&table("km", "1"), &table("km", "2"))).is_empty());
}

#[test]
fn a_missing_column_says_what_it_may_be_called_now() {
    let sides = Sides::new();
    write(&sides.reference("t.csv"), "id,customer_name\n1,a\n");
    write(&sides.candidate("t.csv"), "id,customer_nam\n1,a\n");
    let judgement = sides.compare(Rules::new());
    let finding =
        judgement.all_findings().find(|finding| finding.check == Check::MissingColumn).unwrap();
    let advice = finding.recommendation.as_deref().unwrap();
    assert!(advice.contains("`customer_nam`"), "{advice}");
}
