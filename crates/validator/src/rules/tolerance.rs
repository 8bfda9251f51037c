//! When two numbers count as equal.

use serde::{Deserialize, Serialize};

use super::margins::not_negative;
use crate::Result;

/// How far two numbers may be apart and still be equal.
///
/// `a` equals the reference's `b` if `|a - b| <= absolute` or `|a - b| <= relative * |b|`; equal
/// infinities are equal, and so are two NaNs. By default both are 0: numbers must be equal.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Tolerance {
    /// The largest difference, in the unit of the column; in seconds for times.
    pub absolute: f64,
    /// The largest difference as a share of the reference's value; not used for times.
    pub relative: f64,
}

impl Tolerance {
    /// Accepts a difference up to `absolute`.
    pub fn absolute(absolute: f64) -> Self {
        Self { absolute, relative: 0.0 }
    }

    /// Accepts a difference up to `relative` times the reference's value.
    pub fn relative(relative: f64) -> Self {
        Self { absolute: 0.0, relative }
    }

    /// Accepts a difference up to `relative` times the reference's value as well.
    #[must_use]
    pub fn or_relative(mut self, relative: f64) -> Self {
        self.relative = relative;
        self
    }

    pub(super) fn check(self, name: &str) -> Result<()> {
        not_negative(&format!("{name}.absolute"), self.absolute)?;
        not_negative(&format!("{name}.relative"), self.relative)
    }

    pub(crate) fn is_exact(self) -> bool {
        self.absolute == 0.0 && self.relative == 0.0
    }

    pub(crate) fn accepts(self, candidate: f64, reference: f64) -> bool {
        if candidate == reference || (candidate.is_nan() && reference.is_nan()) {
            return true;
        }
        let difference = (candidate - reference).abs();
        difference.is_finite()
            && (difference <= self.absolute || difference <= self.relative * reference.abs())
    }
}
