//! A constraint as a rule file writes it: one flat table, whose `type` says which fields it takes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::constraint::Demand;
use super::{Bounds, Constraint, Direction, MeanMethod, References, Scalar};
use crate::{Severity, Statistic};

/// Every field of every type.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "type")]
    demand: Option<Type>,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<String>,
    #[serde(skip_serializing)]
    column: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    columns: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recommendation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_failing: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<Scalar>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<Scalar>,
    #[serde(skip_serializing_if = "Option::is_none")]
    above: Option<Scalar>,
    #[serde(skip_serializing_if = "Option::is_none")]
    below: Option<Scalar>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<Scalar>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    references: Option<References>,
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<Direction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_change: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p_value_threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_distance: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence_level: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<MeanMethod>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_difference: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistic: Option<Statistic>,
}

/// The types of constraints, by the names of rule files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Type {
    NotNull,
    Unique,
    Range,
    Length,
    Set,
    Regex,
    Referential,
    Monotone,
    Freshness,
    RowCount,
    Expression,
    Sql,
    KsTest,
    MeanComparison,
    Statistic,
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Self::NotNull => "not_null",
            Self::Unique => "unique",
            Self::Range => "range",
            Self::Length => "length",
            Self::Set => "set",
            Self::Regex => "regex",
            Self::Referential => "referential",
            Self::Monotone => "monotone",
            Self::Freshness => "freshness",
            Self::RowCount => "row_count",
            Self::Expression => "expression",
            Self::Sql => "sql",
            Self::KsTest => "ks_test",
            Self::MeanComparison => "mean_comparison",
            Self::Statistic => "statistic",
        }
    }

    /// The fields that a constraint of this type takes beyond those that all take.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::NotNull | Self::Unique => &["columns", "max_failing"],
            Self::Range | Self::Length => {
                &["columns", "max_failing", "min", "max", "above", "below"]
            }
            Self::Set => &["columns", "max_failing", "values"],
            Self::Regex => &["columns", "max_failing", "pattern"],
            Self::Referential => &["columns", "max_failing", "references"],
            Self::Monotone => &["columns", "max_failing", "direction"],
            Self::Freshness => &["columns", "max_age"],
            Self::RowCount => &["min", "max", "above", "below", "max_change"],
            Self::Expression => &["expression", "max_failing"],
            Self::Sql => &["query", "max_failing"],
            Self::KsTest => &["columns", "p_value_threshold", "max_distance"],
            Self::MeanComparison => &["columns", "confidence_level", "method", "max_difference"],
            Self::Statistic => &["columns", "statistic", "max"],
        }
    }
}

impl Demand {
    pub(crate) fn type_name(&self) -> &'static str {
        self.kind().name()
    }

    fn kind(&self) -> Type {
        match self {
            Self::NotNull => Type::NotNull,
            Self::Unique => Type::Unique,
            Self::Range(_) => Type::Range,
            Self::Length(_) => Type::Length,
            Self::Set(_) => Type::Set,
            Self::Regex(_) => Type::Regex,
            Self::Referential(_) => Type::Referential,
            Self::Monotone(_) => Type::Monotone,
            Self::Freshness(_) => Type::Freshness,
            Self::RowCount { .. } => Type::RowCount,
            Self::Expression(_) => Type::Expression,
            Self::Sql(_) => Type::Sql,
            Self::KsTest { .. } => Type::KsTest,
            Self::MeanComparison { .. } => Type::MeanComparison,
            Self::Statistic { .. } => Type::Statistic,
        }
    }
}

impl TryFrom<Written> for Constraint {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let kind = written.demand.ok_or("a constraint needs a `type`")?;
        written.check_fields(kind)?;
        let columns = match (&written.column, &written.columns) {
            (Some(column), columns) if columns.is_empty() => vec![column.clone()],
            (Some(_), _) => return Err("give `column` or `columns`, not both".to_owned()),
            (None, columns) => columns.clone(),
        };
        let constraint = Self {
            columns,
            severity: written.severity.unwrap_or(Severity::Error),
            max_failing: written.max_failing.unwrap_or(0.0),
            name: written.name.clone(),
            table: written.table.clone(),
            recommendation: written.recommendation.clone(),
            demand: written.demand(kind)?,
        };
        match constraint.problem() {
            None => Ok(constraint),
            Some(problem) => Err(problem),
        }
    }
}

impl Written {
    /// Refuses what belongs to another type.
    fn check_fields(&self, kind: Type) -> Result<(), String> {
        let given = [
            ("columns", self.column.is_some() || !self.columns.is_empty()),
            ("max_failing", self.max_failing.is_some()),
            ("min", self.min.is_some()),
            ("max", self.max.is_some()),
            ("above", self.above.is_some()),
            ("below", self.below.is_some()),
            ("values", self.values.is_some()),
            ("pattern", self.pattern.is_some()),
            ("references", self.references.is_some()),
            ("direction", self.direction.is_some()),
            ("max_age", self.max_age.is_some()),
            ("max_change", self.max_change.is_some()),
            ("expression", self.expression.is_some()),
            ("query", self.query.is_some()),
            ("p_value_threshold", self.p_value_threshold.is_some()),
            ("max_distance", self.max_distance.is_some()),
            ("confidence_level", self.confidence_level.is_some()),
            ("method", self.method.is_some()),
            ("max_difference", self.max_difference.is_some()),
            ("statistic", self.statistic.is_some()),
        ];
        let taken = kind.fields();
        match given.iter().find(|(name, given)| *given && !taken.contains(name)) {
            None => Ok(()),
            Some((name, _)) => Err(format!(
                "a constraint of type `{}` takes no `{name}`; it takes `{}`",
                kind.name(),
                taken.join("`, `")
            )),
        }
    }

    fn demand(self, kind: Type) -> Result<Demand, String> {
        let needs = |field: &str| format!("a constraint of type `{}` needs `{field}`", kind.name());
        let bounds =
            Bounds { min: self.min, max: self.max.clone(), above: self.above, below: self.below };
        Ok(match kind {
            Type::NotNull => Demand::NotNull,
            Type::Unique => Demand::Unique,
            Type::Range => Demand::Range(bounds),
            Type::Length => Demand::Length(bounds),
            Type::Set => Demand::Set(self.values.ok_or_else(|| needs("values"))?),
            Type::Regex => Demand::Regex(self.pattern.ok_or_else(|| needs("pattern"))?),
            Type::Referential => {
                Demand::Referential(self.references.ok_or_else(|| needs("references"))?)
            }
            Type::Monotone => Demand::Monotone(self.direction.unwrap_or(Direction::Increasing)),
            Type::Freshness => {
                Demand::Freshness(duration(&self.max_age.ok_or_else(|| needs("max_age"))?)?)
            }
            Type::RowCount => Demand::RowCount { bounds, max_change: self.max_change },
            Type::Expression => {
                Demand::Expression(self.expression.ok_or_else(|| needs("expression"))?)
            }
            Type::Sql => Demand::Sql(self.query.ok_or_else(|| needs("query"))?),
            Type::KsTest => Demand::KsTest {
                p_value_threshold: self.p_value_threshold.unwrap_or(0.05),
                max_distance: self.max_distance,
            },
            Type::MeanComparison => Demand::MeanComparison {
                confidence_level: self.confidence_level.unwrap_or(0.95),
                method: self.method.unwrap_or_default(),
                max_difference: self.max_difference,
            },
            Type::Statistic => Demand::Statistic {
                statistic: self.statistic.ok_or_else(|| needs("statistic"))?,
                max: self
                    .max
                    .ok_or_else(|| needs("max"))?
                    .number()
                    .ok_or("`max` of a statistic must be a number")?,
            },
        })
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| {
        format!("`max_age` is `{text}`, but must be like `36h` or `7days`: {error}")
    })
}

impl From<Constraint> for Written {
    fn from(constraint: Constraint) -> Self {
        let kind = constraint.demand.kind();
        let written = Self {
            name: constraint.name,
            demand: Some(kind),
            table: constraint.table,
            columns: constraint.columns,
            severity: (constraint.severity != Severity::Error).then_some(constraint.severity),
            recommendation: constraint.recommendation,
            max_failing: (constraint.max_failing != 0.0).then_some(constraint.max_failing),
            ..Self::default()
        };
        written.with_demand(constraint.demand)
    }
}

impl Written {
    fn with_demand(self, demand: Demand) -> Self {
        match demand {
            Demand::NotNull | Demand::Unique => self,
            Demand::Range(bounds) | Demand::Length(bounds) => self.with_bounds(bounds),
            Demand::Set(values) => Self { values: Some(values), ..self },
            Demand::Regex(pattern) => Self { pattern: Some(pattern), ..self },
            Demand::Referential(references) => Self { references: Some(references), ..self },
            Demand::Monotone(direction) => Self { direction: Some(direction), ..self },
            Demand::Freshness(age) => {
                Self { max_age: Some(humantime::format_duration(age).to_string()), ..self }
            }
            Demand::RowCount { bounds, max_change } => {
                Self { max_change, ..self.with_bounds(bounds) }
            }
            Demand::Expression(expression) => Self { expression: Some(expression), ..self },
            Demand::Sql(query) => Self { query: Some(query), ..self },
            Demand::KsTest { p_value_threshold, max_distance } => {
                Self { p_value_threshold: Some(p_value_threshold), max_distance, ..self }
            }
            Demand::MeanComparison { confidence_level, method, max_difference } => Self {
                confidence_level: Some(confidence_level),
                method: Some(method),
                max_difference,
                ..self
            },
            Demand::Statistic { statistic, max } => {
                Self { statistic: Some(statistic), max: Some(Scalar::Float(max)), ..self }
            }
        }
    }

    fn with_bounds(self, bounds: Bounds) -> Self {
        Self { min: bounds.min, max: bounds.max, above: bounds.above, below: bounds.below, ..self }
    }
}
