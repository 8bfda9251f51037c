//! The numbers of one side of a column: every one of them, or counted by cell.

use std::sync::Arc;

use super::key::KeySpace;
use crate::histogram::{Cell, Curves, GapBounds, KeyHistogram, Layout, Tally, gap_bounds};
use crate::stats::{Moments, largest_gap};

/// Numbers and times as sort keys.
#[derive(Debug)]
pub(crate) struct Numbers {
    pub(crate) space: KeySpace,
    /// Of the finite ones.
    pub(crate) moments: Moments,
    held: Held,
}

#[derive(Debug)]
enum Held {
    /// All keys, ascending once they are all there.
    Keys(Vec<u64>),
    /// While they stream by.
    Tally(Tally),
    Cells {
        histogram: KeyHistogram,
        curves: Curves,
    },
}

impl Numbers {
    /// Starts without a value. With a layout values are counted by cell, otherwise each is held.
    pub(crate) fn new(space: KeySpace, layout: Option<&Arc<Layout>>) -> Self {
        let held = match layout {
            None => Held::Keys(Vec::new()),
            Some(layout) => Held::Tally(Tally::new(Arc::clone(layout))),
        };
        Self { space, moments: Moments::default(), held }
    }

    /// Takes numbers that were counted before: by cell, or if all are known and few, each by itself.
    pub(crate) fn of_histogram(
        space: KeySpace,
        moments: Moments,
        histogram: KeyHistogram,
        listed: bool,
    ) -> Self {
        let held = if listed {
            Held::Keys(histogram.keys())
        } else {
            let curves = Curves::of(&histogram);
            Held::Cells { histogram, curves }
        };
        Self { space, moments, held }
    }

    /// Adds some keys, and the finite ones of the numbers that they stand for.
    pub(crate) fn add(&mut self, keys: &[u64], finite: &[f64]) {
        match &mut self.held {
            Held::Keys(held) => held.extend_from_slice(keys),
            Held::Tally(tally) => tally.add(keys),
            Held::Cells { .. } => {}
        }
        self.moments = self.moments.merge(Moments::of(finite));
    }

    /// Brings everything into order after the last value.
    pub(crate) fn finish(&mut self) {
        match &mut self.held {
            Held::Keys(keys) => keys.sort_unstable(),
            Held::Tally(tally) => {
                let histogram = tally.finish();
                self.set_cells(histogram);
            }
            Held::Cells { .. } => {}
        }
    }

    /// Takes in the same numbers as they were counted in other cells.
    pub(crate) fn set_cells(&mut self, histogram: KeyHistogram) {
        let curves = Curves::of(&histogram);
        self.held = Held::Cells { histogram, curves };
    }

    /// Returns about how many bytes this takes.
    pub(crate) fn bytes(&self) -> u64 {
        let bytes = match &self.held {
            Held::Keys(keys) => size_of_val(keys.as_slice()),
            Held::Tally(_) => 0,
            Held::Cells { histogram, curves } => {
                let steps = curves.lower.steps.len() + curves.upper.steps.len();
                size_of_val(histogram.cells()) + steps * size_of::<(u64, u64)>()
            }
        };
        bytes as u64
    }

    /// Returns all values, sorted, if each is held.
    pub(crate) fn sorted_keys(&self) -> Option<&[u64]> {
        match &self.held {
            Held::Keys(keys) => Some(keys),
            _ => None,
        }
    }

    /// Returns the cells, if values were counted by cell.
    pub(crate) fn histogram(&self) -> Option<&KeyHistogram> {
        match &self.held {
            Held::Cells { histogram, .. } => Some(histogram),
            _ => None,
        }
    }

    /// Returns how many values there are.
    pub(crate) fn len(&self) -> usize {
        match &self.held {
            Held::Keys(keys) => keys.len(),
            Held::Tally(_) => 0,
            Held::Cells { curves, .. } => curves.total() as usize,
        }
    }

    /// Returns the key of the value at a position in ascending order; where only its bounds are known, the
    /// middle of them. The position must be below the length.
    pub(crate) fn key_at(&self, position: usize) -> u64 {
        match &self.held {
            Held::Keys(keys) => keys[position],
            Held::Tally(_) => 0,
            Held::Cells { curves, .. } => {
                let (low, high) = curves.position(position as u64).unwrap_or_default();
                low + (high - low) / 2
            }
        }
    }

    /// Returns the number at a position, as [`key_at`](Self::key_at).
    pub(crate) fn at(&self, position: usize) -> f64 {
        self.space.number(self.key_at(position))
    }

    /// Returns how many values are at or below a key; where only bounds are known, the middle of them.
    pub(crate) fn rank(&self, key: u64) -> usize {
        match &self.held {
            Held::Keys(keys) => keys.partition_point(|other| *other <= key),
            Held::Tally(_) => 0,
            Held::Cells { curves, .. } => {
                let (least, most) = curves.rank(key);
                u64::midpoint(least, most) as usize
            }
        }
    }

    /// Returns how many values come before the first for which this does not hold.
    pub(crate) fn count_while(&self, holds: impl Fn(f64) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if holds(self.at(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Returns the positions of the finite values.
    pub(crate) fn finite(&self) -> std::ops::Range<usize> {
        let start = self.count_while(|number| number == f64::NEG_INFINITY);
        start..self.count_while(|number| number < f64::INFINITY).max(start)
    }

    /// Returns ascending numbers, each with how many values it stands for.
    ///
    /// Where values were counted by cell, half of those of a cell stand at either end.
    pub(crate) fn weighted(&self) -> Vec<(f64, u64)> {
        let exact;
        let histogram = match &self.held {
            Held::Cells { histogram, .. } => histogram,
            Held::Keys(keys) => {
                exact = KeyHistogram::of_sorted(keys);
                &exact
            }
            Held::Tally(_) => return Vec::new(),
        };
        let mut weighted = Vec::with_capacity(2 * histogram.cells().len());
        for cell in histogram.cells() {
            let half = cell.count / 2;
            weighted.push((self.space.number(cell.low), cell.count - half));
            if half > 0 {
                weighted.push((self.space.number(cell.high), half));
            }
        }
        weighted
    }

    /// Returns how many distinct values there are, if that is known.
    pub(crate) fn distinct(&self) -> Option<u64> {
        match &self.held {
            Held::Keys(keys) => Some(keys.chunk_by(|one, next| one == next).count() as u64),
            Held::Cells { histogram, .. } if histogram.is_exact() => {
                let of = |cell: &Cell| if cell.low == cell.high { 1 } else { 2 };
                Some(histogram.cells().iter().map(of).sum())
            }
            _ => None,
        }
    }
}

/// Returns what is certain of the largest gap between two sides; `None` if either is empty.
pub(crate) fn gap(ours: &Numbers, theirs: &Numbers) -> Option<GapBounds> {
    match (&ours.held, &theirs.held) {
        (Held::Keys(first), Held::Keys(second)) => {
            let gap = largest_gap(first, second)?;
            Some(GapBounds { most: gap.above.max(gap.below), least: gap })
        }
        (Held::Cells { curves: first, .. }, Held::Cells { curves: second, .. }) => {
            gap_bounds(first, second)
        }
        _ => None,
    }
}
