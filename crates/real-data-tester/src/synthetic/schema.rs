//! A made-up table: its columns and how they go together.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::column::{Source, SyntheticColumn};
use super::copula::Copula;
use super::time;
use crate::{Error, Result};

/// A table to make up: it can be kept as TOML or JSON, and drawn from what was measured of a real one.
/// [`SyntheticData`](super::SyntheticData) writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyntheticTable {
    pub(super) columns: Vec<SyntheticColumn>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) correlations: Vec<RankCorrelation>,
}

/// How the ranks of two columns go together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::exhaustive_structs, reason = "two columns and how they go together")]
pub struct RankCorrelation {
    /// The columns: numbers, times, or values in the order of their names.
    pub columns: (String, String),
    /// Spearman's rank correlation, above -1 and below 1.
    pub rank: f64,
}

impl SyntheticTable {
    /// Takes the columns of a table, in order.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Scenario`](crate::ErrorKind::Scenario) for no column, two of one name, and distributions that cannot be; names the column.
    pub fn new(columns: impl IntoIterator<Item = SyntheticColumn>) -> Result<Self> {
        let table = Self { columns: columns.into_iter().collect(), correlations: Vec::new() };
        table.check()?;
        Ok(table)
    }

    /// Has the ranks of columns go together.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Scenario`](crate::ErrorKind::Scenario) for an unknown column, and for correlations that cannot hold together.
    pub fn with_correlations(
        mut self,
        correlations: impl IntoIterator<Item = RankCorrelation>,
    ) -> Result<Self> {
        self.correlations = correlations.into_iter().collect();
        self.check()?;
        Ok(self)
    }

    /// Returns the columns.
    pub fn columns(&self) -> &[SyntheticColumn] {
        &self.columns
    }

    /// Checks everything.
    pub(super) fn check(&self) -> Result<()> {
        self.sources()?;
        self.copula().map(drop)
    }

    /// Returns what the values of each column are drawn from.
    pub(super) fn sources(&self) -> Result<Vec<Source>> {
        if self.columns.is_empty() {
            return Err(Error::scenario("a made-up table has no column"));
        }
        let mut names = BTreeSet::new();
        let source = |column: &SyntheticColumn| {
            let wrong = |problem| {
                Error::scenario(format!("column `{}` cannot be made up: {problem}", column.name))
            };
            if let Some(zone) = &column.time_zone {
                time::offset(zone).map_err(wrong)?;
            }
            column.source().map_err(wrong)
        };
        if let Some(twice) = self.columns.iter().find(|column| !names.insert(&column.name)) {
            return Err(Error::scenario(format!(
                "a made-up table has two columns `{}`",
                twice.name
            )));
        }
        self.columns.iter().map(source).collect()
    }

    /// Returns how the columns go together.
    pub(super) fn copula(&self) -> Result<Copula> {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        Copula::new(&names, &self.correlations).map_err(Error::scenario)
    }
}
