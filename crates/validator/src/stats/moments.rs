//! Count, mean and variance as an accumulator that can be split and merged.

use serde::{Deserialize, Deserializer, Serialize};

/// Count, sum and squared deviations of finite numbers.
///
/// Parts can be accumulated apart and merged:
///
/// ```
/// use reenact_validator::stats::Moments;
///
/// let mut one = Moments::default();
/// one.add(1.0);
/// let both = one.merge(Moments::of(&[2.0, 6.0]));
/// assert_eq!((both.count(), both.mean(), both.variance()), (3, Some(3.0), Some(7.0)));
/// ```
///
/// The sum is kept in two doubles (Neumaier's compensated summation), and so is the mean, so that
/// neither values that cancel nor a large offset cost precision. Squared deviations follow Welford for
/// single values and Chan, Golub and `LeVeque` (1979) for merging.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    count: u64,
    #[serde(deserialize_with = "null_is_infinite")]
    sum: f64,
    /// What `sum` lost to rounding.
    #[serde(deserialize_with = "null_is_infinite")]
    lost: f64,
    #[serde(deserialize_with = "null_is_infinite")]
    squares: f64,
}

/// JSON has no infinity, and serde writes null for it.
fn null_is_infinite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
}

/// How many sums run side by side, so that none waits for itself.
const LANES: usize = 8;

impl Moments {
    /// Adds one finite value.
    pub fn add(&mut self, value: f64) {
        let before = self.deviation(value);
        let first = self.count == 0;
        self.count += 1;
        self.add_to_sum(value);
        if !first {
            self.squares += before * self.deviation(value);
        }
    }

    /// Returns the moments of a slice of finite values, in two passes.
    pub fn of(values: &[f64]) -> Self {
        let (lanes, tail) = values.as_chunks::<LANES>();
        let (mut sums, mut lost) = ([0.0; LANES], [0.0; LANES]);
        for lane in lanes {
            for at in 0..LANES {
                // Knuth's form of the compensated sum, which has no branch.
                let sum = sums[at] + lane[at];
                let added = sum - sums[at];
                lost[at] += (sums[at] - (sum - added)) + (lane[at] - added);
                sums[at] = sum;
            }
        }
        let mut moments = Self { count: values.len() as u64, ..Self::default() };
        sums.iter().chain(tail).for_each(|value| moments.add_to_sum(*value));
        moments.lost += lost.iter().sum::<f64>();
        let (mean, rest) = moments.exact_mean();
        let square = |value: f64| ((value - mean) - rest) * ((value - mean) - rest);
        let mut squares = [0.0; LANES];
        for lane in lanes {
            for at in 0..LANES {
                squares[at] += square(lane[at]);
            }
        }
        moments.squares = squares.into_iter().chain(tail.iter().map(|value| square(*value))).sum();
        moments
    }

    /// Returns the moments of `count` values of which only mean and variance (normalised by `n - 1`) are known; `None` if
    /// these are not finite, the variance is negative, or there is no value.
    pub fn from_summary(count: u64, mean: f64, variance: f64) -> Option<Self> {
        let sum = mean * count as f64;
        let squares = variance * count.saturating_sub(1) as f64;
        let valid = count > 0 && sum.is_finite() && squares.is_finite() && squares >= 0.0;
        valid.then_some(Self { count, sum, lost: 0.0, squares })
    }

    /// Returns the moments of both together.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        if self.count == 0 || other.count == 0 {
            return if self.count == 0 { other } else { self };
        }
        let (left, right) = (self.count as f64, other.count as f64);
        let (mean, rest) = other.exact_mean();
        let delta = self.deviation(mean) + rest;
        let mut whole = self;
        whole.count += other.count;
        whole.add_to_sum(other.sum);
        whole.lost += other.lost;
        whole.squares =
            self.squares + other.squares + delta * delta * left * (right / (left + right));
        whole
    }

    /// Returns the moments with infinity in the place of whatever is too large to compute with.
    pub(crate) fn or_infinite(self) -> Self {
        let settle = |value: f64| if value.is_finite() { value } else { f64::INFINITY };
        Self {
            count: self.count,
            sum: settle(self.sum),
            lost: settle(self.lost),
            squares: settle(self.squares),
        }
    }

    fn add_to_sum(&mut self, value: f64) {
        let sum = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - sum) + value
        } else {
            (value - sum) + self.sum
        };
        self.sum = sum;
    }

    /// Returns the mean and what it lost to rounding; zeros without a value.
    fn exact_mean(&self) -> (f64, f64) {
        if self.count == 0 {
            return (0.0, 0.0);
        }
        let count = self.count as f64;
        let mean = (self.sum + self.lost) / count;
        (mean, (mean.mul_add(-count, self.sum) + self.lost) / count)
    }

    /// Returns how far a value is from the mean, with what the mean lost to rounding.
    pub(crate) fn deviation(&self, value: f64) -> f64 {
        let (mean, rest) = self.exact_mean();
        (value - mean) - rest
    }

    /// Returns how many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the mean, or `None` without a value.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.exact_mean().0)
    }

    /// Returns this mean minus another, with what both lost to rounding; `None` without a value.
    pub(crate) fn mean_difference(&self, other: &Self) -> Option<f64> {
        let ((mean, rest), (other_mean, other_rest)) = (self.exact_mean(), other.exact_mean());
        let both = self.count > 0 && other.count > 0;
        both.then_some((mean - other_mean) + (rest - other_rest))
    }

    /// Returns the variance, normalised by `n - 1`, or `None` with fewer than two values.
    pub fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.squares.max(0.0) / (self.count - 1) as f64)
    }

    /// Returns the sum of squared deviations from the mean.
    pub(crate) fn squares(&self) -> f64 {
        self.squares.max(0.0)
    }

    /// Returns the standard error of the mean, `sd / sqrt(n)`, or `None` with fewer than two values.
    pub fn standard_error(&self) -> Option<f64> {
        self.variance().map(|variance| (variance / self.count as f64).sqrt())
    }

    /// Returns the square root of the variance.
    pub fn sd(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }
}
