//! `Registry`: what is registered, and how it gets in.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, hash_map};

use crate::error::{Error, Repr};
use crate::execution::{Completion, Execution};
use crate::key::StepKey;
use crate::name::LogicalName;
use crate::output::Output;
use crate::property::PropertyPath;
use crate::spelling;

/// Where every output of one execution is.
///
/// Outputs are kept by step, job type and logical name, and listed in that order. Looking one up takes
/// time logarithmic in their number, by whatever it is looked up; what lists outputs by another trait visits all.
///
/// ```
/// use reenact_registry::{Location, Output, OutputKey, Registration, Registry};
///
/// let mut registry = Registry::default();
/// let output = Output::new(OutputKey::parse("clean.table")?, Location::parse("s3://flights/clean/table")?);
/// assert_eq!(registry.register(output.clone())?, Registration::Added);
/// assert_eq!(registry.register(output)?, Registration::Unchanged);
///
/// let elsewhere = Output::new(OutputKey::parse("clean.table")?, Location::parse("s3://flights/other")?);
/// assert!(registry.register(elsewhere.clone()).is_err());
/// assert_eq!(registry.replace(elsewhere)?, Registration::Replaced);
/// # Ok::<(), reenact_registry::Error>(())
/// ```
#[doc(alias = "S3OutputPathRegistry")]
#[derive(Clone, Debug, Default)]
pub struct Registry {
    pub(super) execution: Execution,
    pub(super) steps: BTreeMap<StepKey, StepOutputs>,
    /// The step that all spellings of it, job type included, lead to.
    pub(super) spellings: HashMap<Box<str>, StepKey>,
    /// The steps that a spelling without job type may mean.
    pub(super) bases: HashMap<Box<str>, Vec<StepKey>>,
    /// The steps that have an output with a property path.
    pub(super) paths: HashMap<PropertyPath, HashSet<StepKey>>,
    pub(super) length: usize,
}

/// The outputs of one step.
#[derive(Clone, Debug)]
pub(super) struct StepOutputs {
    pub(super) key: StepKey,
    /// Boxed, since a tree keeps room for eleven entries even where a step has one output.
    pub(super) outputs: BTreeMap<LogicalName, Box<Output>>,
    /// Which output an alias stands for, whatever its case.
    pub(super) aliases: BTreeMap<String, LogicalName>,
    /// The outputs by property path. None comes before every name, and so starts a range.
    paths: BTreeSet<(PropertyPath, Option<LogicalName>)>,
}

/// What became of an output that was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Registration {
    /// It is new.
    Added,
    /// It took the place of another one.
    Replaced,
    /// It was there already.
    Unchanged,
}

impl Registry {
    /// Makes an empty registry for an execution.
    pub fn new(execution: Execution) -> Self {
        Self { execution, ..Self::default() }
    }

    /// Returns the execution whose outputs these are.
    pub fn execution(&self) -> &Execution {
        &self.execution
    }

    /// Returns the execution, to note what is learnt of it.
    pub fn execution_mut(&mut self) -> &mut Execution {
        &mut self.execution
    }

    /// Returns how much of the execution is complete; registering outputs has no part in it.
    pub fn completion(&self) -> Completion {
        self.execution.completion()
    }

    /// Adds an output. Adding the same one again, at whatever time it was registered, changes nothing.
    ///
    /// # Errors
    ///
    /// [`Conflict`](crate::ErrorKind::Conflict) if another one is registered under its key,
    /// [`Collision`](crate::ErrorKind::Collision) if its step is another spelling of a step that is there, or an alias
    /// of it stands for another output of the step, [`Malformed`](crate::ErrorKind::Malformed) if its place is a
    /// relative path. The registry is then as before.
    pub fn register(&mut self, output: Output) -> Result<Registration, Error> {
        self.insert(output, false)
    }

    /// Adds an output in the place of the one that may be registered under its key.
    ///
    /// # Errors
    ///
    /// As [`register`](Self::register), without `Conflict`.
    pub fn replace(&mut self, output: Output) -> Result<Registration, Error> {
        self.insert(output, true)
    }

    pub(super) fn insert(
        &mut self,
        mut output: Output,
        replace: bool,
    ) -> Result<Registration, Error> {
        output.check()?;
        let key = output.key().step_key().clone();
        let path = output.property_path().cloned();
        if let Some((known, _)) = path.as_ref().and_then(|path| self.paths.get_key_value(path)) {
            output.share_property_path(known);
        }
        if !self.steps.contains_key(&key) {
            self.add_spelling(&key)?;
        }
        let step = self.steps.entry(key).or_insert_with_key(StepOutputs::new);
        // Only a step that was there before can have anything that this output is at odds with.
        let registration = match step.insert(output, replace)? {
            Inserted::Unchanged => return Ok(Registration::Unchanged),
            Inserted::Added => {
                self.length += 1;
                Registration::Added
            }
            Inserted::Replaced(earlier) => {
                if let Some(lost) = earlier
                    .property_path()
                    .filter(|lost| step.with_path((*lost).clone()).next().is_none())
                {
                    remove_path(&mut self.paths, lost, &step.key);
                }
                Registration::Replaced
            }
        };
        if let Some(path) = path {
            self.paths.entry(path).or_default().insert(step.key.clone());
        }
        Ok(registration)
    }

    /// Notes the spellings of a new step.
    fn add_spelling(&mut self, step: &StepKey) -> Result<(), Error> {
        match self.spellings.entry(spelling::full(step).into_boxed_str()) {
            hash_map::Entry::Occupied(taken) => {
                Err(Repr::Collision { step: step.clone(), other: taken.get().clone() }.into())
            }
            hash_map::Entry::Vacant(free) => {
                free.insert(step.clone());
                self.bases
                    .entry(spelling::base(step).into_boxed_str())
                    .or_default()
                    .push(step.clone());
                Ok(())
            }
        }
    }
}

/// What became of an output within its step.
enum Inserted {
    Added,
    Replaced(Box<Output>),
    Unchanged,
}

impl StepOutputs {
    fn new(key: &StepKey) -> Self {
        Self {
            key: key.clone(),
            outputs: BTreeMap::new(),
            aliases: BTreeMap::new(),
            paths: BTreeSet::new(),
        }
    }

    fn insert(&mut self, mut output: Output, replace: bool) -> Result<Inserted, Error> {
        let name = output.key().logical_name().clone();
        match self.outputs.get(&name).map(|earlier| earlier.difference(&output)) {
            Some(None) => return Ok(Inserted::Unchanged),
            Some(Some(field)) if !replace => {
                return Err(Repr::Conflict { key: output.key().clone(), field }.into());
            }
            Some(Some(_)) | None => {}
        }
        for alias in output.aliases() {
            if let Some(other) =
                self.aliases.get(&fold_alias(alias)).filter(|other| **other != name)
            {
                let (alias, other) = (alias.clone(), other.clone());
                return Err(Repr::AliasTaken { key: output.key().clone(), alias, other }.into());
            }
        }
        output.share_step(&self.key);
        let aliases: Vec<_> = output.aliases().iter().map(fold_alias).collect();
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

    /// Lists the outputs with this property path, which names no step.
    pub(super) fn with_path(&self, path: PropertyPath) -> impl Iterator<Item = &Output> {
        let entries =
            self.paths.range((path.clone(), None)..).take_while(move |(found, _)| *found == path);
        entries.filter_map(|(_, name)| self.outputs.get(name.as_ref()?).map(AsRef::as_ref))
    }
}

/// Forgets that a step has an output with this property path.
fn remove_path(
    paths: &mut HashMap<PropertyPath, HashSet<StepKey>>,
    path: &PropertyPath,
    step: &StepKey,
) {
    if let Some(steps) = paths.get_mut(path) {
        steps.remove(step);
        if steps.is_empty() {
            paths.remove(path);
        }
    }
}

/// Leaves the case of an alias out of account.
pub(super) fn fold_alias(alias: &LogicalName) -> String {
    alias.as_str().to_lowercase()
}

/// Two registries are equal if they hold the same, whatever the order in which it came.
impl PartialEq for Registry {
    fn eq(&self, other: &Self) -> bool {
        self.execution == other.execution && self.outputs().eq(other.outputs())
    }
}
