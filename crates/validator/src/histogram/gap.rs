//! Certain bounds of the largest gap between two distribution functions.

use super::Curves;
use super::curve::Curve;
use crate::stats::Gap;

/// What is certain of the gap between two samples that are known by cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GapBounds {
    /// The gap that there is at least, and where.
    pub(crate) least: Gap,
    /// The largest `|F1 - F2|` that can be, as an integer over `n1 * n2`.
    pub(crate) most: u128,
}

impl GapBounds {
    /// Whether the least and the largest possible gap are one.
    pub(crate) fn is_exact(&self) -> bool {
        self.most == self.least.above.max(self.least.below)
    }

    /// Returns the largest possible distance.
    pub(crate) fn largest_distance(&self) -> f64 {
        self.most as f64 / (u128::from(self.least.n1) * u128::from(self.least.n2)) as f64
    }
}

/// How far apart the functions can be between one key and the next.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: u64,
    /// The least and the largest of `F1 - F2`, as integers over `n1 * n2`.
    difference: (i128, i128),
    /// The shares at or below, as sums of the bounds.
    counts: (u64, u64, u64, u64),
}

/// Returns the bounds of the gap; `None` if either sample is empty.
pub(crate) fn gap_bounds(first: &Curves, second: &Curves) -> Option<GapBounds> {
    let (n1, n2) = (first.total(), second.total());
    if n1 == 0 || n2 == 0 {
        return None;
    }
    let mut gap = Gap { above: 0, below: 0, n1, n2, at: None, shares: (0.0, 0.0) };
    let mut most = 0_u128;
    for stretch in stretches(first, second) {
        let (low, high) = stretch.difference;
        let above = low.max(0).unsigned_abs();
        let below = high.min(0).unsigned_abs();
        if above.max(below) > gap.above.max(gap.below) {
            gap.at = Some(stretch.from);
            gap.shares = stretch.shares(n1, n2);
        }
        gap.above = gap.above.max(above);
        gap.below = gap.below.max(below);
        most = most.max(stretch.reach());
    }
    Some(GapBounds { least: gap, most })
}

impl Stretch {
    /// Returns the largest possible `|F1 - F2|`.
    fn reach(&self) -> u128 {
        self.difference.0.unsigned_abs().max(self.difference.1.unsigned_abs())
    }

    fn shares(&self, n1: u64, n2: u64) -> (f64, f64) {
        let (l1, u1, l2, u2) = self.counts;
        let share = |low: u64, high: u64, n: u64| f64::midpoint(low as f64, high as f64) / n as f64;
        (share(l1, u1, n1), share(l2, u2, n2))
    }
}

/// Walks over all keys at which one of the four curves steps.
fn stretches<'a>(first: &'a Curves, second: &'a Curves) -> impl Iterator<Item = Stretch> + 'a {
    let (n1, n2) = (i128::from(first.total()), i128::from(second.total()));
    let mut walks = [&first.lower, &first.upper, &second.lower, &second.upper].map(Walk::new);
    std::iter::from_fn(move || {
        let key = walks.iter().filter_map(Walk::next_key).min()?;
        for walk in &mut walks {
            walk.step_to(key);
        }
        let [l1, u1, l2, u2] = [0, 1, 2, 3].map(|index| walks[index].height);
        let least = i128::from(l1) * n2 - i128::from(u2) * n1;
        let largest = i128::from(u1) * n2 - i128::from(l2) * n1;
        Some(Stretch { from: key, difference: (least, largest), counts: (l1, u1, l2, u2) })
    })
}

struct Walk<'a> {
    steps: &'a [(u64, u64)],
    next: usize,
    height: u64,
}

impl<'a> Walk<'a> {
    fn new(curve: &'a Curve) -> Self {
        Self { steps: &curve.steps, next: 0, height: 0 }
    }

    fn next_key(&self) -> Option<u64> {
        self.steps.get(self.next).map(|step| step.0)
    }

    fn step_to(&mut self, key: u64) {
        if let Some(step) = self.steps.get(self.next).filter(|step| step.0 == key) {
            self.height = step.1;
            self.next += 1;
        }
    }
}
