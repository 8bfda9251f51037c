//! One side of a column in numbers.

use super::gather::{Content, Gathered, Numbers};
use crate::judgement::{ColumnSummary, NumberSummary, Quantile};
use crate::stats::quantile;

const SHARES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/// Describes one side of a column.
pub(crate) fn summarise(gathered: &Gathered) -> ColumnSummary {
    let (distinct, numbers) = match &gathered.content {
        Content::Empty => (Some(0), None),
        Content::Numbers(numbers) => (Some(distinct(&numbers.keys)), Some(describe(numbers))),
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
    let number = |index: usize| numbers.space.number(numbers.keys[index]);
    let last = numbers.keys.len().checked_sub(1);
    let at = |share| Quantile::new(share, finite(quantile(numbers.keys.len(), share, number)));
    NumberSummary {
        min: finite(last.map(|_| number(0))),
        max: finite(last.map(number)),
        mean: finite(numbers.moments.mean()),
        sd: finite(numbers.moments.sd()),
        quantiles: SHARES.map(at).to_vec(),
    }
}

fn distinct(sorted: &[u64]) -> u64 {
    let changes = sorted.windows(2).filter(|pair| pair[0] != pair[1]).count();
    changes as u64 + u64::from(!sorted.is_empty())
}

/// Keeps what JSON can hold.
pub(crate) fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}
