//! One check and its answer.

use serde::{Deserialize, Serialize};

use super::FailingRows;
use crate::{Severity, Verdict};

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Check {
    /// Both sides hold something to compare.
    Files,
    /// A file or table of the reference exists in the candidate.
    MissingFile,
    /// A file or table of the candidate exists in the reference.
    ExtraFile,
    /// A file that is no table has the same content.
    Content,
    /// A column of the reference exists in the candidate.
    MissingColumn,
    /// A column of the candidate exists in the reference.
    ExtraColumn,
    /// Every column has a name of its own.
    DuplicateColumn,
    /// The columns are in the same order.
    ColumnOrder,
    /// A column has the same type on both sides.
    ColumnType,
    /// A column may hold nulls on both sides or on neither.
    Nullability,
    /// Table and columns have the same metadata, apart from what writers keep there for themselves.
    Metadata,
    /// The rows are the same.
    Rows,
    /// The values of a column are distributed alike.
    Distribution,
    /// The mean of a column is the same.
    Mean,
    /// As many values are missing.
    NullRate,
    /// Something that must hold: a [`Constraint`](crate::Constraint).
    Constraint,
    /// A rule of the user's own.
    Business,
}

impl Check {
    /// Returns the name used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::MissingFile => "missing file",
            Self::ExtraFile => "extra file",
            Self::Content => "content",
            Self::MissingColumn => "missing column",
            Self::ExtraColumn => "extra column",
            Self::DuplicateColumn => "duplicate column",
            Self::ColumnOrder => "column order",
            Self::ColumnType => "column type",
            Self::Nullability => "nullability",
            Self::Metadata => "metadata",
            Self::Rows => "rows",
            Self::Distribution => "distribution",
            Self::Mean => "mean",
            Self::NullRate => "null rate",
            Self::Constraint => "constraint",
            Self::Business => "business rule",
        }
    }
}

/// The answer of one check, passed or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// What was checked.
    pub check: Check,
    /// How much it matters.
    pub severity: Severity,
    /// The answer.
    pub verdict: Verdict,
    /// The table or file concerned, by its name in the judgement.
    pub table: Option<String>,
    /// The column concerned.
    pub column: Option<String>,
    /// The constraint or business rule, by its name.
    #[serde(default)]
    pub rule: Option<String>,
    /// The answer in words, one sentence, without a value of the data.
    pub message: String,
    /// What to do about it, if there is something to do.
    pub recommendation: Option<String>,
    /// The rows that break a constraint or a business rule.
    #[serde(default)]
    pub rows: Option<FailingRows>,
}

impl Finding {
    pub(crate) fn new(
        check: Check,
        severity: Severity,
        verdict: Verdict,
        message: impl Into<String>,
    ) -> Self {
        Self {
            check,
            severity,
            verdict,
            table: None,
            column: None,
            rule: None,
            message: message.into(),
            recommendation: None,
            rows: None,
        }
    }

    pub(crate) fn of_column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }

    pub(crate) fn advise(mut self, recommendation: impl Into<String>) -> Self {
        self.recommendation = Some(recommendation.into());
        self
    }

    /// Whether this finding keeps the whole from passing.
    pub fn decides(&self) -> bool {
        self.severity == Severity::Error && self.verdict != Verdict::Pass
    }
}
