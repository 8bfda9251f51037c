//! The steps of a registry with their outputs, found in all spellings.

use std::collections::{BTreeMap, BTreeSet, HashMap, btree_map, hash_map};

use crate::error::{Error, Repr};
use crate::key::StepKey;
use crate::name::LogicalName;
use crate::output::Output;
use crate::property::PropertyPath;
use crate::spelling;
use crate::suggestion::Unknown;

/// All steps, by name and job type.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps {
    outputs: BTreeMap<StepKey, StepOutputs>,
    /// The step that all spellings of it, job type included, lead to.
    spellings: HashMap<Box<str>, StepKey>,
    /// The steps that a spelling without job type may mean.
    bases: HashMap<Box<str>, Vec<StepKey>>,
    /// The steps in the order in which they came.
    order: Vec<StepKey>,
}

/// The outputs of one step.
#[derive(Clone, Debug)]
pub(super) struct StepOutputs {
    key: StepKey,
    number: usize,
    /// Boxed, since a tree keeps room for eleven entries even where a step has one output.
    outputs: BTreeMap<LogicalName, Box<Output>>,
    /// Which output an alias stands for, whatever its case.
    aliases: BTreeMap<String, LogicalName>,
    /// The outputs by property path. None comes before every name, and so starts a range.
    paths: BTreeSet<(PropertyPath, Option<LogicalName>)>,
}

/// What became of an output within its step.
pub(super) enum Inserted {
    Added,
    Replaced(Box<Output>),
    Unchanged,
}

impl Steps {
    /// Returns the step registered exactly so, or adds it unless it is another spelling of one that is there.
    pub(super) fn get_or_add(&mut self, key: &StepKey) -> Result<&mut StepOutputs, Error> {
        let vacant = match self.outputs.entry(key.clone()) {
            btree_map::Entry::Occupied(known) => return Ok(known.into_mut()),
            btree_map::Entry::Vacant(vacant) => vacant,
        };
        match self.spellings.entry(spelling::full(key).into_boxed_str()) {
            hash_map::Entry::Occupied(taken) => {
                return Err(
                    Repr::Collision { step: key.clone(), other: taken.get().clone() }.into()
                );
            }
            hash_map::Entry::Vacant(free) => free.insert(key.clone()),
        };
        self.bases.entry(spelling::base(key).into_boxed_str()).or_default().push(key.clone());
        self.order.push(key.clone());
        Ok(vacant.insert(StepOutputs {
            key: key.clone(),
            number: self.order.len() - 1,
            outputs: BTreeMap::new(),
            aliases: BTreeMap::new(),
            paths: BTreeSet::new(),
        }))
    }

    /// Returns the step registered exactly so.
    pub(super) fn get(&self, key: &StepKey) -> Option<&StepOutputs> {
        self.outputs.get(key)
    }

    /// Returns the step that came as the `number`th.
    pub(super) fn numbered(&self, number: usize) -> Option<&StepOutputs> {
        self.outputs.get(self.order.get(number)?)
    }

    /// Finds the step in whatever spelling.
    pub(super) fn find(&self, key: &StepKey) -> Result<&StepOutputs, Error> {
        let spelled = || self.outputs.get(self.spellings.get(spelling::full(key).as_str())?);
        if let Some(step) = self.outputs.get(key).or_else(spelled) {
            return Ok(step);
        }
        let without_job_type = key.job_type().is_none();
        let fitting = self.bases.get(spelling::base(key).as_str()).filter(|_| without_job_type);
        match fitting.map(Vec::as_slice) {
            Some([only]) => Ok(&self.outputs[only]),
            Some(several) => {
                let fitting = several.iter().map(ToString::to_string).collect();
                Err(Repr::Ambiguous { what: "step", name: key.to_string(), fitting }.into())
            }
            None => Err(Unknown::among(
                "step",
                &key.to_string(),
                self.outputs.keys().map(ToString::to_string),
            )
            .into()),
        }
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &StepKey> {
        self.outputs.keys()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &StepOutputs> {
        self.outputs.values()
    }

    pub(super) fn len(&self) -> usize {
        self.outputs.len()
    }

    pub(super) fn into_outputs(self) -> impl Iterator<Item = Output> {
        self.outputs.into_values().flat_map(|step| step.outputs.into_values()).map(|output| *output)
    }
}

impl StepOutputs {
    pub(super) fn key(&self) -> &StepKey {
        &self.key
    }

    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// Returns the output with exactly this name.
    pub(super) fn get(&self, name: &LogicalName) -> Option<&Output> {
        self.outputs.get(name).map(AsRef::as_ref)
    }

    /// Returns the output with this name, or else with this alias in any case.
    pub(super) fn find(&self, name: &LogicalName) -> Option<&Output> {
        self.get(name).or_else(|| self.get(self.aliases.get(&fold_alias(name))?))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Output> {
        self.outputs.values().map(AsRef::as_ref)
    }

    /// Lists the outputs with this property path, which names no step.
    pub(super) fn with_path(&self, path: PropertyPath) -> impl Iterator<Item = &Output> {
        let entries =
            self.paths.range((path.clone(), None)..).take_while(move |(found, _)| *found == path);
        entries.filter_map(|(_, name)| self.get(name.as_ref()?))
    }

    pub(super) fn insert(&mut self, mut output: Output, replace: bool) -> Result<Inserted, Error> {
        let name = output.key().logical_name().clone();
        match self.get(&name).map(|earlier| earlier.difference(&output)) {
            Some(None) => return Ok(Inserted::Unchanged),
            Some(Some(field)) if !replace => {
                return Err(Repr::Conflict { key: output.key().clone(), field }.into());
            }
            Some(Some(_)) | None => {}
        }
        let aliases: Vec<_> = output.aliases().iter().map(fold_alias).collect();
        for (alias, folded) in output.aliases().iter().zip(&aliases) {
            if let Some(other) = self.aliases.get(folded).filter(|other| **other != name) {
                let (alias, other) = (alias.clone(), other.clone());
                return Err(Repr::AliasTaken { key: output.key().clone(), alias, other }.into());
            }
        }
        output.share_step(&self.key);
        let path = output.property_path().cloned();
        let earlier = self.outputs.insert(name.clone(), Box::new(output));
        if let Some(earlier) = &earlier {
            for alias in earlier.aliases() {
                self.aliases.remove(&fold_alias(alias));
            }
            if let Some(path) = earlier.property_path() {
                self.paths.remove(&(path.clone(), Some(name.clone())));
            }
        }
        self.aliases.extend(aliases.into_iter().map(|alias| (alias, name.clone())));
        self.paths.extend(path.map(|path| (path, Some(name))));
        Ok(earlier.map_or(Inserted::Added, Inserted::Replaced))
    }
}

/// Leaves the case of an alias out of account.
fn fold_alias(alias: &LogicalName) -> String {
    alias.as_str().to_lowercase()
}
