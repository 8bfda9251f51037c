//! A probability that does not underflow.

use std::f64::consts::{LN_2, LN_10};

/// A probability together with its logarithm, which goes on where the probability itself rounds to 0.
///
/// ```
/// use reenact_validator::stats::law::normal_sf;
///
/// let tail = normal_sf(60.0).expect("60 is a number");
/// assert_eq!(tail.value(), 0.0);
/// assert!((tail.log10() - -783.9074).abs() < 1e-4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Probability {
    value: f64,
    ln: f64,
}

impl Probability {
    pub(crate) const ONE: Self = Self { value: 1.0, ln: 0.0 };

    pub(crate) const ZERO: Self = Self { value: 0.0, ln: f64::NEG_INFINITY };

    /// From a probability that is large enough to be a double of full precision.
    pub(crate) fn new(value: f64) -> Self {
        let value = value.clamp(0.0, 1.0);
        Self { value, ln: value.ln() }
    }

    /// From a logarithm, which may be far below the range of doubles.
    pub(crate) fn from_ln(ln: f64) -> Self {
        let ln = ln.min(0.0);
        Self { value: ln.exp(), ln }
    }

    /// Returns the probability; 0 below the range of doubles.
    pub fn value(self) -> f64 {
        self.value
    }

    /// Returns the natural logarithm; negative infinity for what is impossible.
    pub fn ln(self) -> f64 {
        self.ln
    }

    /// Returns the decimal logarithm; negative infinity for what is impossible.
    pub fn log10(self) -> f64 {
        self.ln / LN_10
    }

    /// Returns twice the probability, at most 1: a two-sided p-value from one tail.
    pub(crate) fn doubled(self) -> Self {
        Self { value: (2.0 * self.value).min(1.0), ln: (self.ln + LN_2).min(0.0) }
    }

    /// Returns one minus the probability.
    pub(crate) fn complement(self) -> Self {
        Self { value: 1.0 - self.value, ln: (-self.value).ln_1p() }
    }

    /// Returns the sum of the probabilities of two exclusive events.
    pub(crate) fn or(self, other: Self) -> Self {
        let (larger, smaller) = if self.ln >= other.ln { (self, other) } else { (other, self) };
        if smaller.ln == f64::NEG_INFINITY {
            return larger;
        }
        Self::from_ln(larger.ln + (smaller.ln - larger.ln).exp().ln_1p())
    }

    /// Returns the smaller of two probabilities.
    pub(crate) fn least(self, other: Self) -> Self {
        if other.ln < self.ln { other } else { self }
    }

    /// Returns the larger of two probabilities.
    pub(crate) fn most(self, other: Self) -> Self {
        if other.ln > self.ln { other } else { self }
    }
}
