//! Ratios of means and of variances.

use super::normal::normal_quantile;
use super::{Interval, Sample};

/// Returns the ratio of the first mean to the second; `None` without finite values, or if the second mean is 0.
pub fn mean_ratio(first: &Sample, second: &Sample) -> Option<f64> {
    let ratio = first.moments().mean()? / second.moments().mean()?;
    ratio.is_finite().then_some(ratio)
}

/// Returns the ratio of the first variance to the second with its interval; `None` unless both samples vary and
/// `0 < confidence < 1`.
///
/// The interval is that of the logarithm, whose variance for `n` values with excess kurtosis `k` is about
/// `(k + 2) / n` (Bonett, 2006), so that it holds for other than normal data too; it needs some 50 values a side.
///
/// ```
/// use reenact_validator::stats::{Sample, variance_ratio};
///
/// let narrow: Sample = (0..200).map(f64::from).collect();
/// let wide: Sample = (0..200).map(|i| 2.0 * f64::from(i)).collect();
/// let (ratio, interval) = variance_ratio(&wide, &narrow, 0.95).expect("both vary");
/// assert!((ratio - 4.0).abs() < 1e-12 && interval.low > 3.0 && interval.high < 5.0);
/// ```
pub fn variance_ratio(first: &Sample, second: &Sample, confidence: f64) -> Option<(f64, Interval)> {
    if !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let spread = |sample: &Sample| Some((sample.moments().variance()?, sample.excess_kurtosis()?));
    let ((one, kurtosis), (other, other_kurtosis)) = (spread(first)?, spread(second)?);
    let part = |kurtosis: f64, sample: &Sample| (kurtosis + 2.0) / sample.moments().count() as f64;
    let error = (part(kurtosis, first) + part(other_kurtosis, second)).sqrt();
    let half = -normal_quantile((1.0 - confidence) / 2.0) * error;
    let ratio = one / other;
    Some((ratio, Interval::new(ratio * (-half).exp(), ratio * half.exp())))
}
