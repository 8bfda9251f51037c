//! One side of a column in numbers.

use super::gather::{Content, Gathered};
use super::key::KeySpace;
use super::numbers::Numbers;
use crate::judgement::{ColumnSummary, NumberSummary, Quantile, TimeSummary};
use crate::stats::quantile;

const SHARES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/// Describes one side of a column.
pub(crate) fn summarise(gathered: &Gathered) -> ColumnSummary {
    let (distinct, numbers) = match &gathered.content {
        Content::Empty => (Some(0), None),
        Content::Numbers(numbers) => (numbers.distinct(), Some(describe(numbers))),
        Content::Categories(categories) => (categories.distinct(), None),
    };
    ColumnSummary {
        rows: gathered.rows,
        nulls: gathered.nulls,
        nans: gathered.nans,
        infinite: gathered.infinite,
        distinct,
        numbers,
    }
}

fn describe(numbers: &Numbers) -> NumberSummary {
    let number = |index: usize| numbers.at(index);
    let last = numbers.len().checked_sub(1);
    let at = |share| Quantile::new(share, finite(quantile(numbers.len(), share, number)));
    let mut summary = NumberSummary {
        min: finite(last.map(|_| number(0))),
        max: finite(last.map(number)),
        mean: finite(numbers.moments.mean()),
        sd: finite(numbers.moments.sd()),
        quantiles: SHARES.map(at).to_vec(),
        times: None,
    };
    summary.times = numbers.space.is_time().then(|| as_times(numbers.space, &summary));
    summary
}

fn as_times(space: KeySpace, summary: &NumberSummary) -> TimeSummary {
    let show = |value: Option<f64>| value.map(|value| space.show(value));
    TimeSummary {
        min: show(summary.min),
        max: show(summary.max),
        mean: show(summary.mean),
        quantiles: summary.quantiles.iter().map(|quantile| show(quantile.value)).collect(),
    }
}

/// Keeps what JSON can hold.
pub(crate) fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}
