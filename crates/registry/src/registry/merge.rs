//! How two registries of one execution become one.

use serde::{Deserialize, Serialize};

use super::store::{Registration, Registry};
use crate::error::{Error, Repr};
use crate::key::OutputKey;

/// What to do with outputs that both registries have, but not alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnConflict {
    /// Keep what is there.
    Keep,
    /// Refuse to merge at all. This is the default.
    #[default]
    Refuse,
    /// Take what comes.
    Replace,
}

/// What became of each output that was merged in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MergeOutcome {
    /// They are new.
    pub added: Vec<OutputKey>,
    /// They differed, and what was there was kept.
    pub kept: Vec<OutputKey>,
    /// They differed, and took the place of what was there.
    pub replaced: Vec<OutputKey>,
    /// They were there already.
    pub unchanged: Vec<OutputKey>,
}

impl Registry {
    /// Adds what another registry of the same execution holds.
    ///
    /// ```
    /// use reenact_registry::{Location, OnConflict, Output, OutputKey, Registry};
    ///
    /// let at = |place: &str| -> Result<Registry, reenact_registry::Error> {
    ///     let mut registry = Registry::default();
    ///     registry.register(Output::new(OutputKey::parse("clean.table")?, Location::parse(place)?))?;
    ///     Ok(registry)
    /// };
    /// let mut registry = at("s3://flights/a")?;
    /// assert!(registry.merge(at("s3://flights/b")?, OnConflict::Refuse).is_err());
    /// let outcome = registry.merge(at("s3://flights/b")?, OnConflict::Replace)?;
    /// assert_eq!(outcome.replaced[0].to_string(), "clean.table");
    /// # Ok::<(), reenact_registry::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Conflict`](crate::ErrorKind::Conflict) if the executions are two, or an output differs and
    /// `on_conflict` is to refuse; otherwise as [`register`](Self::register). The registry is then as before, since
    /// the merge is made on a copy.
    #[doc(alias = "import_from_manifest")]
    pub fn merge(&mut self, other: Self, on_conflict: OnConflict) -> Result<MergeOutcome, Error> {
        if let Some(field) = self.execution.contradiction(&other.execution) {
            return Err(Repr::OtherExecution { field }.into());
        }
        let mut merged = self.clone();
        let mut outcome = MergeOutcome::default();
        for output in other.steps.into_outputs() {
            let key = output.key().clone();
            let differs =
                merged.get(&key).is_some_and(|earlier| earlier.difference(&output).is_some());
            if differs && on_conflict == OnConflict::Keep {
                outcome.kept.push(key);
                continue;
            }
            match merged.insert(output, on_conflict == OnConflict::Replace)? {
                Registration::Added => outcome.added.push(key),
                Registration::Replaced => outcome.replaced.push(key),
                Registration::Unchanged => outcome.unchanged.push(key),
            }
        }
        merged.execution.merge(other.execution);
        *self = merged;
        Ok(outcome)
    }

    /// Returns the same registry with every output at `root/step/output`, or `root/step@job/output`: where the modes
    /// without S3 find them.
    ///
    /// ```
    /// use reenact_registry::{Location, Output, OutputKey, Registry};
    ///
    /// let mut registry = Registry::default();
    /// registry.register(Output::new(OutputKey::parse("clean.table")?, Location::parse("s3://flights/t")?))?;
    /// let local = registry.at_local_root("/tmp/flights".as_ref())?;
    /// let output = local.output(&OutputKey::parse("clean.table")?)?;
    /// assert_eq!(output.location(), &Location::Local("/tmp/flights/clean/table".into()));
    /// # Ok::<(), reenact_registry::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ErrorKind::Malformed) if `root` is a relative path.
    pub fn at_local_root(&self, root: &std::path::Path) -> Result<Self, Error> {
        let mut local = Self::new(self.execution.clone());
        for output in self.outputs() {
            let key = output.key();
            let path = root.join(key.step_key().to_string()).join(key.logical_name().as_str());
            local.register(output.clone().relocated(crate::Location::Local(path)))?;
        }
        Ok(local)
    }
}
