//! Count, mean and variance as an accumulator that can be split and merged.

/// Count, sum and squared deviations of finite numbers.
///
/// The sum is kept in two doubles (Neumaier's compensated summation), so the mean of large values that
/// cancel is right; squared deviations follow Welford for single values and Chan, Golub and LeVeque
/// (1979) for merging.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Moments {
    count: u64,
    sum: f64,
    /// What `sum` lost to rounding.
    lost: f64,
    squares: f64,
}

impl Moments {
    /// Adds one finite value.
    pub(crate) fn add(&mut self, value: f64) {
        let before = self.mean_or_zero();
        let first = self.count == 0;
        self.count += 1;
        self.add_to_sum(value);
        if !first {
            self.squares += (value - before) * (value - self.mean_or_zero());
        }
    }

    /// Returns the moments of a slice of finite values, in two passes.
    pub(crate) fn of(values: &[f64]) -> Self {
        let mut moments = Self { count: values.len() as u64, ..Self::default() };
        for value in values {
            moments.add_to_sum(*value);
        }
        let mean = moments.mean_or_zero();
        let (mut squares, mut rest) = (0.0, 0.0);
        for value in values {
            let deviation = value - mean;
            squares += deviation * deviation;
            rest += deviation;
        }
        // The second term takes back what the rounding of the mean put in.
        let correction = if values.is_empty() { 0.0 } else { rest * rest / values.len() as f64 };
        moments.squares = squares - correction;
        moments
    }

    /// Returns the moments of both together.
    #[must_use]
    pub(crate) fn merge(self, other: Self) -> Self {
        if self.count == 0 || other.count == 0 {
            return if self.count == 0 { other } else { self };
        }
        let (left, right) = (self.count as f64, other.count as f64);
        let delta = other.mean_or_zero() - self.mean_or_zero();
        let mut whole = self;
        whole.count += other.count;
        whole.add_to_sum(other.sum);
        whole.add_to_sum(other.lost);
        whole.squares =
            self.squares + other.squares + delta * delta * left * (right / (left + right));
        whole
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

    fn mean_or_zero(&self) -> f64 {
        if self.count == 0 { 0.0 } else { (self.sum + self.lost) / self.count as f64 }
    }

    /// Returns how many values there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Returns the mean, or `None` without a value.
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.mean_or_zero())
    }

    /// Returns the variance, normalised by `n - 1`, or `None` with fewer than two values.
    pub(crate) fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.squares.max(0.0) / (self.count - 1) as f64)
    }

    /// Returns the square root of the variance.
    pub(crate) fn sd(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }
}
