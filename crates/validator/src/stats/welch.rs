//! The difference of two means.

use super::Moments;
use super::Probability;
use super::student::{student_sf, student_upper_quantile};

/// Welch's comparison of two means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Welch {
    /// First mean minus second.
    pub(crate) difference: f64,
    /// The standard error of the difference.
    pub(crate) error: f64,
    /// Degrees of freedom by Welch and Satterthwaite.
    pub(crate) degrees: f64,
}

impl Welch {
    /// Compares two samples; `None` unless each has two values and at least one of them varies.
    pub(crate) fn new(first: &Moments, second: &Moments) -> Option<Self> {
        let difference = first.mean_difference(second)?;
        let part = |side: &Moments| Some((side.variance()?, side.count() as f64));
        Self::from_parts(difference, [part(first)?, part(second)?].map(|(v, n)| (v / n, n - 1.0)))
    }

    /// From the difference and each side's share of its variance, with degrees of freedom.
    pub(crate) fn from_parts(difference: f64, parts: [(f64, f64); 2]) -> Option<Self> {
        let total: f64 = parts.iter().map(|part| part.0).sum();
        if total <= 0.0 || !total.is_finite() {
            return None;
        }
        // Shares of the total, so that squares of tiny or huge variances stay in range.
        let spread: f64 =
            parts.iter().map(|(part, degrees)| (part / total).powi(2) / degrees).sum();
        Some(Self { difference, error: total.sqrt(), degrees: 1.0 / spread })
    }

    /// Returns the t statistic.
    pub(crate) fn t(&self) -> f64 {
        self.difference / self.error
    }

    /// Returns the two-sided p-value.
    pub(crate) fn p(&self) -> Probability {
        student_sf(self.t().abs(), self.degrees).doubled()
    }

    /// Returns the interval of the difference at a confidence level.
    pub(crate) fn interval(&self, confidence: f64) -> (f64, f64) {
        let half = student_upper_quantile((1.0 - confidence) / 2.0, self.degrees) * self.error;
        (self.difference - half, self.difference + half)
    }
}
