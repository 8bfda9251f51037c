//! What is wrong with a constraint before any table is looked at.

use globset::Glob;
use regex::Regex;

use super::constraint::Demand;
use super::selector::Selector;
use super::{Bounds, Constraint, References, Scalar};
use crate::constraint::Expression;

impl Constraint {
    /// Says in words what is wrong, if anything is.
    pub(crate) fn problem(&self) -> Option<String> {
        self.check().err()
    }

    fn check(&self) -> Result<(), String> {
        if let Some(table) = &self.table {
            Glob::new(table).map_err(|error| format!("`table`: {error}"))?;
        }
        share("max_failing", self.max_failing)?;
        for column in &self.columns {
            Selector::parse(column)?;
        }
        if self.demand.takes_columns() && self.columns.is_empty() {
            return Err(format!(
                "a constraint of type `{}` needs `columns`",
                self.demand.type_name()
            ));
        }
        self.check_demand()
    }

    fn check_demand(&self) -> Result<(), String> {
        match &self.demand {
            Demand::NotNull | Demand::Unique | Demand::Monotone(_) | Demand::Freshness(_) => Ok(()),
            Demand::Range(bounds) => check_bounds(bounds),
            Demand::Length(bounds) => {
                counts(bounds)?;
                check_bounds(bounds)
            }
            Demand::Set(values) if values.is_empty() => {
                Err("`values` must not be empty".to_owned())
            }
            Demand::Set(values) => finite(values.iter()),
            Demand::Regex(pattern) => {
                Regex::new(pattern).map(|_| ()).map_err(|error| format!("`pattern`: {error}"))
            }
            Demand::Referential(references) => self.check_references(references),
            Demand::RowCount { bounds, max_change } => {
                counts(bounds)?;
                match max_change {
                    None => check_bounds(bounds),
                    Some(change) if change.is_finite() && *change >= 0.0 => Ok(()),
                    Some(change) => Err(format!(
                        "`max_change` is {change}, but must be a finite share of at least 0"
                    )),
                }
            }
            Demand::Expression(text) => Expression::parse(text)
                .map(|_| ())
                .map_err(|error| format!("`expression`: {error}")),
            Demand::Sql(query) => check_query(query),
            Demand::KsTest { p_value_threshold, max_distance } => {
                open_share("p_value_threshold", *p_value_threshold)?;
                max_distance.map_or(Ok(()), |distance| share("max_distance", distance))
            }
            Demand::MeanComparison { confidence_level, max_difference, .. } => {
                open_share("confidence_level", *confidence_level)?;
                max_difference
                    .map_or(Ok(()), |difference| not_negative("max_difference", difference))
            }
            Demand::Statistic { max, .. } => not_negative("max", *max),
        }
    }

    fn check_references(&self, references: &References) -> Result<(), String> {
        if references.columns.len() != self.columns.len() {
            return Err(format!(
                "{} columns can't refer to {}; give as many in `references.columns`",
                self.columns.len(),
                references.columns.len()
            ));
        }
        let names = self
            .columns
            .iter()
            .all(|column| matches!(Selector::parse(column), Ok(Selector::Name(_))));
        if names {
            Ok(())
        } else {
            Err("columns that refer to others are given by name, not by pattern".to_owned())
        }
    }
}

impl Demand {
    /// Whether it is about columns that the constraint names.
    pub(crate) fn takes_columns(&self) -> bool {
        !matches!(self, Self::RowCount { .. } | Self::Expression(_) | Self::Sql(_))
    }
}

#[cfg(feature = "sql")]
fn check_query(query: &str) -> Result<(), String> {
    crate::constraint::check_query(query).map_err(|error| format!("`query`: {error}"))
}

#[cfg(not(feature = "sql"))]
fn check_query(_: &str) -> Result<(), String> {
    Err("this build answers no queries: build it with the feature `sql`, or write an `expression`"
        .to_owned())
}

fn check_bounds(bounds: &Bounds) -> Result<(), String> {
    if bounds.is_open() {
        return Err("give at least one of `min`, `max`, `above` and `below`".to_owned());
    }
    finite(bounds.limits())?;
    for (one, other, names) in [
        (&bounds.min, &bounds.above, "`min` and `above`"),
        (&bounds.max, &bounds.below, "`max` and `below`"),
    ] {
        if one.is_some() && other.is_some() {
            return Err(format!("give one of {names}, not both"));
        }
    }
    let numbers = bounds.limits().all(|limit| limit.number().is_some());
    let texts = bounds.limits().all(|limit| matches!(limit, Scalar::Text(_)));
    if !numbers && !texts {
        return Err("both limits must be numbers, or both times, or both text".to_owned());
    }
    let low = bounds.min.as_ref().or(bounds.above.as_ref());
    let high = bounds.max.as_ref().or(bounds.below.as_ref());
    match (low, high) {
        (Some(low), Some(high)) if is_above(low, high) => {
            Err(format!("no value lies between {low} and {high}"))
        }
        _ => Ok(()),
    }
}

fn is_above(low: &Scalar, high: &Scalar) -> bool {
    match (low.number(), high.number(), low.nanoseconds(), high.nanoseconds()) {
        (Some(low), Some(high), _, _) => low > high,
        (_, _, Some(low), Some(high)) => low > high,
        _ => match (low, high) {
            (Scalar::Text(low), Scalar::Text(high)) => low > high,
            _ => false,
        },
    }
}

fn counts(bounds: &Bounds) -> Result<(), String> {
    match bounds.limits().find(|limit| !matches!(limit, Scalar::Integer(count) if *count >= 0)) {
        None => Ok(()),
        Some(limit) => Err(format!("a limit of {limit} is no whole number of at least 0")),
    }
}

fn finite<'a>(mut values: impl Iterator<Item = &'a Scalar>) -> Result<(), String> {
    match values.find(|value| value.number().is_some_and(|number| !number.is_finite())) {
        None => Ok(()),
        Some(value) => Err(format!("a value must be a finite number, not {value}")),
    }
}

fn share(name: &str, value: f64) -> Result<(), String> {
    if (0.0..=1.0).contains(&value) {
        Ok(())
    } else {
        Err(format!("`{name}` is {value}, but must be a share from 0 to 1"))
    }
}

fn open_share(name: &str, value: f64) -> Result<(), String> {
    if value > 0.0 && value < 1.0 {
        Ok(())
    } else {
        Err(format!("`{name}` is {value}, but must lie between 0 and 1"))
    }
}

fn not_negative(name: &str, value: f64) -> Result<(), String> {
    if value.is_finite() && value >= 0.0 {
        Ok(())
    } else {
        Err(format!("`{name}` is {value}, but must be a finite number of at least 0"))
    }
}
