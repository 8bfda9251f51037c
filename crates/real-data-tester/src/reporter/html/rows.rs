//! How the rows of both sides compare: counts, examples before and after, changes by column.

use askama::Template;
use askama::filters::HtmlSafe;
use reenact_validator::{
    CellChange, ColumnChanges, KeyOrigin, RowComparison, RowExample, RowKey, Side,
};

use super::bars;
use super::cell::{cell, texts};
use super::limits::Budget;
use super::markup::Markup;
use super::number::{count, count_of, percent, share};
use super::quantity::Quantity;
use super::text;

/// The most columns of an example row.
const WIDE: usize = 40;

/// How many rows match: what stands first.
#[derive(Debug, Template)]
#[template(path = "html/counted.html")]
pub(super) struct Counted {
    bar: Markup,
    counts: Vec<Count>,
    key: Markup,
    notes: Vec<String>,
}

impl HtmlSafe for Counted {}

/// The rows that do not match.
#[derive(Debug, Template)]
#[template(path = "html/rows.html")]
pub(super) struct Rows {
    key_columns: Vec<Markup>,
    changed: Vec<Changed>,
    changed_left_out: Option<String>,
    lonely: Vec<Lonely>,
    columns: Vec<Changes>,
    columns_left_out: Option<String>,
}

impl HtmlSafe for Rows {}

#[derive(Debug)]
struct Count {
    class: &'static str,
    word: &'static str,
    number: String,
    share: String,
}

/// A pair of rows with the same key.
#[derive(Debug)]
struct Changed {
    key: Vec<Markup>,
    cells: Vec<Cell>,
    more: usize,
}

#[derive(Debug)]
struct Cell {
    column: Markup,
    before: Markup,
    after: Markup,
    difference: Option<String>,
}

/// Rows that one side alone has.
#[derive(Debug)]
struct Lonely {
    title: &'static str,
    header: Vec<Markup>,
    rows: Vec<Vec<Markup>>,
    total: String,
    columns_left_out: usize,
}

/// What changed in a column.
#[derive(Debug)]
struct Changes {
    column: Markup,
    changed: String,
    share: String,
    became_null: String,
    was_null: String,
    largest: Vec<Largest>,
}

#[derive(Debug)]
struct Largest {
    key: Markup,
    before: Markup,
    after: Markup,
    difference: Option<String>,
}

impl Counted {
    /// Counts the rows of a comparison.
    pub(super) fn new(rows: &RowComparison) -> Self {
        Self { bar: bars::rows(rows), counts: counts(rows), key: key(rows), notes: notes(rows) }
    }
}

impl Rows {
    /// Shows what differs in a comparison; `quantity` tells what the numbers of a column are.
    pub(super) fn new(
        rows: &RowComparison,
        quantity: impl Fn(&str) -> Quantity,
        budget: &mut Budget,
    ) -> Self {
        let pairs: Vec<&RowExample> =
            rows.examples.iter().filter(|example| example.only.is_none()).collect();
        let changed = changed(&pairs, &quantity, budget);
        let lonely = [
            (Side::Reference, "Only in production", rows.only_reference),
            (Side::Candidate, "Only here", rows.only_candidate),
        ];
        let columns_shown = budget.columns(rows.columns.len());
        Self {
            key_columns: rows.key.iter().flatten().map(|name| text::name(name)).collect(),
            changed_left_out: left_out(rows.changed, changed.len()),
            changed,
            lonely: lonely
                .into_iter()
                .filter_map(|(side, title, all)| one_sided(rows, side, title, all, budget))
                .collect(),
            columns: rows.columns[..columns_shown]
                .iter()
                .map(|column| changes(column, rows, &quantity))
                .collect(),
            columns_left_out: (rows.columns.len() > columns_shown)
                .then(|| count_of(rows.columns.len() - columns_shown)),
        }
    }
}

fn left_out(all: u64, shown: usize) -> Option<String> {
    let shown = u64::try_from(shown).unwrap_or(u64::MAX);
    (all > shown && shown > 0).then(|| count(all - shown))
}

fn counts(rows: &RowComparison) -> Vec<Count> {
    let all = rows.matched + rows.changed + rows.only_candidate + rows.only_reference;
    [
        ("b-same", "matched", rows.matched),
        ("b-changed", "changed", rows.changed),
        ("b-here", "only here", rows.only_candidate),
        ("b-there", "only in production", rows.only_reference),
    ]
    .map(|(class, word, number)| Count {
        class,
        word,
        number: count(number),
        share: percent(share(number, all)),
    })
    .into()
}

fn key(rows: &RowComparison) -> Markup {
    if rows.key.is_none() && rows.all_match() {
        return Markup::text("Every row has its equal on the other side.");
    }
    let Some(columns) = &rows.key else {
        return Markup::text(
            "No column tells the rows apart, so rows were compared as a whole: one that changed counts as one only here and one only in production.",
        );
    };
    let names = columns.iter().enumerate().fold(Markup::default(), |markup, (index, name)| {
        let markup = if index > 0 { markup.and(", ") } else { markup };
        markup.with(&text::name(name))
    });
    let origin = match rows.key_origin {
        KeyOrigin::Rules => ", as the rules say.",
        _ => ", which was found in the data: it is unique on both sides.",
    };
    Markup::text("Rows were paired by ").with(&names).and(origin)
}

fn notes(rows: &RowComparison) -> Vec<String> {
    let mut notes = Vec::new();
    if rows.within_tolerance > 0 {
        notes.push(format!(
            "Of the matched rows, {} are equal only within the tolerances.",
            count(rows.within_tolerance)
        ));
    }
    for (side, duplicates) in [
        ("the candidate", rows.duplicate_keys_candidate),
        ("production", rows.duplicate_keys_reference),
    ] {
        if let Some(duplicates) = duplicates.filter(|duplicates| *duplicates > 0) {
            notes.push(format!(
                "In {side}, {} rows repeat the key of another row.",
                count(duplicates)
            ));
        }
    }
    notes
}

fn changed(
    pairs: &[&RowExample],
    quantity: impl Fn(&str) -> Quantity,
    budget: &mut Budget,
) -> Vec<Changed> {
    let mut shown = Vec::new();
    for example in pairs {
        let cells = budget.cells(example.cells.len().min(WIDE));
        if cells == 0 {
            break;
        }
        shown.push(Changed {
            key: example.key.as_ref().map(values).unwrap_or_default(),
            cells: example.cells[..cells]
                .iter()
                .map(|change| before_and_after(change, quantity(&change.column)))
                .collect(),
            more: example.cells.len() - cells,
        });
    }
    shown
}

fn values(key: &RowKey) -> Vec<Markup> {
    key.values.iter().map(|value| cell(value.as_deref())).collect()
}

fn before_and_after(change: &CellChange, quantity: Quantity) -> Cell {
    let (before, after) = match (&change.reference, &change.candidate) {
        (Some(before), Some(after)) if change.difference.is_none() => texts(before, after),
        (before, after) => (cell(before.as_deref()), cell(after.as_deref())),
    };
    let difference = change.difference.map(|difference| quantity.difference(difference));
    Cell { column: text::name(&change.column), before, after, difference }
}

fn one_sided(
    rows: &RowComparison,
    side: Side,
    title: &'static str,
    all: u64,
    budget: &mut Budget,
) -> Option<Lonely> {
    let mut examples = rows.examples.iter().filter(|example| example.only == Some(side)).peekable();
    let header: Vec<&str> =
        examples.peek()?.cells.iter().map(|cell| cell.column.as_str()).collect();
    let shown = header.len().min(WIDE);
    let mut lines = Vec::new();
    for example in examples {
        if budget.cells(shown) < shown {
            break;
        }
        let value = |change: &CellChange| match side {
            Side::Candidate => cell(change.candidate.as_deref()),
            Side::Reference => cell(change.reference.as_deref()),
        };
        lines.push(example.cells.iter().take(shown).map(value).collect::<Vec<_>>());
    }
    if lines.is_empty() {
        return None;
    }
    Some(Lonely {
        title,
        header: header[..shown].iter().map(|name| text::name(name)).collect(),
        total: format!("{} of {}", count_of(lines.len()), count(all)),
        rows: lines,
        columns_left_out: header.len() - shown,
    })
}

fn changes(
    column: &ColumnChanges,
    rows: &RowComparison,
    quantity: impl Fn(&str) -> Quantity,
) -> Changes {
    let largest = column.largest.iter().take(3).map(|largest| {
        let Cell { before, after, difference, .. } =
            before_and_after(&largest.cell, quantity(&column.column));
        let key = values(&largest.key).iter().enumerate().fold(
            Markup::default(),
            |markup, (index, value)| {
                let markup = if index > 0 { markup.and(" · ") } else { markup };
                markup.with(value)
            },
        );
        Largest { key, before, after, difference }
    });
    let dash = |number: u64| if number == 0 { "–".to_owned() } else { count(number) };
    Changes {
        column: text::name(&column.column),
        changed: count(column.changed),
        share: percent(share(column.changed, rows.matched + rows.changed)),
        became_null: dash(column.became_null),
        was_null: dash(column.was_null),
        largest: largest.collect(),
    }
}
