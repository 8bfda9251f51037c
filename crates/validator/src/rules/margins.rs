//! How large an effect may be.

use serde::{Deserialize, Serialize};

use super::whole::invalid;
use crate::Result;

/// The largest effects that are accepted; where they come from is argued in `docs/statistics.md`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Margins {
    /// Kolmogorov-Smirnov distance of numbers and times. By default 0.05.
    pub distribution: f64,
    /// Total variation distance of categories. By default 0.05.
    pub categories: f64,
    /// Difference of the means in reference standard deviations. By default 0.1.
    pub mean: f64,
    /// Difference of the shares of missing values. By default 0.02.
    pub null_rate: f64,
}

impl Default for Margins {
    fn default() -> Self {
        Self { distribution: 0.05, categories: 0.05, mean: 0.1, null_rate: 0.02 }
    }
}

impl Margins {
    pub(super) fn check(self, name: &str) -> Result<()> {
        not_negative(&format!("{name}.distribution"), self.distribution)?;
        not_negative(&format!("{name}.categories"), self.categories)?;
        not_negative(&format!("{name}.mean"), self.mean)?;
        not_negative(&format!("{name}.null_rate"), self.null_rate)
    }
}

pub(super) fn not_negative(name: &str, value: f64) -> Result<()> {
    if value.is_finite() && value >= 0.0 {
        Ok(())
    } else {
        Err(invalid(name, value, "a finite number of at least 0"))
    }
}
