//! A sampling as a scenario file has it.

use serde::Deserialize;

use super::{SampleBy, Sampling};
use crate::{Error, Result};

/// The table `sampling`, not yet checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenSampling {
    share: String,
    by: By,
    #[serde(default)]
    key: Vec<String>,
    #[serde(default)]
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum By {
    File,
    Row,
    Key,
}

impl WrittenSampling {
    /// Checks it.
    pub(crate) fn sampling(&self) -> Result<Sampling> {
        if self.by != By::Key && !self.key.is_empty() {
            return Err(Error::scenario("`key` is for samples by key: write `by = \"key\"`"));
        }
        let by = match self.by {
            By::File => SampleBy::File,
            By::Row => SampleBy::Row,
            By::Key => SampleBy::Key(self.key.clone()),
        };
        Ok(Sampling::new(&self.share, by)?.with_seed(self.seed))
    }
}
