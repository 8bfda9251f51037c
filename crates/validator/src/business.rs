//! Checks of the user's own, on the tables as streams of record batches.

use std::fmt;

use crate::judgement::FailingRows;
use crate::table::Batches;
use crate::{Result, Verdict};

/// A check that only the user can make.
///
/// It is asked once for each table that both sides have. Its answer becomes a finding of severity
/// error unless the rules set another level for [`Check::Business`](crate::Check::Business).
pub trait BusinessRule: fmt::Debug + Send + Sync {
    /// The name that findings carry.
    fn name(&self) -> &str;

    /// Checks one table.
    ///
    /// # Errors
    /// Whatever kept the rule from answering: an error of a batch that could not be read, which ends the comparison, or
    /// [`Error::business_rule`](crate::Error::business_rule), which makes the rule inconclusive. A table that breaks the rule is no
    /// error but [`RuleOutcome::fail`].
    fn check(&self, table: TablePair) -> Result<RuleOutcome>;
}

/// Both sides of a table, as read from disk, for a business rule.
#[non_exhaustive]
pub struct TablePair {
    /// The table's name in the judgement.
    pub name: String,
    /// The candidate's rows, with all its columns.
    pub candidate: Batches,
    /// The reference's rows, with all its columns.
    pub reference: Batches,
}

impl TablePair {
    pub(crate) fn new(name: String, candidate: Batches, reference: Batches) -> Self {
        Self { name, candidate, reference }
    }
}

impl fmt::Debug for TablePair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TablePair").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The answer of a business rule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleOutcome {
    /// The answer.
    pub verdict: Verdict,
    /// Why, in one sentence without a value of the data, since messages are not masked.
    pub message: String,
    /// What to do about it.
    pub recommendation: Option<String>,
    /// The rows that break the rule.
    pub rows: Option<FailingRows>,
}

impl RuleOutcome {
    /// The rule holds.
    pub fn pass(message: impl Into<String>) -> Self {
        Self::new(Verdict::Pass, message)
    }

    /// The rule is broken.
    pub fn fail(message: impl Into<String>) -> Self {
        Self::new(Verdict::Fail, message)
    }

    /// The rule has no answer for this table.
    pub fn inconclusive(message: impl Into<String>) -> Self {
        Self::new(Verdict::Inconclusive, message)
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn advise(mut self, recommendation: impl Into<String>) -> Self {
        self.recommendation = Some(recommendation.into());
        self
    }

    /// Adds the rows that break the rule.
    #[must_use]
    pub fn with_rows(mut self, rows: FailingRows) -> Self {
        self.rows = Some(rows);
        self
    }

    fn new(verdict: Verdict, message: impl Into<String>) -> Self {
        Self { verdict, message: message.into(), recommendation: None, rows: None }
    }
}

/// A closure with a name.
pub(crate) struct Named<F> {
    name: String,
    check: F,
}

impl<F> Named<F> {
    pub(crate) fn new(name: String, check: F) -> Self {
        Self { name, check }
    }
}

impl<F> fmt::Debug for Named<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Named").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<F: Fn(TablePair) -> Result<RuleOutcome> + Send + Sync> BusinessRule for Named<F> {
    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self, table: TablePair) -> Result<RuleOutcome> {
        (self.check)(table)
    }
}
