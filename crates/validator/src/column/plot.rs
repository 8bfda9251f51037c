//! The numbers to draw a column from.

use super::gather::Categories;
use super::key::KeySpace;
use super::numbers::Numbers;
use crate::histogram::GapBounds;
use crate::judgement::{Category, EcdfPoint, HistogramBin, Plot};

/// The most bins of a histogram.
const BINS: usize = 40;

/// The most points of a distribution function.
const POINTS: usize = 200;

/// The most categories that are drawn.
const TOP: usize = 20;

/// Draws numbers or times; `None` if neither side has a finite value.
pub(crate) fn draw_numbers(
    candidate: &Numbers,
    reference: &Numbers,
    gap: Option<&GapBounds>,
) -> Option<Plot> {
    let space = reference.space;
    let sides = [candidate, reference].map(|side| (side, side.finite()));
    let held = || sides.iter().filter(|(_, finite)| !finite.is_empty());
    let low = held().map(|(side, finite)| side.at(finite.start)).reduce(f64::min)?;
    let high = held().map(|(side, finite)| side.at(finite.end - 1)).reduce(f64::max)?;
    let histogram = histogram((low, high), candidate, reference);
    let gap = gap.and_then(|gap| {
        let at = space.number(gap.least.at?);
        at.is_finite().then(|| EcdfPoint::new(at, gap.least.shares.0, gap.least.shares.1))
    });
    Some(Plot::Distribution { histogram, ecdf: ecdf(space, candidate, reference), gap })
}

fn histogram(
    (low, high): (f64, f64),
    candidate: &Numbers,
    reference: &Numbers,
) -> Vec<HistogramBin> {
    let step = high / BINS as f64 - low / BINS as f64;
    if step <= 0.0 || low + step == low {
        let mut bin = HistogramBin::new(low, high);
        bin.candidate = candidate.finite().len() as u64;
        bin.reference = reference.finite().len() as u64;
        return vec![bin];
    }
    let edge = |index: usize| match index {
        0 => low,
        BINS => high,
        // Halved, since the width of the whole range may exceed the largest double.
        _ => 2.0 * (low / 2.0 + step / 2.0 * index as f64),
    };
    let mut bins: Vec<HistogramBin> =
        (0..BINS).map(|index| HistogramBin::new(edge(index), edge(index + 1))).collect();
    let counts = |side: &Numbers| -> Vec<u64> {
        let finite = side.finite();
        let below = |edge: f64| side.count_while(|number| number < edge).max(finite.start);
        let mut starts: Vec<usize> = bins.iter().map(|bin| below(bin.from)).collect();
        starts.push(finite.end);
        starts.windows(2).map(|pair| (pair[1] - pair[0]) as u64).collect()
    };
    let (ours, theirs) = (counts(candidate), counts(reference));
    for ((bin, ours), theirs) in bins.iter_mut().zip(ours).zip(theirs) {
        bin.candidate = ours;
        bin.reference = theirs;
    }
    bins
}

/// Samples both functions at quantiles of either side, so that steps show where the values are.
fn ecdf(space: KeySpace, candidate: &Numbers, reference: &Numbers) -> Vec<EcdfPoint> {
    let mut keys = Vec::with_capacity(POINTS);
    for side in [candidate, reference] {
        let finite = side.finite();
        let points = (POINTS / 2).min(finite.len());
        let last = points.saturating_sub(1).max(1);
        let position = |point: usize| finite.start + point * (finite.len() - 1) / last;
        keys.extend((0..points).map(|point| side.key_at(position(point))));
    }
    keys.sort_unstable();
    keys.dedup();
    let share = |side: &Numbers, key: u64| {
        if side.len() == 0 { 0.0 } else { side.rank(key) as f64 / side.len() as f64 }
    };
    let point =
        |key| EcdfPoint::new(space.number(key), share(candidate, key), share(reference, key));
    keys.into_iter().map(point).collect()
}

/// Draws the most frequent categories of either side.
pub(crate) fn draw_categories(candidate: &Categories, reference: &Categories) -> Plot {
    let count = |side: &Categories, value: &str| side.counts.get(value).copied().unwrap_or(0);
    let mut all: Vec<&String> = candidate.counts.keys().chain(reference.counts.keys()).collect();
    all.sort_unstable();
    all.dedup();
    let mut top: Vec<Category> = all
        .into_iter()
        .map(|value| Category::new(value.clone(), count(candidate, value), count(reference, value)))
        .collect();
    // The sort is stable: equally frequent categories stay in alphabetical order.
    top.sort_by_key(|category| std::cmp::Reverse(category.candidate.max(category.reference)));
    let rest = top.split_off(top.len().min(TOP));
    Plot::Categories {
        top,
        other_candidate: rest.iter().map(|category| category.candidate).sum(),
        other_reference: rest.iter().map(|category| category.reference).sum(),
    }
}
