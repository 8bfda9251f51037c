//! Where the data of an input come from that neither production nor a step of the run provides: the seam, and local directories.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use reenact_registry::OutputKey;

use crate::event::Provenance;
use crate::tree::copy_tree;
use crate::{Error, ErrorKind, Result};

/// Provides the data of outputs that steps read: from a directory, or made up.
///
/// It is called on a thread that may block.
pub trait DataProvider: fmt::Debug + Send + Sync {
    /// Tells whether there are data for `output`; asked before anything runs.
    fn provides(&self, output: &OutputKey) -> bool;

    /// Fills `directory`, which exists and is empty, with the data of `output`, and says where they are from.
    ///
    /// # Errors
    ///
    /// Whatever keeps the data from being there as a whole.
    fn fill(&self, output: &OutputKey, directory: &Path) -> Result<Provenance>;
}

/// An [`DataProvider`] of directories on this machine.
///
/// ```
/// use reenact_real_data_tester::{DataProvider, LocalData};
///
/// let directory = tempfile::tempdir()?;
/// std::fs::create_dir_all(directory.path().join("extract/rows"))?;
/// let local = LocalData::new(directory.path());
/// assert!(local.provides(&"extract.rows".parse()?));
/// assert!(!local.provides(&"extract.totals".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct LocalData {
    root: Option<PathBuf>,
    outputs: BTreeMap<OutputKey, PathBuf>,
}

impl LocalData {
    /// Takes a directory in which the data of the output `step.name` are the directory or file `step/name`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: Some(root.into()), outputs: BTreeMap::new() }
    }

    /// Takes the data of one output from `path`, a directory or a file, wherever that is.
    #[must_use]
    pub fn with_output(mut self, output: OutputKey, path: impl Into<PathBuf>) -> Self {
        self.outputs.insert(output, path.into());
        self
    }

    fn place(&self, output: &OutputKey) -> Option<PathBuf> {
        self.outputs.get(output).cloned().or_else(|| {
            let step = self.root.as_ref()?.join(output.step_key().to_string());
            Some(step.join(output.logical_name().as_str())).filter(|place| place.exists())
        })
    }
}

impl DataProvider for LocalData {
    fn provides(&self, output: &OutputKey) -> bool {
        self.place(output).is_some()
    }

    fn fill(&self, output: &OutputKey, directory: &Path) -> Result<Provenance> {
        let place = self.place(output).ok_or_else(|| {
            Error::scenario(format!("there is no local directory for `{output}` any more"))
        })?;
        copy_tree(&place, directory).map_err(|error| {
            Error::caused(
                ErrorKind::Source,
                format!("cannot take `{output}` from {}", place.display()),
                error,
            )
        })?;
        Ok(Provenance::Local { directory: place })
    }
}
