//! The differences between the columns that both sides declare.

use askama::Template;
use askama::filters::HtmlSafe;
use reenact_validator::{ColumnType, TableJudgement};

use super::limits::Budget;
use super::markup::Markup;
use super::number::{count_of, plural};
use super::text;

/// Both schemas, by their differences.
#[derive(Debug, Template)]
#[template(path = "html/schema.html")]
pub(super) struct Schema {
    sentence: String,
    rows: Vec<Row>,
    left_out: Option<String>,
}

impl HtmlSafe for Schema {}

#[derive(Debug)]
struct Row {
    name: Markup,
    reference: Option<String>,
    candidate: Option<String>,
    what: &'static str,
}

impl Schema {
    /// Compares the declared columns of a table.
    pub(super) fn new(table: &TableJudgement, budget: &mut Budget) -> Self {
        let (ours, theirs) = (&table.candidate.columns, &table.reference.columns);
        let find = |columns: &[ColumnType], name: &str| {
            columns.iter().find(|column| column.name == name).cloned()
        };
        let mut rows: Vec<Row> = theirs
            .iter()
            .filter_map(|column| differing(Some(column), find(ours, &column.name).as_ref()))
            .collect();
        let extra = ours.iter().filter(|column| find(theirs, &column.name).is_none());
        rows.extend(extra.filter_map(|column| differing(None, Some(column))));
        let all = rows.len();
        let same_order =
            ours.iter().map(|column| &column.name).eq(theirs.iter().map(|column| &column.name));
        let sentence = match (all, same_order) {
            (0, true) => format!("{}, the same on both sides.", plural(theirs.len(), "column")),
            (0, false) => format!(
                "{}, the same on both sides but in another order.",
                plural(theirs.len(), "column")
            ),
            _ => format!(
                "{} here, {} in production; these differ:",
                plural(ours.len(), "column"),
                count_of(theirs.len())
            ),
        };
        let shown = budget.lines(all);
        rows.truncate(shown);
        Self { sentence, rows, left_out: (all > shown).then(|| count_of(all - shown)) }
    }
}

fn differing(reference: Option<&ColumnType>, candidate: Option<&ColumnType>) -> Option<Row> {
    let what = match (reference, candidate) {
        (Some(theirs), Some(ours)) if theirs.type_name != ours.type_name => "another type",
        (Some(theirs), Some(ours)) if theirs.nullable != ours.nullable => "another nullability",
        (Some(_), Some(_)) | (None, None) => return None,
        (Some(_), None) => "missing here",
        (None, Some(_)) => "only here",
    };
    let name = &reference.or(candidate)?.name;
    let describe = |column: &ColumnType| {
        let nullable = if column.nullable { "" } else { ", not null" };
        format!("{}{nullable}", text::shorten(&column.type_name, 160))
    };
    Some(Row {
        name: text::name(name),
        reference: reference.map(describe),
        candidate: candidate.map(describe),
        what,
    })
}
