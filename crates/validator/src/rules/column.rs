//! What is different for some columns.

use serde::{Deserialize, Serialize};

use super::{Margins, Tolerance};
use crate::Result;

/// Rules of the columns that one selector means, in every table that has such columns.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ColumnRules {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tolerance: Option<Tolerance>,
    #[serde(skip_serializing_if = "MarginOverrides::is_empty")]
    pub(super) margins: MarginOverrides,
}

/// The margins that are different; the others are as for all columns.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct MarginOverrides {
    #[serde(skip_serializing_if = "Option::is_none")]
    distribution: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    categories: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    null_rate: Option<f64>,
}

impl ColumnRules {
    pub(super) fn check(&self, column: &str) -> Result<()> {
        self.margins.over(Margins::default()).check(&format!("columns.{column}.margins"))?;
        match self.tolerance {
            Some(tolerance) => tolerance.check(&format!("columns.{column}.tolerance")),
            None => Ok(()),
        }
    }
}

impl MarginOverrides {
    pub(super) fn all(margins: Margins) -> Self {
        Self {
            distribution: Some(margins.distribution),
            categories: Some(margins.categories),
            mean: Some(margins.mean),
            null_rate: Some(margins.null_rate),
        }
    }

    pub(super) fn over(self, general: Margins) -> Margins {
        Margins {
            distribution: self.distribution.unwrap_or(general.distribution),
            categories: self.categories.unwrap_or(general.categories),
            mean: self.mean.unwrap_or(general.mean),
            null_rate: self.null_rate.unwrap_or(general.null_rate),
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
