//! What is checked, how strictly, and how much each answer matters.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Level, Margins, TextFormat, Tolerance};
use crate::{Check, Error, ErrorKind, Result};

/// The rules of a comparison.
///
/// Built in code from [`Rules::new`], or read with serde from TOML or JSON, where an unknown field
/// is an error. Everything has a default: the default rules demand equal rows and equal columns.
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
    key: Vec<String>,
    ignore_columns: BTreeSet<String>,
    tolerance: Tolerance,
    columns: BTreeMap<String, ColumnRules>,
    tables: BTreeMap<String, TableRules>,
    checks: BTreeMap<Check, Level>,
    margins: Margins,
    confidence: f64,
    max_changed_rows: f64,
    max_examples: usize,
    text: TextFormat,
}

/// Rules of one column, by name, in every table that has it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ColumnRules {
    tolerance: Option<Tolerance>,
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
            confidence: 0.95,
            max_changed_rows: 0.0,
            max_examples: 10,
            text: TextFormat::default(),
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

    /// Leaves these columns out of every check. By default none.
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

    /// Sets the tolerance of one column, in place of the general one.
    #[must_use]
    pub fn with_column_tolerance(
        mut self,
        column: impl Into<String>,
        tolerance: Tolerance,
    ) -> Self {
        self.columns.entry(column.into()).or_default().tolerance = Some(tolerance);
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

    /// Sets how text files are read. By default [`TextFormat::default`].
    #[must_use]
    pub fn with_text_format(mut self, text: TextFormat) -> Self {
        self.text = text;
        self
    }

    /// Returns the level of a check.
    ///
    /// By default [`Check::ColumnOrder`] and [`Check::Nullability`] are warnings and all others
    /// are errors.
    pub fn level(&self, check: Check) -> Level {
        let default = match check {
            Check::ColumnOrder | Check::Nullability => Level::Warning,
            _ => Level::Error,
        };
        self.checks.get(&check).copied().unwrap_or(default)
    }

    /// Returns the largest effects that are accepted.
    pub fn margins(&self) -> Margins {
        self.margins
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
        let margins = self.margins;
        let tolerances = self.columns.values().filter_map(|column| column.tolerance);
        let mut not_negative = vec![
            ("margins.distribution", margins.distribution),
            ("margins.categories", margins.categories),
            ("margins.mean", margins.mean),
            ("margins.null_rate", margins.null_rate),
        ];
        for tolerance in tolerances.chain([self.tolerance]) {
            not_negative.push(("tolerance.absolute", tolerance.absolute));
            not_negative.push(("tolerance.relative", tolerance.relative));
        }
        for (name, value) in not_negative {
            if !(value.is_finite() && value >= 0.0) {
                return Err(invalid(name, value, "a finite number of at least 0"));
            }
        }
        if !(0.5..1.0).contains(&self.confidence) {
            return Err(invalid("confidence", self.confidence, "at least 0.5 and below 1"));
        }
        if !(0.0..=1.0).contains(&self.max_changed_rows) {
            return Err(invalid("max_changed_rows", self.max_changed_rows, "a share from 0 to 1"));
        }
        Ok(())
    }

    pub(crate) fn key_of(&self, table: &str) -> &[String] {
        self.tables.get(table).map_or(&self.key, |rules| &rules.key)
    }

    pub(crate) fn named_tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    pub(crate) fn has_own_key(&self, table: &str) -> bool {
        self.tables.contains_key(table)
    }

    pub(crate) fn ignores(&self, column: &str) -> bool {
        self.ignore_columns.contains(column)
    }

    pub(crate) fn tolerance_of(&self, column: &str) -> Tolerance {
        self.columns.get(column).and_then(|rules| rules.tolerance).unwrap_or(self.tolerance)
    }

    pub(crate) fn general_tolerance(&self) -> Tolerance {
        self.tolerance
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

fn invalid(name: &str, value: f64, expected: &str) -> Error {
    Error::new(ErrorKind::InvalidRules, format!("rule `{name}` is {value}, but must be {expected}"))
}
