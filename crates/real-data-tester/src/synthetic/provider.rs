//! Provides made-up data to the inputs of steps.

use std::collections::BTreeMap;
use std::path::Path;

use reenact_registry::OutputKey;

use super::data::SyntheticData;
use super::data_set::DataSet;
use crate::event::Provenance;
use crate::provider::DataProvider;
use crate::{Error, Result};

/// A [`DataProvider`] of made-up data: what steps read before there is any production, and what production rarely has.
///
/// A scenario's `[synthetic]` makes one; in code:
///
/// ```
/// use reenact_real_data_tester::{ColumnKind, FnExecutor, Runner, Scenario};
/// use reenact_real_data_tester::{DataSet, Synthetic, SyntheticColumn, SyntheticData, SyntheticTable};
///
/// let rows = SyntheticTable::new([SyntheticColumn::new("amount", ColumnKind::Float)])?;
/// let data = Synthetic::new().with_output("extract.rows".parse()?, SyntheticData::new(rows));
/// let count = FnExecutor::new("count", |request| {
///     let rows = std::fs::read_to_string(request.input("rows").join("part-00000.csv"))?.lines().count() - 1;
///     std::fs::write(request.output("count").join("count.csv"), format!("rows\n{rows}\n"))?;
///     Ok(())
/// });
/// let scenario = Scenario::builder("sales")
///     .step("count", |step| step.executor(count).input("rows", "extract.rows").outputs(["count"]))
///     .build()?;
/// # let home = tempfile::tempdir()?;
/// # let cache = reenact_workspace_cache::CacheOptions::default().with_location(home.path());
/// for set in DataSet::ALL {
///     let runner = Runner::offline(scenario.clone()).with_synthetic_data(data.clone().with_set(set));
///     # let runner = runner.with_cache(cache.clone());
///     assert!(runner.isolation_blocking("count")?.steps[0].outcome.as_ref().is_some_and(|outcome| outcome.succeeded()));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Synthetic {
    outputs: BTreeMap<OutputKey, SyntheticData>,
}

impl Synthetic {
    /// Begins with no data.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes up the data of `output`.
    pub fn with_output(mut self, output: OutputKey, data: SyntheticData) -> Self {
        self.outputs.insert(output, data);
        self
    }

    /// Sets the kind of all data.
    pub fn with_set(self, set: DataSet) -> Self {
        self.each(|data| data.with_set(set))
    }

    /// Sets the size of all data.
    pub fn with_rows(self, rows: u64) -> Self {
        self.each(|data| data.with_rows(rows))
    }

    /// Sets the seed of all data.
    pub fn with_seed(self, seed: u64) -> Self {
        self.each(|data| data.with_seed(seed))
    }

    fn each(self, change: impl Fn(SyntheticData) -> SyntheticData) -> Self {
        let outputs = self.outputs.into_iter().map(|(key, data)| (key, change(data)));
        Self { outputs: outputs.collect() }
    }
}

impl DataProvider for Synthetic {
    fn provides(&self, output: &OutputKey) -> bool {
        self.outputs.contains_key(output)
    }

    fn fill(&self, output: &OutputKey, directory: &Path) -> Result<Provenance> {
        let data = self
            .outputs
            .get(output)
            .ok_or_else(|| Error::scenario(format!("`{output}` is not among the made-up data")))?;
        data.write(directory)?;
        Ok(Provenance::Synthetic { recipe: data.recipe() })
    }
}
