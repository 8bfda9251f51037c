//! A p-value that does not underflow.

use std::f64::consts::{LN_2, LN_10};

/// A probability and its logarithm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Probability {
    value: f64,
    ln: f64,
}

impl Probability {
    pub(crate) const ONE: Self = Self { value: 1.0, ln: 0.0 };

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
    pub(crate) fn value(self) -> f64 {
        self.value
    }

    /// Returns the natural logarithm.
    pub(crate) fn ln(self) -> f64 {
        self.ln
    }

    /// Returns the decimal logarithm.
    pub(crate) fn log10(self) -> f64 {
        self.ln / LN_10
    }

    /// Returns twice the probability, at most 1: a two-sided p-value from one tail.
    pub(crate) fn doubled(self) -> Self {
        Self { value: (2.0 * self.value).min(1.0), ln: (self.ln + LN_2).min(0.0) }
    }
}
