//! How large a distance gets without a change: from random deals of the values to the two sides, or of many values by the limit.

use crate::stats::{Probability, SplitMix, normal_quantile};

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
    Some(NoDrift::of(distances, found))
}

impl NoDrift {
    fn of(mut distances: Vec<f64>, found: f64) -> Self {
        distances.sort_by(f64::total_cmp);
        let as_large = distances.iter().filter(|distance| **distance >= found).count();
        Self {
            quantile: distances[DEALS * 95 / 100],
            p: Probability::new((as_large + 1) as f64 / (DEALS + 1) as f64),
        }
    }
}

/// As [`no_drift`] of the first Wasserstein distance, by its limit for many values: `sqrt(1/n1 + 1/n2)` times the area below a Brownian
/// bridge, in absolute value, over the distribution of the reference (del Barrio, Giné and Matrán, 1999). Bridges are drawn at some
/// hundred positions, which stand close to each other in the tails; the same in every run.
///
/// The reference is given as numbers by position, ascending and finite. `None` if a side has no value.
pub(crate) fn no_drift_limit(
    (held, at): (usize, impl Fn(usize) -> f64),
    (n1, n2): (usize, usize),
    found: f64,
) -> Option<NoDrift> {
    if held < 2 || n1 == 0 || found == 0.0 {
        return None;
    }
    let positions = positions(held);
    let values: Vec<f64> = positions.iter().map(|position| at(*position)).collect();
    let share = |position: usize| (position + 1) as f64 / held as f64;
    let scale = (1.0 / n1 as f64 + 1.0 / n2 as f64).sqrt();
    let mut random = SplitMix::new(0);
    let mut distances = Vec::with_capacity(DEALS);
    let mut walk = Vec::with_capacity(positions.len());
    for _ in 0..DEALS {
        walk.clear();
        let (mut height, mut before) = (0.0, 0.0);
        for position in &positions {
            let share = share(*position);
            height += normal(&mut random) * (share - before).sqrt();
            before = share;
            walk.push(height);
        }
        let bridge = |index: usize| (walk[index] - share(positions[index]) * height).abs();
        let strip = |index: usize| bridge(index) * (values[index + 1] - values[index]);
        distances.push(scale * (0..values.len() - 1).map(strip).sum::<f64>());
    }
    Some(NoDrift::of(distances, found))
}

/// Returns the first and the last position, some evenly spread ones, and ever more of them towards both ends.
fn positions(held: usize) -> Vec<usize> {
    const EVENLY: usize = 256;
    let even = (0..=EVENLY).map(|part| (held - 1) * part / EVENLY);
    let steps = || (0..usize::BITS).map(|bits| 1_usize << bits).take_while(|step| *step < held);
    let ends = steps().flat_map(|step| [step, step + step / 2].map(|step| step.min(held - 1)));
    let mut positions: Vec<usize> =
        ends.flat_map(|step| [step, held - 1 - step]).chain(even).collect();
    positions.sort_unstable();
    positions.dedup();
    positions
}

/// Draws from the standard normal distribution.
fn normal(random: &mut SplitMix) -> f64 {
    let share = ((random.next() >> 11) as f64 + 0.5) * 2f64.powi(-53);
    normal_quantile(share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::wasserstein;

    fn draws(random: &mut SplitMix, count: usize) -> Vec<f64> {
        // Of another scale than 1, and skewed.
        let mut values: Vec<f64> =
            (0..count).map(|_| (normal(random) * 0.5).exp() * 30.0).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    #[test]
    fn without_a_change_the_limit_is_exceeded_in_about_five_of_a_hundred_samples() {
        let mut random = SplitMix::new(7);
        let (trials, mut beyond) = (400, 0);
        for _ in 0..trials {
            let (ours, theirs) = (draws(&mut random, 1_500), draws(&mut random, 1_000));
            let found = wasserstein((1_500, |at| ours[at]), (1_000, |at| theirs[at])).unwrap();
            let usual = no_drift_limit((1_000, |at| theirs[at]), (1_500, 1_000), found).unwrap();
            beyond += usize::from(found > usual.quantile);
        }
        // 20 are expected, with a standard deviation of 4.4 and that of the simulated quantile.
        assert!((8..=36).contains(&beyond), "{beyond} of {trials}");
    }

    #[test]
    fn a_change_is_beyond_the_limit() {
        let mut random = SplitMix::new(8);
        let theirs = draws(&mut random, 5_000);
        let found = 4.0;
        let usual = no_drift_limit((5_000, |at| theirs[at]), (5_000, 5_000), found).unwrap();
        assert!(usual.quantile < 1.0 && usual.p.value() <= 0.01, "{usual:?}");
        assert_eq!(no_drift_limit((1, |_| 0.0), (1, 1), 1.0), None);
    }
}
