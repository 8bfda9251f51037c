//! Whether a check is made, and how much its answer matters.

use serde::{Deserialize, Serialize};

use crate::Severity;

/// Whether a check is made, and the severity of its findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "off, or one of the three severities")]
pub enum Level {
    /// Not checked.
    Off,
    /// Checked and shown.
    Info,
    /// Checked and shown prominently.
    Warning,
    /// Checked; decides the overall verdict.
    Error,
}

impl Level {
    pub(crate) fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Info => Some(Severity::Info),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}
