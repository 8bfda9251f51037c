//! `Registry`: what is registered, and how it gets in.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::steps::{Inserted, Steps};
use crate::error::Error;
use crate::execution::{Completion, Execution};
use crate::output::Output;
use crate::property::PropertyPath;

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
    pub(super) steps: Steps,
    pub(super) paths: HashMap<PropertyPath, PathUsers>,
    pub(super) length: usize,
}

/// Who has outputs with one property path.
#[derive(Clone, Debug)]
pub(super) struct PathUsers {
    /// The path as all of them share it in memory.
    path: PropertyPath,
    /// The numbers of the steps.
    pub(super) steps: BTreeSet<usize>,
}

/// What became of an output that was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
        let path = output.property_path().cloned();
        let mut users = path.as_ref().and_then(|path| self.paths.get_mut(path));
        if let Some(users) = &users {
            output.share_property_path(&users.path);
        }
        let step = self.steps.get_or_add(output.key().step_key())?;
        // Only a step that was there before can have anything that this output is at odds with.
        let inserted = step.insert(output, replace)?;
        if let Inserted::Unchanged = inserted {
            return Ok(Registration::Unchanged);
        }
        if let Some(users) = &mut users {
            users.steps.insert(step.number());
        } else if let Some(path) = path {
            let users = PathUsers { path: path.clone(), steps: BTreeSet::from([step.number()]) };
            self.paths.insert(path, users);
        }
        let Inserted::Replaced(earlier) = inserted else {
            self.length += 1;
            return Ok(Registration::Added);
        };
        if let Some(lost) =
            earlier.property_path().filter(|lost| step.with_path((*lost).clone()).next().is_none())
        {
            let number = step.number();
            self.remove_path(lost, number);
        }
        Ok(Registration::Replaced)
    }

    /// Forgets that a step has an output with this property path.
    fn remove_path(&mut self, path: &PropertyPath, step: usize) {
        if let Some(users) = self.paths.get_mut(path) {
            users.steps.remove(&step);
            if users.steps.is_empty() {
                self.paths.remove(path);
            }
        }
    }
}

/// Two registries are equal if they hold the same, whatever the order in which it came.
impl PartialEq for Registry {
    fn eq(&self, other: &Self) -> bool {
        self.execution == other.execution && self.outputs().eq(other.outputs())
    }
}
