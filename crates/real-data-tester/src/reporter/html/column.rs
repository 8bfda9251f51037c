//! One column that moved: its pictures, both summaries, its tests.

use askama::Template;
use askama::filters::HtmlSafe;
use reenact_validator::{ColumnJudgement, ColumnKind, Plot, Verdict};

use super::badge;
use super::bars;
use super::categories::Categories;
use super::distribution::{Distribution, Picture};
use super::evidence::Evidence;
use super::markup::Markup;
use super::number;
use super::quantity::Quantity;
use super::summary::Summary;
use super::text;

/// A column with everything that is known about it.
#[derive(Debug, Template)]
#[template(path = "html/column.html")]
pub(super) struct Column {
    id: String,
    open: bool,
    name: Markup,
    type_name: String,
    kind: &'static str,
    badge: Markup,
    moved: String,
    bar: Markup,
    sentence: Markup,
    distribution: Option<Distribution>,
    categories: Option<Categories>,
    summary: Summary,
    evidence: Evidence,
}

impl HtmlSafe for Column {}

/// Whether a column has anything to show: a deciding effect that is not zero, or no verdict.
pub(super) fn moved(column: &ColumnJudgement) -> bool {
    column.verdict != Verdict::Pass || column.moved > 0.0
}

/// Says what a column holds.
pub(super) fn kind(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Number => "number",
        ColumnKind::Time => "time",
        ColumnKind::Category => "category",
        ColumnKind::Text => "text",
        ColumnKind::Empty => "only nulls",
        _ => "other",
    }
}

/// Says how far a column moved.
pub(super) fn distance(column: &ColumnJudgement) -> String {
    match column.moved {
        0.0 => "0× margin".to_owned(),
        moved if moved < 0.01 => "<0.01× margin".to_owned(),
        moved if moved < 9.95 => format!("{moved:.2}× margin"),
        moved => format!("{}× margin", number::number(moved.round())),
    }
}

impl Column {
    /// Shows a column under the anchor `id`.
    pub(super) fn new(column: &ColumnJudgement, id: String, open: bool) -> Self {
        let quantity = Quantity::of(column.kind);
        let sides = [&column.candidate, &column.reference];
        let (mut distribution, mut categories) = (None, None);
        match &column.plot {
            Some(Plot::Distribution { histogram, ecdf, gap }) => {
                let picture =
                    Picture { column: &column.name, quantity, histogram, ecdf, gap: gap.as_ref() };
                distribution = Some(picture.draw(sides));
            }
            Some(Plot::Categories { top, other_candidate, other_reference }) => {
                categories = Some(Categories::new(top, *other_candidate, *other_reference));
            }
            _ => {}
        }
        Self {
            id,
            open,
            name: text::name(&column.name),
            type_name: text::shorten(&column.type_name, 60),
            kind: kind(column.kind),
            badge: badge::check(column.verdict),
            moved: distance(column),
            bar: bars::moved(column.moved, column.verdict),
            sentence: text::sentence(&column.sentence),
            distribution,
            categories,
            summary: Summary::new(column),
            evidence: Evidence::new(&column.tests),
        }
    }
}
