//! Statistics of sorted samples, on order-preserving integer keys.
//!
//! Keys make comparisons exact and fast, whatever the values are: two samples are merged as
//! integers, and the distance of their distribution functions is an integer over `n1 * n2`.

use super::Alternative;

/// Where two empirical distribution functions are farthest apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Gap {
    /// The largest of `F1 - F2`, as `i * n2 - j * n1`: an integer, divided by `n1 * n2` a share.
    pub(crate) above: u128,
    /// The largest of `F2 - F1`, likewise.
    pub(crate) below: u128,
    pub(crate) n1: u64,
    pub(crate) n2: u64,
    /// The key at which the larger of the two is reached first; `None` if the functions are equal.
    pub(crate) at: Option<u64>,
    /// The shares of both samples at or below that key.
    pub(crate) shares: (f64, f64),
}

impl Gap {
    /// Returns the largest difference in a direction, as an integer over `n1 * n2`.
    pub(crate) fn of(&self, alternative: Alternative) -> u128 {
        match alternative {
            Alternative::TwoSided => self.above.max(self.below),
            Alternative::Less => self.below,
            Alternative::Greater => self.above,
        }
    }

    /// Returns Kolmogorov and Smirnov's D.
    pub(crate) fn distance(&self) -> f64 {
        self.above.max(self.below) as f64 / (u128::from(self.n1) * u128::from(self.n2)) as f64
    }
}

/// Returns the largest gap between the distribution functions of two sorted samples; `None` if
/// either is empty.
pub(crate) fn largest_gap(first: &[u64], second: &[u64]) -> Option<Gap> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let (n1, n2) = (first.len() as u128, second.len() as u128);
    let mut gap = Gap {
        above: 0,
        below: 0,
        n1: first.len() as u64,
        n2: second.len() as u64,
        at: None,
        shares: (0.0, 0.0),
    };
    let (mut i, mut j) = (0, 0);
    while i < first.len() && j < second.len() {
        let key = first[i].min(second[j]);
        // Steps over all equal values of both: the functions are compared only between values.
        while i < first.len() && first[i] == key {
            i += 1;
        }
        while j < second.len() && second[j] == key {
            j += 1;
        }
        let (left, right) = (i as u128 * n2, j as u128 * n1);
        if left.abs_diff(right) > gap.above.max(gap.below) {
            gap.at = Some(key);
            gap.shares = (i as f64 / n1 as f64, j as f64 / n2 as f64);
        }
        gap.above = gap.above.max(left.saturating_sub(right));
        gap.below = gap.below.max(right.saturating_sub(left));
    }
    Some(gap)
}

/// Returns the quantile at `share` of sorted values given by position, interpolated linearly
/// between the two nearest (Hyndman and Fan's type 7); `None` without a value.
pub(crate) fn quantile(length: usize, share: f64, value: impl Fn(usize) -> f64) -> Option<f64> {
    if length == 0 {
        return None;
    }
    let position = share * (length - 1) as f64;
    let below = (position.floor() as usize).min(length - 1);
    let above = (below + 1).min(length - 1);
    let (low, high) = (value(below), value(above));
    let weight = position - below as f64;
    // Equal ends first: the difference of two infinities is no number.
    Some(if low == high || weight == 0.0 { low } else { low + (high - low) * weight })
}
