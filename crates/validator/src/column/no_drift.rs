//! How large a distance gets without a change: from random deals of the values to the two sides.

use crate::stats::{Probability, SplitMix};

/// How many deals there are.
const DEALS: usize = 99;

/// How many values both sides may have together.
const MOST_VALUES: usize = 2_000;

/// What a distance is without a change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NoDrift {
    /// In 95 of 100 cases it is at most this.
    pub(crate) quantile: f64,
    /// The chance of a distance at least as large as the one found: `(1 + as large) / 100` (Davison and Hinkley, 1997, eq. 4.11).
    pub(crate) p: Probability,
}

/// Deals the values to sides of the same sizes again and again, the same in every run, and measures the distance each time; `None` of
/// more values than can be dealt in little time, or if a side has none.
pub(crate) fn no_drift(
    ours: &[u64],
    theirs: &[u64],
    found: f64,
    distance: impl Fn(&[u64], &[u64]) -> Option<f64>,
) -> Option<NoDrift> {
    if ours.is_empty() || theirs.is_empty() || ours.len() + theirs.len() > MOST_VALUES {
        return None;
    }
    let mut values = [ours, theirs].concat();
    let mut random = SplitMix::new(0);
    let mut distances = Vec::with_capacity(DEALS);
    for _ in 0..DEALS {
        for index in 0..ours.len() {
            let other = index + random.below((values.len() - index) as u64) as usize;
            values.swap(index, other);
        }
        let (one, other) = values.split_at_mut(ours.len());
        one.sort_unstable();
        other.sort_unstable();
        distances.push(distance(one, other)?);
    }
    distances.sort_by(f64::total_cmp);
    let as_large = distances.iter().filter(|distance| **distance >= found).count();
    Some(NoDrift {
        quantile: distances[DEALS * 95 / 100],
        p: Probability::new((as_large + 1) as f64 / (DEALS + 1) as f64),
    })
}
