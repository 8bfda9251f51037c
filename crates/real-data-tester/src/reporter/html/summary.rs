//! Both sides of a column in numbers, one above the other.

use askama::Template;
use askama::filters::HtmlSafe;
use reenact_validator::{ColumnJudgement, ColumnSummary, NumberSummary};

use super::categories::points;
use super::number::{count, percent, share, signed};
use super::quantity::Quantity;

/// The table of both summaries.
#[derive(Debug, Template)]
#[template(path = "html/summary.html")]
pub(super) struct Summary {
    measures: Vec<Measure>,
}

impl HtmlSafe for Summary {}

/// One number on both sides.
#[derive(Debug)]
struct Measure {
    name: String,
    reference: String,
    candidate: String,
    difference: String,
    differs: bool,
}

impl Summary {
    /// Summarises both sides of a column.
    pub(super) fn new(column: &ColumnJudgement) -> Self {
        let (ours, theirs) = (&column.candidate, &column.reference);
        let mut measures = vec![counted("rows", ours.rows, theirs.rows), missing(ours, theirs)];
        if ours.infinite + theirs.infinite > 0 {
            measures.push(counted("infinite", ours.infinite, theirs.infinite));
        }
        if let (Some(ours), Some(theirs)) = (ours.distinct, theirs.distinct) {
            measures.push(counted("distinct", ours, theirs));
        }
        if let (Some(ours), Some(theirs)) = (&ours.numbers, &theirs.numbers) {
            measures.extend(numbers(ours, theirs, Quantity::of(column.kind)));
        }
        Self { measures }
    }
}

fn counted(name: &str, candidate: u64, reference: u64) -> Measure {
    let difference = i128::from(candidate) - i128::from(reference);
    let size = count(u64::try_from(difference.unsigned_abs()).unwrap_or(u64::MAX));
    Measure {
        name: name.to_owned(),
        reference: count(reference),
        candidate: count(candidate),
        difference: match difference {
            0 => "0".to_owned(),
            1.. => format!("+{size}"),
            _ => format!("−{size}"),
        },
        differs: difference != 0,
    }
}

/// Nulls and not-a-number values: what is missing, with its share.
fn missing(candidate: &ColumnSummary, reference: &ColumnSummary) -> Measure {
    let number = |side: &ColumnSummary| side.nulls + side.nans;
    let rate = |side: &ColumnSummary| share(number(side), side.rows);
    let shown = |side: &ColumnSummary| format!("{} ({})", count(number(side)), percent(rate(side)));
    let nans = candidate.nans + reference.nans > 0;
    Measure {
        name: if nans { "null or NaN" } else { "null" }.to_owned(),
        reference: shown(reference),
        candidate: shown(candidate),
        difference: match points(rate(candidate) - rate(reference)).as_str() {
            "0" => "0".to_owned(),
            difference => format!("{difference} pp"),
        },
        differs: number(candidate) != number(reference),
    }
}

fn numbers(
    candidate: &NumberSummary,
    reference: &NumberSummary,
    quantity: Quantity,
) -> Vec<Measure> {
    let place = |name: &str, ours: Option<f64>, theirs: Option<f64>| Measure {
        name: name.to_owned(),
        reference: shown(theirs, |value| quantity.value(value)),
        candidate: shown(ours, |value| quantity.value(value)),
        difference: shown(difference(ours, theirs), |value| quantity.difference(value)),
        differs: ours != theirs,
    };
    let mut measures = vec![place("min", candidate.min, reference.min)];
    for (ours, theirs) in candidate.quantiles.iter().zip(&reference.quantiles) {
        let name = if (ours.share - 0.5).abs() < 1e-9 {
            "median".to_owned()
        } else {
            percentile(ours.share)
        };
        measures.push(place(&name, ours.value, theirs.value));
    }
    measures.push(place("max", candidate.max, reference.max));
    measures.push(place("mean", candidate.mean, reference.mean));
    measures.push(Measure {
        name: "sd".to_owned(),
        reference: shown(reference.sd, |sd| quantity.spread(sd)),
        candidate: shown(candidate.sd, |sd| quantity.spread(sd)),
        difference: shown(difference(candidate.sd, reference.sd), |value| {
            quantity.difference(value)
        }),
        differs: candidate.sd != reference.sd,
    });
    measures
}

fn difference(candidate: Option<f64>, reference: Option<f64>) -> Option<f64> {
    Some(candidate? - reference?)
}

fn shown(value: Option<f64>, write: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "–".to_owned(), write)
}

fn percentile(share: f64) -> String {
    format!("{}%", signed(share * 100.0).trim_start_matches('+'))
}
