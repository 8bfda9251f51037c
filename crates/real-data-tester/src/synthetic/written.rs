//! Made-up data as a scenario file has them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::column::SyntheticColumn;
use super::data::SyntheticData;
use super::data_set::DataSet;
use super::model_table::ModelTable;
use super::provider::Synthetic;
use super::schema::{RankCorrelation, SyntheticTable};
use super::write::SyntheticFormat;
use crate::{Error, ErrorKind, Result};

/// The table `synthetic`, not yet checked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WrittenSynthetic {
    seed: u64,
    set: DataSet,
    outputs: BTreeMap<String, WrittenOutput>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOutput {
    #[serde(default = "default_rows")]
    rows: u64,
    #[serde(default)]
    format: SyntheticFormat,
    #[serde(default = "one")]
    files: u64,
    #[serde(default)]
    columns: Vec<SyntheticColumn>,
    like: Option<ModelTable>,
    #[serde(default)]
    correlations: Vec<RankCorrelation>,
}

fn default_rows() -> u64 {
    1_000
}

fn one() -> u64 {
    1
}

impl WrittenSynthetic {
    /// Reads the profiles that are named, sought below `directory`; names the output of what is wrong.
    pub(crate) fn load(&mut self, directory: &Path) -> Result<(), (String, Error)> {
        for (name, output) in &mut self.outputs {
            let loaded = output.like.as_mut().map_or(Ok(()), |like| like.load(directory));
            loaded.map_err(|error| (name.clone(), error))?;
        }
        Ok(())
    }

    /// Checks it; names the output of what is wrong.
    pub(crate) fn synthetic(&self) -> Result<Synthetic, (String, Error)> {
        let mut synthetic = Synthetic::new();
        for (name, output) in &self.outputs {
            let wrong = |error| (name.clone(), error);
            let key = name.parse().map_err(|error| {
                wrong(Error::caused(ErrorKind::Scenario, "an output is STEP.OUTPUT", error))
            })?;
            let table = output
                .table()
                .and_then(|table| table.with_correlations(output.correlations.iter().cloned()))
                .map_err(wrong)?;
            let data = SyntheticData::new(table)
                .with_set(self.set)
                .with_seed(self.seed)
                .with_rows(output.rows)
                .with_format(output.format)
                .with_files(output.files);
            synthetic = synthetic.with_output(key, data);
        }
        Ok(synthetic)
    }
}

impl WrittenOutput {
    /// Returns the table: of the columns that are described, or like the one of a profile.
    fn table(&self) -> Result<SyntheticTable> {
        match &self.like {
            Some(_) if !self.columns.is_empty() => Err(Error::scenario(
                "made-up data have `columns` or are `like` a profile, not both",
            )),
            Some(like) => like.table(),
            None => SyntheticTable::new(self.columns.iter().cloned()),
        }
    }
}
