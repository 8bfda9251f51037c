//! Numbers in order, as every test of two samples needs them.

use super::{Moments, order};
use crate::column::{KeySpace, float_key};

/// The values of one sample, sorted, with what is missing counted.
///
/// Not-a-number is missing: it is counted and left out of everything else. Infinite values take part in what rests on
/// order (quantiles, Kolmogorov-Smirnov, ranks) and not in what rests on sums ([`moments`](Self::moments)). Takes
/// `O(n log n)` time and 8 bytes a value.
///
/// ```
/// use reenact_validator::stats::Sample;
///
/// let sample = Sample::new([3.0, f64::NAN, 1.0, f64::INFINITY]);
/// assert_eq!((sample.len(), sample.missing(), sample.infinite()), (3, 1, 1));
/// assert_eq!(sample.moments().mean(), Some(2.0));
/// assert_eq!(sample.quantile(0.5), Some(3.0));
/// assert_eq!(Sample::new([]).quantile(0.5), None);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Keys that sort as the values do; see [`float_key`].
    keys: Vec<u64>,
    missing: u64,
    moments: Moments,
}

impl Sample {
    /// Takes values in any order.
    pub fn new(values: impl IntoIterator<Item = f64>) -> Self {
        let (mut keys, mut finite, mut missing) = (Vec::new(), Vec::new(), 0);
        for value in values {
            if value.is_nan() {
                missing += 1;
                continue;
            }
            keys.push(float_key(value));
            if value.is_finite() {
                finite.push(value);
            }
        }
        keys.sort_unstable();
        Self { keys, missing, moments: Moments::of(&finite) }
    }

    /// Returns how many values there are; those that are not a number do not count.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns how many of the given values were not a number.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Returns how many values are infinite.
    pub fn infinite(&self) -> u64 {
        self.keys.len() as u64 - self.moments.count()
    }

    /// Returns the values in ascending order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = f64> + DoubleEndedIterator {
        self.keys.iter().map(|key| KeySpace::Float.number(*key))
    }

    /// Returns count, mean and variance of the finite values.
    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    /// Returns the smallest value.
    pub fn min(&self) -> Option<f64> {
        self.values().next()
    }

    /// Returns the largest value.
    pub fn max(&self) -> Option<f64> {
        self.values().next_back()
    }

    /// Returns the quantile at `share`, from 0 to 1, interpolated linearly between the two nearest values (type 7 of
    /// Hyndman and Fan, 1996, the default of numpy and R); `None` without a value or with a share out of range.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        if !(0.0..=1.0).contains(&share) {
            return None;
        }
        order::quantile(self.len(), share, |index| self.value(index))
    }

    /// Returns how many distinct values there are.
    pub fn distinct(&self) -> u64 {
        let changes = self.keys.windows(2).filter(|pair| pair[0] != pair[1]).count();
        changes as u64 + u64::from(!self.is_empty())
    }

    /// Returns the skewness `m3 / m2^(3/2)` of the finite values, from central moments normalised by `n`; `None` if
    /// they do not vary.
    pub fn skewness(&self) -> Option<f64> {
        self.standardised_moment(3)
    }

    /// Returns the excess kurtosis `m4 / m2^2 - 3` of the finite values, 0 for a normal distribution, from central
    /// moments normalised by `n`; `None` if they do not vary.
    pub fn excess_kurtosis(&self) -> Option<f64> {
        Some(self.standardised_moment(4)? - 3.0)
    }

    fn standardised_moment(&self, power: i32) -> Option<f64> {
        let count = self.moments.count() as f64;
        let spread = (self.moments.variance()? * (count - 1.0) / count).sqrt();
        if spread <= 0.0 || !spread.is_finite() {
            return None;
        }
        let finite = self.values().filter(|value| value.is_finite());
        let sum: f64 =
            finite.map(|value| (self.moments.deviation(value) / spread).powi(power)).sum();
        Some(sum / count)
    }

    pub(crate) fn keys(&self) -> &[u64] {
        &self.keys
    }

    pub(crate) fn value(&self, index: usize) -> f64 {
        KeySpace::Float.number(self.keys[index])
    }

    /// Returns the finite values as a range of positions.
    pub(crate) fn finite(&self) -> std::ops::Range<usize> {
        let start = self.keys.partition_point(|key| *key <= float_key(f64::NEG_INFINITY));
        let end = self.keys.partition_point(|key| *key < float_key(f64::INFINITY));
        start..end
    }
}

impl FromIterator<f64> for Sample {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self::new(values)
    }
}
