//! What must hold for a table, beyond being like the reference.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::written::Written;
use super::{Bounds, Scalar};
use crate::{Severity, Side, Statistic};

/// Something that must hold: a name, a severity, and what is demanded of which columns of which tables.
///
/// Every example of `docs/rules.md` in the repository is one of these in TOML. In code:
///
/// ```
/// use reenact_validator::{Bounds, Constraint, Rules, Severity};
///
/// let rules = Rules::new()
///     .with_constraint(Constraint::not_null(["carrier", "*_time"]))
///     .with_constraint(
///         Constraint::range(["arr_delay"], Bounds::new().at_least(-90))
///             .named("no flight lands hours early")
///             .with_severity(Severity::Warning)
///             .with_max_failing(0.001),
///     );
/// let toml = r#"
///     [[constraints]]
///     type = "not_null"
///     columns = ["carrier", "*_time"]
///
///     [[constraints]]
///     name = "no flight lands hours early"
///     type = "range"
///     columns = ["arr_delay"]
///     min = -90
///     severity = "warning"
///     max_failing = 0.001
/// "#;
/// assert_eq!(Rules::from_toml(toml)?, rules);
/// # Ok::<(), reenact_validator::Error>(())
/// ```
///
/// Columns are said by name; by a pattern with `*` or `?`; or as `regex:PATTERN`, `glob:PATTERN`, `name:NAME` and `type:TYPE`, where the
/// type is one of `integer`, `float`, `decimal`, `number`, `text`, `boolean`, `date`, `timestamp`, `time` and `binary`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Constraint {
    pub(crate) name: Option<String>,
    pub(crate) table: Option<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) severity: Severity,
    pub(crate) recommendation: Option<String>,
    pub(crate) max_failing: f64,
    pub(crate) demand: Demand,
}

/// What is demanded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Demand {
    NotNull,
    Unique,
    Range(Bounds),
    Length(Bounds),
    Set(Vec<Scalar>),
    Regex(String),
    Referential(References),
    Monotone(Direction),
    Freshness(Duration),
    RowCount { bounds: Bounds, max_change: Option<f64> },
    Expression(String),
    Sql(String),
    KsTest { p_value_threshold: f64, max_distance: Option<f64> },
    MeanComparison { confidence_level: f64, method: MeanMethod, max_difference: Option<f64> },
    Statistic { statistic: Statistic, max: f64 },
}

/// The columns of another table that hold all values that may occur.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct References {
    pub(crate) table: String,
    pub(crate) columns: Vec<String>,
    #[serde(default = "candidate", skip_serializing_if = "is_candidate")]
    pub(crate) side: Side,
}

fn candidate() -> Side {
    Side::Candidate
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_candidate(side: &Side) -> bool {
    *side == Side::Candidate
}

impl References {
    /// Refers to these columns of the candidate's table of this name, or of a table that was
    /// [registered](crate::Validator::with_table) under it.
    pub fn new<S: Into<String>>(
        table: impl Into<String>,
        columns: impl IntoIterator<Item = S>,
    ) -> Self {
        let columns = columns.into_iter().map(Into::into).collect();
        Self { table: table.into(), columns, side: Side::Candidate }
    }

    /// Refers to the table as the reference holds it.
    #[must_use]
    pub fn of_the_reference(mut self) -> Self {
        self.side = Side::Reference;
        self
    }
}

/// How values follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "there are two directions, strict or not")]
pub enum Direction {
    /// No value is smaller than the one before.
    Increasing,
    /// Every value is larger than the one before.
    StrictlyIncreasing,
    /// No value is larger than the one before.
    Decreasing,
    /// Every value is smaller than the one before.
    StrictlyDecreasing,
}

/// How two means are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MeanMethod {
    /// By Welch's interval of their difference, which takes the error of both sides into account.
    #[default]
    Difference,
    /// The candidate's mean must lie within the interval of the reference's mean. This takes the candidate's mean as exact: without
    /// any drift it fails in 16 of 100 cases at 95 % and equal sizes, and in 85 of 100 if the reference is 100 times as large.
    ReferenceInterval,
}

impl Constraint {
    fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>, demand: Demand) -> Self {
        Self {
            name: None,
            table: None,
            columns: columns.into_iter().map(Into::into).collect(),
            severity: Severity::Error,
            recommendation: None,
            max_failing: 0.0,
            demand,
        }
    }

    fn of_table(demand: Demand) -> Self {
        Self::new(std::iter::empty::<String>(), demand)
    }

    /// No value of these columns is null.
    pub fn not_null<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self::new(columns, Demand::NotNull)
    }

    /// No two rows hold the same values in all of these columns. A row with a null among them equals no other, as in SQL.
    pub fn unique<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self::new(columns, Demand::Unique)
    }

    /// The numbers, times or texts of these columns lie within bounds. Nulls are left out; not-a-number lies nowhere.
    pub fn range<S: Into<String>>(columns: impl IntoIterator<Item = S>, bounds: Bounds) -> Self {
        Self::new(columns, Demand::Range(bounds))
    }

    /// The texts of these columns have so many characters. Nulls are left out.
    pub fn length<S: Into<String>>(columns: impl IntoIterator<Item = S>, bounds: Bounds) -> Self {
        Self::new(columns, Demand::Length(bounds))
    }

    /// The values of these columns are among those given. Nulls are left out.
    pub fn set<S: Into<String>, V: Into<Scalar>>(
        columns: impl IntoIterator<Item = S>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self::new(columns, Demand::Set(values.into_iter().map(Into::into).collect()))
    }

    /// The values of these columns, as text, match a regular expression of the `regex` crate; anywhere, unless it holds `^` and `$`.
    /// Nulls are left out.
    pub fn regex<S: Into<String>>(
        columns: impl IntoIterator<Item = S>,
        pattern: impl Into<String>,
    ) -> Self {
        Self::new(columns, Demand::Regex(pattern.into()))
    }

    /// The values of these columns together occur in the columns of another table. Rows with a null among them are left out.
    pub fn referential<S: Into<String>>(
        columns: impl IntoIterator<Item = S>,
        references: References,
    ) -> Self {
        Self::new(columns, Demand::Referential(references))
    }

    /// The numbers, times or texts of these columns rise or fall from row to row, part file after part file in order of name. Nulls are
    /// left out.
    pub fn monotone<S: Into<String>>(
        columns: impl IntoIterator<Item = S>,
        direction: Direction,
    ) -> Self {
        Self::new(columns, Demand::Monotone(direction))
    }

    /// The latest time of these columns is at most this old, as of [`Validator::with_now`](crate::Validator::with_now).
    pub fn freshness<S: Into<String>>(
        columns: impl IntoIterator<Item = S>,
        max_age: Duration,
    ) -> Self {
        Self::new(columns, Demand::Freshness(max_age))
    }

    /// The table has so many rows.
    pub fn row_count(bounds: Bounds) -> Self {
        Self::of_table(Demand::RowCount { bounds, max_change: None })
    }

    /// The number of rows differs from the reference's by at most this share of the reference's, such as 0.1.
    pub fn row_count_change(max_change: f64) -> Self {
        Self::of_table(Demand::RowCount { bounds: Bounds::new(), max_change: Some(max_change) })
    }

    /// A condition in SQL holds for every row, such as `arr_delay >= -90 AND carrier IN ('AA', 'UA')`. A row for which it is neither
    /// true nor false, because a value is null, does not break it.
    pub fn expression(condition: impl Into<String>) -> Self {
        Self::of_table(Demand::Expression(condition.into()))
    }

    /// A query in SQL over the tables `candidate` and `reference` returns no row: each row that it returns breaks the rule.
    ///
    /// Every other table of the candidate, and every table that was [registered](crate::Validator::with_table), can be queried by its
    /// name. Names with capitals, dots or slashes are written `"Name"`. With the feature `sql` only.
    ///
    /// ```
    /// use reenact_validator::{Constraint, Rules, Validator, Verdict};
    ///
    /// let directory = tempfile::tempdir()?;
    /// let (candidate, reference) = (directory.path().join("candidate.csv"), directory.path().join("reference.csv"));
    /// std::fs::write(&candidate, "id,amount\n1,10\n2,25\n")?;
    /// std::fs::write(&reference, "id,amount\n1,10\n2,20\n")?;
    ///
    /// let no_raise = "SELECT id, c.amount FROM candidate c JOIN reference r USING (id) WHERE c.amount > r.amount";
    /// let rules = Rules::new().with_constraint(Constraint::sql(no_raise).named("no amount is raised"));
    /// let judgement = Validator::new(rules).compare(&candidate, &reference)?;
    /// let finding = judgement.all_findings().find(|finding| finding.rule.as_deref() == Some("no amount is raised")).unwrap();
    /// assert_eq!(finding.verdict, Verdict::Fail);
    /// assert_eq!(finding.rows.as_ref().unwrap().failing, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "sql")]
    pub fn sql(query: impl Into<String>) -> Self {
        Self::of_table(Demand::Sql(query.into()))
    }

    /// The p-value of Kolmogorov and Smirnov's test of both sides is above 0.05.
    pub fn ks_test<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self::new(columns, Demand::KsTest { p_value_threshold: 0.05, max_distance: None })
    }

    /// The means of both sides do not differ at a confidence of 0.95.
    pub fn mean_comparison<S: Into<String>>(
        columns: impl IntoIterator<Item = S>,
        method: MeanMethod,
    ) -> Self {
        Self::new(
            columns,
            Demand::MeanComparison { confidence_level: 0.95, method, max_difference: None },
        )
    }

    /// A statistic of both sides is at most this large.
    pub fn statistic<S: Into<String>>(
        columns: impl IntoIterator<Item = S>,
        statistic: Statistic,
        max: f64,
    ) -> Self {
        Self::new(columns, Demand::Statistic { statistic, max })
    }

    /// Gives it the name that findings carry. By default it is called after what it demands.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Restricts it to tables of this name, or of names that match this glob. By default it holds for every table that has the columns.
    #[must_use]
    pub fn in_table(mut self, table: impl Into<String>) -> Self {
        self.table = Some(table.into());
        self
    }

    /// Sets how much it matters. By default it is an error.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Says what to do if it does not hold.
    #[must_use]
    pub fn advise(mut self, recommendation: impl Into<String>) -> Self {
        self.recommendation = Some(recommendation.into());
        self
    }

    /// Accepts this share of failing rows, 0 to 1. By default 0.
    #[must_use]
    pub fn with_max_failing(mut self, share: f64) -> Self {
        self.max_failing = share;
        self
    }

    /// Sets the p-value above which a `ks_test` holds, and a distance up to which it holds whatever the p-value.
    #[must_use]
    pub fn with_p_value_threshold(mut self, threshold: f64, max_distance: Option<f64>) -> Self {
        if let Demand::KsTest { .. } = self.demand {
            self.demand = Demand::KsTest { p_value_threshold: threshold, max_distance };
        }
        self
    }

    /// Sets the confidence of a `mean_comparison`, and the largest difference that is accepted, in the unit of the column.
    #[must_use]
    pub fn with_confidence_level(mut self, level: f64, max_difference: Option<f64>) -> Self {
        if let Demand::MeanComparison { method, .. } = self.demand {
            self.demand =
                Demand::MeanComparison { confidence_level: level, method, max_difference };
        }
        self
    }
}

/// Its name, or what it demands of which columns.
impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => f.write_str(name),
            None if self.columns.is_empty() => f.write_str(self.demand.type_name()),
            None => write!(f, "{}({})", self.demand.type_name(), self.columns.join(", ")),
        }
    }
}
