//! One column of a made-up table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::quantiles::Quantiles;
use super::time;

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ColumnKind {
    /// True or false.
    Boolean,
    /// 64-bit whole numbers.
    Integer,
    /// 64-bit floating-point numbers.
    Float,
    /// Text.
    Text,
    /// Days.
    Date,
    /// Microseconds, with or without a time zone.
    Timestamp,
}

/// A column and how its values are distributed.
///
/// Without more than a name and a kind, numbers are evenly distributed from 0 to 1,000 (whole) or to 1, times over 2020 to 2024, and texts
/// are made of letters.
///
/// ```
/// use reenact_real_data_tester::{ColumnKind, SyntheticColumn};
///
/// let delay = SyntheticColumn::new("delay", ColumnKind::Float)
///     .with_range(-30.0, 900.0)
///     .with_quantiles([(0.5, 2.0), (0.9, 45.0)])
///     .with_null_rate(0.02);
/// let carrier = SyntheticColumn::new("carrier", ColumnKind::Text).with_categories([("AA", 3.0), ("UA", 7.0)]);
/// # let _ = (delay, carrier);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct SyntheticColumn {
    pub(super) name: String,
    pub(super) kind: ColumnKind,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) null_rate: f64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) unique: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) minimum: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) maximum: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) quantiles: Vec<(f64, f64)>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) categories: BTreeMap<String, f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) time_zone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) longest: Option<usize>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

impl SyntheticColumn {
    /// Begins a column without nulls.
    pub fn new(name: impl Into<String>, kind: ColumnKind) -> Self {
        Self {
            name: name.into(),
            kind,
            null_rate: 0.0,
            unique: false,
            minimum: None,
            maximum: None,
            quantiles: Vec::new(),
            categories: BTreeMap::new(),
            from: None,
            until: None,
            time_zone: None,
            longest: None,
        }
    }

    /// Makes this share of the values null, 0 to 1.
    pub fn with_null_rate(mut self, rate: f64) -> Self {
        self.null_rate = rate;
        self
    }

    /// Makes every value another one: whole numbers count up from the smallest, texts end in their number.
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Sets the smallest and the largest number.
    pub fn with_range(mut self, minimum: f64, maximum: f64) -> Self {
        (self.minimum, self.maximum) = (Some(minimum), Some(maximum));
        self
    }

    /// Sets the numbers below which these shares of all numbers are; between them the distribution is even.
    pub fn with_quantiles(mut self, quantiles: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.quantiles = quantiles.into_iter().collect();
        self
    }

    /// Draws from these values, in proportion to their weights; of a boolean column they are `true` and `false`.
    pub fn with_categories<S: Into<String>>(
        mut self,
        categories: impl IntoIterator<Item = (S, f64)>,
    ) -> Self {
        self.categories =
            categories.into_iter().map(|(value, weight)| (value.into(), weight)).collect();
        self
    }

    /// Sets the first and the last date or time, as ISO 8601 has them.
    pub fn with_period(mut self, from: impl Into<String>, until: impl Into<String>) -> Self {
        (self.from, self.until) = (Some(from.into()), Some(until.into()));
        self
    }

    /// Sets the time zone of timestamps, an offset such as `+01:00` or `UTC`.
    pub fn with_time_zone(mut self, zone: impl Into<String>) -> Self {
        self.time_zone = Some(zone.into());
        self
    }

    /// Sets how many letters the longest text has. By default 12.
    pub fn with_longest(mut self, letters: usize) -> Self {
        self.longest = Some(letters);
        self
    }

    /// Returns the column's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Checks the column, and prepares what its values are drawn from.
    pub(super) fn source(&self) -> Result<Source, String> {
        if !(0.0..=1.0).contains(&self.null_rate) {
            return Err(format!("null rate {} is not from 0 to 1", self.null_rate));
        }
        if self.unique && !matches!(self.kind, ColumnKind::Integer | ColumnKind::Text) {
            return Err("only whole numbers and texts can be unique".to_owned());
        }
        if !self.categories.is_empty() {
            return self.categories();
        }
        match self.kind {
            ColumnKind::Boolean => {
                Ok(Source::Categories(vec![("false".into(), 0.5), ("true".into(), 1.0)]))
            }
            ColumnKind::Integer => self.numbers(0.0, 1_000.0),
            ColumnKind::Float => self.numbers(0.0, 1.0),
            ColumnKind::Text => Ok(Source::Letters(self.longest.unwrap_or(12).max(1))),
            ColumnKind::Date | ColumnKind::Timestamp => {
                let from = time::seconds(self.from.as_deref().unwrap_or("2020-01-01"))?;
                let until = time::seconds(self.until.as_deref().unwrap_or("2024-12-31"))?;
                Quantiles::new(from, until, &self.quantiles).map(Source::Numbers)
            }
        }
    }

    fn numbers(&self, minimum: f64, maximum: f64) -> Result<Source, String> {
        let first = self.quantiles.first().map(|(_, value)| *value);
        let last = self.quantiles.last().map(|(_, value)| *value);
        let minimum =
            self.minimum.or(first).unwrap_or_else(|| minimum.min(self.maximum.unwrap_or(minimum)));
        let maximum = self.maximum.or(last).unwrap_or_else(|| maximum.max(minimum));
        Quantiles::new(minimum, maximum, &self.quantiles).map(Source::Numbers)
    }

    fn categories(&self) -> Result<Source, String> {
        let wrong =
            self.categories.iter().find(|(_, weight)| !(weight.is_finite() && **weight >= 0.0));
        if let Some((value, weight)) = wrong {
            return Err(format!("the weight {weight} of `{value}` is not a number of at least 0"));
        }
        let all: f64 = self.categories.values().sum();
        if all <= 0.0 {
            return Err("the weights of all values are 0".to_owned());
        }
        let reads = |value: &str| match self.kind {
            ColumnKind::Text => true,
            ColumnKind::Boolean => matches!(value, "true" | "false"),
            ColumnKind::Integer => value.parse::<i64>().is_ok(),
            ColumnKind::Float => value.parse::<f64>().is_ok(),
            ColumnKind::Date | ColumnKind::Timestamp => time::seconds(value).is_ok(),
        };
        if let Some(value) = self.categories.keys().find(|value| !reads(value)) {
            return Err(format!("`{value}` is no value of a column of this kind"));
        }
        let mut sum = 0.0;
        let shares = self.categories.iter().map(|(value, weight)| {
            sum += weight / all;
            (value.clone(), sum)
        });
        Ok(Source::Categories(shares.collect()))
    }
}

/// What the values of a column are drawn from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    /// Numbers, or times in seconds.
    Numbers(Quantiles),
    /// Values with the share of all that are up to them.
    Categories(Vec<(String, f64)>),
    /// Texts of up to so many letters.
    Letters(usize),
}

impl Source {
    /// Returns the category at a share.
    pub(super) fn category(categories: &[(String, f64)], share: f64) -> &str {
        let place = categories.partition_point(|(_, until)| *until < share);
        categories.get(place).or_else(|| categories.last()).map_or("", |(value, _)| value)
    }
}
