//! One table: its rows, its schema, its findings, its columns.

use std::collections::BTreeMap;

use askama::Template;
use askama::filters::HtmlSafe;
use reenact_validator::{ColumnJudgement, TableJudgement, TableSide, Verdict};

use super::badge;
use super::column::{self, Column};
use super::findings::Findings;
use super::limits::Budget;
use super::markup::Markup;
use super::number::{bytes, count, count_of, plural};
use super::quantity::Quantity;
use super::rows::{Counted, Rows};
use super::schema::Schema;
use super::text;

/// How many columns that differ are shown unfolded.
const OPEN: usize = 8;

/// How many cards of a table that differs are open even if their columns pass: what moved most tells why it differs.
const OPEN_OF_DIFFERING: usize = 3;

/// A table of an output.
#[derive(Debug, Template)]
#[template(path = "html/table.html")]
pub(super) struct Table {
    id: String,
    name: Markup,
    badge: Markup,
    format: &'static str,
    candidate: String,
    reference: String,
    counted: Option<Counted>,
    rows: Option<Rows>,
    schema: Schema,
    findings: Findings,
    columns: Vec<Column>,
    shared: String,
    moved: String,
    /// Columns that moved less than those that are drawn.
    rest: Vec<Line>,
    rest_left_out: Option<String>,
    still: Vec<Line>,
    still_count: String,
    still_left_out: Option<String>,
}

impl HtmlSafe for Table {}

/// A column in one line.
#[derive(Debug)]
struct Line {
    name: Markup,
    type_name: String,
    badge: Markup,
    moved: String,
    sentence: Markup,
    nulls: String,
    distinct: String,
    min: String,
    median: String,
    max: String,
    mean: String,
}

/// The anchor of a table.
pub(super) fn anchor(output: usize, table: usize) -> String {
    format!("t{output}-{table}")
}

impl Table {
    /// Shows a table at its place among the outputs.
    pub(super) fn new(
        table: &TableJudgement,
        (output, index): (usize, usize),
        budget: &mut Budget,
    ) -> Self {
        let column_id = |column: usize| format!("c{output}-{index}-{column}");
        let drawn = |column: usize| budget.draws((output, index, column));
        let mut columns = Vec::new();
        let (mut rest, mut still) = (Vec::new(), Vec::new());
        let mut open = OPEN;
        let mut anchors = BTreeMap::new();
        for (position, column) in table.columns.iter().enumerate() {
            if drawn(position) {
                let telling = table.verdict != Verdict::Pass && position < OPEN_OF_DIFFERING;
                let unfolded = open > 0 && (column.verdict != Verdict::Pass || telling);
                open -= usize::from(unfolded);
                anchors.insert(column.name.clone(), column_id(position));
                columns.push(Column::new(column, column_id(position), unfolded));
            } else if column::moved(column) {
                rest.push(column);
            } else {
                still.push(column);
            }
        }
        let quantity = |name: &str| {
            let column = table.columns.iter().find(|column| column.name == name);
            column.map_or(Quantity::Number, |column| Quantity::of(column.kind))
        };
        let moved = columns.len() + rest.len();
        let findings =
            Findings::new(&table.findings, budget, |column| anchors.get(column).cloned());
        let rows = table.rows.as_ref().map(|rows| Rows::new(rows, quantity, budget));
        let schema = Schema::new(table, budget);
        let rest_shown = budget.columns(rest.len());
        let still_shown = budget.columns(still.len());
        Self {
            id: anchor(output, index),
            name: text::name(&table.name),
            badge: badge::whole(table.verdict),
            format: table.format.as_str(),
            candidate: side(&table.candidate),
            reference: side(&table.reference),
            counted: table.rows.as_ref().map(Counted::new),
            rows,
            schema,
            findings,
            columns,
            shared: plural(table.columns.len(), "shared column"),
            moved: count_of(moved),
            rest_left_out: left_out(rest.len(), rest_shown),
            still_count: plural(still.len(), "column"),
            still_left_out: left_out(still.len(), still_shown),
            rest: rest[..rest_shown].iter().map(|column| Line::new(column)).collect(),
            still: still[..still_shown].iter().map(|column| Line::new(column)).collect(),
        }
    }
}

fn left_out(all: usize, shown: usize) -> Option<String> {
    (all > shown).then(|| count_of(all - shown))
}

fn side(side: &TableSide) -> String {
    format!(
        "{} rows in {}, {}",
        count(side.rows),
        plural(side.files.len(), "file"),
        bytes(side.bytes)
    )
}

impl Line {
    fn new(column: &ColumnJudgement) -> Self {
        let quantity = Quantity::of(column.kind);
        let side = &column.reference;
        let value = |value: Option<f64>| {
            value.map_or_else(|| "–".to_owned(), |value| quantity.value(value))
        };
        let numbers = side.numbers.as_ref();
        let median = numbers.and_then(|numbers| {
            numbers
                .quantiles
                .iter()
                .find(|quantile| (quantile.share - 0.5).abs() < 1e-9)
                .and_then(|quantile| quantile.value)
        });
        Self {
            name: text::name(&column.name),
            type_name: text::shorten(&column.type_name, 60),
            badge: badge::check(column.verdict),
            moved: column::distance(column),
            sentence: text::sentence(&column.sentence),
            nulls: count(side.nulls + side.nans),
            distinct: side.distinct.map_or_else(|| "–".to_owned(), count),
            min: value(numbers.and_then(|numbers| numbers.min)),
            median: value(median),
            max: value(numbers.and_then(|numbers| numbers.max)),
            mean: value(numbers.and_then(|numbers| numbers.mean)),
        }
    }
}
