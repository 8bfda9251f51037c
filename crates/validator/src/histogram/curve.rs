//! Certain bounds of an empirical distribution function and of its quantiles.

use super::KeyHistogram;

/// Two step functions that enclose the number of values at or below each key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Curves {
    /// As if every value were as large as its cell allows.
    pub(crate) lower: Curve,
    /// As if every value were as small as its cell allows.
    pub(crate) upper: Curve,
    total: u64,
}

/// A step function: ascending keys, and how many values are at or below each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Curve {
    pub(crate) steps: Vec<(u64, u64)>,
}

impl Curves {
    pub(crate) fn of(histogram: &KeyHistogram) -> Self {
        let mut lower = Vec::with_capacity(2 * histogram.cells().len());
        let mut upper = Vec::with_capacity(2 * histogram.cells().len());
        for cell in histogram.cells() {
            if cell.low == cell.high {
                lower.push((cell.low, cell.count));
                upper.push((cell.low, cell.count));
            } else {
                // Both ends occur; where the others are is not known.
                lower.extend([(cell.low, 1), (cell.high, cell.count - 1)]);
                upper.extend([(cell.low, cell.count - 1), (cell.high, 1)]);
            }
        }
        Self { lower: Curve::of(lower), upper: Curve::of(upper), total: histogram.total() }
    }

    /// Returns how many values there are.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Returns the least and the most values that can be at or below a key.
    pub(crate) fn rank(&self, key: u64) -> (u64, u64) {
        (self.lower.at(key), self.upper.at(key))
    }

    /// Returns the least and the largest key that the value at a position, counted from 0, can have.
    pub(crate) fn position(&self, position: u64) -> Option<(u64, u64)> {
        Some((self.upper.position(position)?, self.lower.position(position)?))
    }

    /// Returns how many values can be at or below a key at the most, less how many at the least, where
    /// that is largest.
    #[cfg(test)]
    pub(crate) fn uncertainty(&self) -> u64 {
        let keys = self.lower.steps.iter().chain(&self.upper.steps).map(|step| step.0);
        let gap = |key| self.upper.at(key) - self.lower.at(key);
        keys.map(gap).max().unwrap_or(0)
    }
}

impl Curve {
    /// Sums up counts by key, given in any order.
    fn of(mut counts: Vec<(u64, u64)>) -> Self {
        // Cells that do not overlap, as those of one count, are in order already.
        if !counts.is_sorted_by_key(|count| count.0) {
            counts.sort_unstable_by_key(|count| count.0);
        }
        let mut sum = 0;
        let mut steps: Vec<(u64, u64)> = Vec::with_capacity(counts.len());
        for (key, count) in counts {
            sum += count;
            match steps.last_mut() {
                Some(last) if last.0 == key => last.1 = sum,
                _ => steps.push((key, sum)),
            }
        }
        Self { steps }
    }

    fn at(&self, key: u64) -> u64 {
        let after = self.steps.partition_point(|step| step.0 <= key);
        after.checked_sub(1).map_or(0, |last| self.steps[last].1)
    }

    fn position(&self, position: u64) -> Option<u64> {
        let at = self.steps.partition_point(|step| step.1 <= position);
        self.steps.get(at).map(|step| step.0)
    }
}
