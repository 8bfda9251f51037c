//! The three answers a check can give, and how much each check matters.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The answer of a check or of a whole comparison.
///
/// The order is from best to worst, so that the worst of several is their maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    clippy::exhaustive_enums,
    reason = "three answers are the design; callers match all of them"
)]
pub enum Verdict {
    /// The candidate is as good as the reference.
    Pass,
    /// There is no answer: too few values, nothing to compare, nothing checked.
    Inconclusive,
    /// The candidate differs by more than the rules allow.
    Fail,
}

impl Verdict {
    /// Returns the word used in reports: `pass`, `inconclusive` or `fail`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much a finding matters. Only [`Severity::Error`] decides the overall verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "a fourth severity would change what a verdict means")]
pub enum Severity {
    /// Shown, nothing more.
    Info,
    /// Shown prominently; does not decide.
    Warning,
    /// Decides the overall verdict.
    Error,
}

impl Severity {
    /// Returns the word used in reports and rule files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
