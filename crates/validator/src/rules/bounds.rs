//! Between which values something must lie.

use super::Scalar;

/// Lower and upper limits; a limit that is not set does not limit.
///
/// ```
/// # use reenact_validator::Bounds;
/// let percent = Bounds::new().at_least(0).at_most(100);
/// let positive = Bounds::new().above(0.0);
/// # assert_ne!(percent, positive);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bounds {
    pub(crate) min: Option<Scalar>,
    pub(crate) max: Option<Scalar>,
    pub(crate) above: Option<Scalar>,
    pub(crate) below: Option<Scalar>,
}

impl Bounds {
    /// Returns bounds without a limit.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the smallest value that is allowed.
    #[must_use]
    pub fn at_least(mut self, min: impl Into<Scalar>) -> Self {
        self.min = Some(min.into());
        self
    }

    /// Sets the largest value that is allowed.
    #[must_use]
    pub fn at_most(mut self, max: impl Into<Scalar>) -> Self {
        self.max = Some(max.into());
        self
    }

    /// Sets a value that every allowed one is larger than.
    #[must_use]
    pub fn above(mut self, limit: impl Into<Scalar>) -> Self {
        self.above = Some(limit.into());
        self
    }

    /// Sets a value that every allowed one is smaller than.
    #[must_use]
    pub fn below(mut self, limit: impl Into<Scalar>) -> Self {
        self.below = Some(limit.into());
        self
    }

    pub(crate) fn limits(&self) -> impl Iterator<Item = &Scalar> {
        [&self.min, &self.above, &self.max, &self.below].into_iter().flatten()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.limits().next().is_none()
    }
}
