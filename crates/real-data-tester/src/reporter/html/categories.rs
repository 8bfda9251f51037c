//! The shares of the categories of a column on both sides, as a table with bars.

use askama::Template;
use askama::filters::HtmlSafe;
use reenact_validator::Category;

use super::bars;
use super::cell::cell;
use super::markup::Markup;
use super::number::{count, percent, share};

/// Category bars.
#[derive(Debug, Template)]
#[template(path = "html/categories.html")]
pub(super) struct Categories {
    rows: Vec<Row>,
}

impl HtmlSafe for Categories {}

#[derive(Debug)]
struct Row {
    value: Markup,
    bar: Markup,
    reference: String,
    reference_share: String,
    candidate: String,
    candidate_share: String,
    difference: String,
}

impl Categories {
    /// Shows the most frequent categories and what is in none of them.
    pub(super) fn new(top: &[Category], other_candidate: u64, other_reference: u64) -> Self {
        let ours = top.iter().map(|category| category.candidate).sum::<u64>() + other_candidate;
        let theirs = top.iter().map(|category| category.reference).sum::<u64>() + other_reference;
        let others = (other_candidate + other_reference > 0).then(|| {
            (Markup::default().fixed("<i>all others</i>"), other_candidate, other_reference)
        });
        let all: Vec<(Markup, u64, u64)> = top
            .iter()
            .map(|category| (cell(Some(&category.value)), category.candidate, category.reference))
            .chain(others)
            .collect();
        let largest = all
            .iter()
            .map(|(_, candidate, reference)| share(*candidate, ours).max(share(*reference, theirs)))
            .fold(0.0, f64::max);
        let row = |(value, candidate, reference): (Markup, u64, u64)| {
            let (here, there) = (share(candidate, ours), share(reference, theirs));
            Row {
                value,
                bar: bars::category(here, there, largest),
                reference: count(reference),
                reference_share: percent(there),
                candidate: count(candidate),
                candidate_share: percent(here),
                difference: points(here - there),
            }
        };
        Self { rows: all.into_iter().map(row).collect() }
    }
}

/// The difference of two shares in percentage points.
pub(super) fn points(difference: f64) -> String {
    let points = difference * 100.0;
    match points.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.005 => "≈0".to_owned(),
        _ => format!("{points:+.2}").replace('-', "−"),
    }
}
