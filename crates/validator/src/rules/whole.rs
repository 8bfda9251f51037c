//! What is checked, how strictly, and how much each answer matters.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::DataType;
use serde::{Deserialize, Serialize};

use super::column::{ColumnRules, MarginOverrides};
use super::selector::Selector;
use super::{Constraint, Demand, Level, Margins, TextFormat, Tolerance};
use crate::{Check, Error, ErrorKind, Result, Statistic};

/// The rules of a comparison.
///
/// Built in code from [`Rules::new`], or read with [`Rules::from_toml`] or [`Rules::from_json`], where an unknown field is an error that
/// names the nearest known one. Everything has a default: the default rules demand equal rows and equal columns. Where rules name columns
/// other than key columns, a name, a pattern or a type will do; see [`Constraint`].
///
/// ```
/// use reenact_validator::{Check, Level, Rules, Tolerance};
///
/// let rules = Rules::new()
///     .with_key(["id"])
///     .with_tolerance(Tolerance::relative(1e-9))
///     .with_level(Check::ColumnOrder, Level::Off);
/// let json = r#"{"key": ["id"], "tolerance": {"relative": 1e-9}, "checks": {"column_order": "off"}}"#;
/// assert_eq!(rules, serde_json::from_str(json)?);
/// assert!(serde_json::from_str::<Rules>(r#"{"keys": ["id"]}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    #[serde(skip_serializing_if = "is_default")]
    key: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    ignore_columns: BTreeSet<String>,
    #[serde(skip_serializing_if = "is_default")]
    tolerance: Tolerance,
    #[serde(skip_serializing_if = "is_default")]
    columns: BTreeMap<String, ColumnRules>,
    #[serde(skip_serializing_if = "is_default")]
    tables: BTreeMap<String, TableRules>,
    #[serde(skip_serializing_if = "is_default")]
    checks: BTreeMap<Check, Level>,
    #[serde(skip_serializing_if = "is_default")]
    margins: Margins,
    #[serde(skip_serializing_if = "is_usual_confidence")]
    confidence: f64,
    #[serde(skip_serializing_if = "is_default")]
    max_changed_rows: f64,
    #[serde(skip_serializing_if = "is_usual_examples")]
    max_examples: usize,
    #[serde(skip_serializing_if = "is_default")]
    text: TextFormat,
    #[serde(skip_serializing_if = "is_default")]
    statistics: Vec<Statistic>,
    #[serde(skip_serializing_if = "is_default")]
    constraints: Vec<Constraint>,
}

/// Whether a value need not be written.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

const USUAL_CONFIDENCE: f64 = 0.95;
const USUAL_EXAMPLES: usize = 10;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_usual_confidence(confidence: &f64) -> bool {
    confidence.to_bits() == USUAL_CONFIDENCE.to_bits()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_usual_examples(examples: &usize) -> bool {
    *examples == USUAL_EXAMPLES
}

/// Rules of one table, by its name in the judgement.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct TableRules {
    key: Vec<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            key: Vec::new(),
            ignore_columns: BTreeSet::new(),
            tolerance: Tolerance::default(),
            columns: BTreeMap::new(),
            tables: BTreeMap::new(),
            checks: BTreeMap::new(),
            margins: Margins::default(),
            confidence: USUAL_CONFIDENCE,
            max_changed_rows: 0.0,
            max_examples: USUAL_EXAMPLES,
            text: TextFormat::default(),
            statistics: Vec::new(),
            constraints: Vec::new(),
        }
    }
}

impl Rules {
    /// Returns the default rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// Pairs rows by these columns, in every table that has them all.
    ///
    /// By default there is no key: rows are compared as a multiset, and if that differs, a key is
    /// looked for in the data.
    #[must_use]
    pub fn with_key<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.key = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Pairs the rows of one table by these columns, whatever the key of the others.
    #[must_use]
    pub fn with_table_key<S: Into<String>>(
        mut self,
        table: impl Into<String>,
        columns: impl IntoIterator<Item = S>,
    ) -> Self {
        let key = columns.into_iter().map(Into::into).collect();
        self.tables.entry(table.into()).or_default().key = key;
        self
    }

    /// Leaves these columns out of every comparison. By default none.
    #[must_use]
    pub fn with_ignored_columns<S: Into<String>>(
        mut self,
        columns: impl IntoIterator<Item = S>,
    ) -> Self {
        self.ignore_columns.extend(columns.into_iter().map(Into::into));
        self
    }

    /// Sets how far numbers may be apart and still be equal. By default they must be equal.
    #[must_use]
    pub fn with_tolerance(mut self, tolerance: Tolerance) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets the tolerance of one column, or of those that a pattern or type selects, in place of the general one.
    #[must_use]
    pub fn with_column_tolerance(
        mut self,
        column: impl Into<String>,
        tolerance: Tolerance,
    ) -> Self {
        self.columns.entry(column.into()).or_default().tolerance = Some(tolerance);
        self
    }

    /// Sets the largest effects that are accepted in one column, or in those that a pattern or type selects, in place of the general ones.
    #[must_use]
    pub fn with_column_margins(mut self, column: impl Into<String>, margins: Margins) -> Self {
        self.columns.entry(column.into()).or_default().margins = MarginOverrides::all(margins);
        self
    }

    /// Adds something that must hold.
    #[must_use]
    pub fn with_constraint(mut self, constraint: Constraint) -> Self {
        self.constraints.push(constraint);
        self
    }

    /// Switches a check off, or sets the severity of its findings. See [`Rules::level`] for the
    /// defaults.
    #[must_use]
    pub fn with_level(mut self, check: Check, level: Level) -> Self {
        self.checks.insert(check, level);
        self
    }

    /// Sets the largest effects that are accepted. By default [`Margins::default`].
    #[must_use]
    pub fn with_margins(mut self, margins: Margins) -> Self {
        self.margins = margins;
        self
    }

    /// Sets the confidence with which all intervals of one table hold together. By default 0.95.
    #[must_use]
    pub fn with_confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    /// Accepts this share of differing rows, 0 to 1. By default 0: every row must match.
    #[must_use]
    pub fn with_max_changed_rows(mut self, share: f64) -> Self {
        self.max_changed_rows = share;
        self
    }

    /// Keeps at most this many example rows of each kind per table. By default 10.
    #[must_use]
    pub fn with_max_examples(mut self, examples: usize) -> Self {
        self.max_examples = examples;
        self
    }

    /// Has more statistics of numbers and times computed and reported: those that are computed on request. By default none, beyond
    /// those that a [`Constraint::statistic`] limits.
    #[must_use]
    pub fn with_statistics(mut self, statistics: impl IntoIterator<Item = Statistic>) -> Self {
        self.statistics.extend(statistics);
        self
    }

    /// Sets how text files are read. By default [`TextFormat::default`].
    #[must_use]
    pub fn with_text_format(mut self, text: TextFormat) -> Self {
        self.text = text;
        self
    }

    /// Returns the level of a check.
    ///
    /// By default [`Check::ColumnOrder`] and [`Check::Nullability`] are warnings, [`Check::Metadata`] is for information, and all others
    /// are errors.
    pub fn level(&self, check: Check) -> Level {
        let default = match check {
            Check::ColumnOrder | Check::Nullability => Level::Warning,
            Check::Metadata => Level::Info,
            _ => Level::Error,
        };
        self.checks.get(&check).copied().unwrap_or(default)
    }

    /// Returns the largest effects that are accepted.
    pub fn margins(&self) -> Margins {
        self.margins
    }

    /// Returns what must hold beyond the comparison.
    pub fn constraints(&self) -> &[Constraint] {
        &self.constraints
    }

    /// Returns the joint confidence of the intervals of one table.
    pub fn confidence(&self) -> f64 {
        self.confidence
    }

    /// Checks that every value is in range.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRules`], naming the value.
    pub fn check(&self) -> Result<()> {
        self.tolerance.check("tolerance")?;
        self.margins.check("margins")?;
        if !(0.5..1.0).contains(&self.confidence) {
            return Err(invalid("confidence", self.confidence, "at least 0.5 and below 1"));
        }
        if !(0.0..=1.0).contains(&self.max_changed_rows) {
            return Err(invalid("max_changed_rows", self.max_changed_rows, "a share from 0 to 1"));
        }
        for column in self.columns.keys().chain(&self.ignore_columns) {
            Selector::parse(column)
                .map_err(|problem| Error::new(ErrorKind::InvalidRules, problem))?;
        }
        for (column, rules) in &self.columns {
            rules.check(column)?;
        }
        for constraint in &self.constraints {
            if let Some(problem) = constraint.problem() {
                let message = format!("constraint `{constraint}`: {problem}");
                return Err(Error::new(ErrorKind::InvalidRules, message));
            }
        }
        Ok(())
    }

    pub(crate) fn key_of(&self, table: &str) -> &[String] {
        self.tables.get(table).map_or(&self.key, |rules| &rules.key)
    }

    /// Returns the key of tables that have none of their own.
    pub(crate) fn general_key(&self) -> &[String] {
        &self.key
    }

    pub(crate) fn named_tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    pub(crate) fn has_own_key(&self, table: &str) -> bool {
        self.tables.contains_key(table)
    }

    pub(crate) fn ignores(&self, column: &str, data_type: &DataType) -> bool {
        selected(self.ignore_columns.iter(), column, data_type).next().is_some()
    }

    /// Of several selectors, the one that says most of the column decides.
    pub(crate) fn tolerance_of(&self, column: &str, data_type: &DataType) -> Tolerance {
        let rules = self.rules_of(column, data_type);
        rules.into_iter().find_map(|rules| rules.tolerance).unwrap_or(self.tolerance)
    }

    /// As [`Rules::tolerance_of`], for each margin by itself.
    pub(crate) fn margins_of(&self, column: &str, data_type: &DataType) -> Margins {
        let rules = self.rules_of(column, data_type);
        rules.iter().rev().fold(self.margins, |margins, rules| rules.margins.over(margins))
    }

    /// Returns the rules of the selectors that a column fits, the narrowest first.
    fn rules_of(&self, column: &str, data_type: &DataType) -> Vec<&ColumnRules> {
        let mut found: Vec<(u8, &ColumnRules)> = selected(self.columns.keys(), column, data_type)
            .filter_map(|(written, breadth)| Some((breadth, self.columns.get(written)?)))
            .collect();
        found.sort_by_key(|(breadth, _)| *breadth);
        found.into_iter().map(|(_, rules)| rules).collect()
    }

    /// Returns what is to be computed beyond what always is, each once.
    pub(crate) fn statistics(&self) -> Vec<Statistic> {
        let limited = self.constraints.iter().filter_map(|constraint| match constraint.demand {
            Demand::Statistic { statistic, .. } => Some(statistic),
            _ => None,
        });
        let mut wanted: Vec<Statistic> = self.statistics.iter().copied().chain(limited).collect();
        wanted.sort_unstable_by_key(|statistic| *statistic as u8);
        wanted.dedup();
        wanted
    }

    pub(crate) fn max_changed_rows(&self) -> f64 {
        self.max_changed_rows
    }

    pub(crate) fn max_examples(&self) -> usize {
        self.max_examples
    }

    pub(crate) fn text(&self) -> &TextFormat {
        &self.text
    }
}

/// Returns the selectors that a column fits, each with its breadth.
fn selected<'a>(
    written: impl Iterator<Item = &'a String>,
    column: &str,
    data_type: &DataType,
) -> impl Iterator<Item = (&'a String, u8)> {
    written.filter_map(move |written| {
        let selector = Selector::parse(written).ok()?;
        selector.matches(column, data_type).then_some((written, selector.breadth()))
    })
}

pub(super) fn invalid(name: &str, value: f64, expected: &str) -> Error {
    Error::new(ErrorKind::InvalidRules, format!("rule `{name}` is {value}, but must be {expected}"))
}
