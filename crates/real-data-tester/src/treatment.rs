//! What is done to trees between their source and a step: a part of them is taken, and what is private is masked.

use std::path::Path;
use std::sync::Arc;

use reenact_validator::{Check, Level, Rules};

use crate::event::Tree;
use crate::masking::Masker;
use crate::sampling::{RowSample, SampleBy, Sampling};
use crate::tabular::{Edits, all_have_columns, edit_tree};
use crate::{Error, Result};

/// What is done to the trees of a step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Treatment {
    /// Which part of the inputs is taken; all without.
    pub(crate) sampling: Option<Sampling>,
    /// What the step does not see of its inputs; nothing is hidden without.
    pub(crate) masker: Option<Arc<Masker>>,
}

impl Treatment {
    /// Edits a tree that was staged at `root`.
    ///
    /// References are treated as inputs are, so that both sides stay comparable: sampled by the same key, masked with the same masks.
    pub(crate) fn apply(&self, tree: &Tree, root: &Path) -> Result<()> {
        let is_input = match tree {
            Tree::Input(_) => true,
            Tree::Reference(_) => false,
            Tree::Candidate(_) | Tree::Copy(_) => return Ok(()),
        };
        let sample = self.sampling.as_ref().and_then(RowSample::of);
        let sample = sample.filter(|sample| is_input || sample.key().is_some());
        if sample.is_none() && self.masker.is_none() {
            return Ok(());
        }
        let edits = Edits { sample: sample.as_ref(), masker: self.masker.as_deref() };
        let unmaskable = edit_tree(root, edits)?;
        match unmaskable.first() {
            Some(why) if is_input && self.masker.is_some() => Err(Error::scenario(format!(
                "input `{}` cannot be masked, since {why}: let the step see its inputs",
                tree.name()
            ))),
            _ => Ok(()),
        }
    }

    /// Returns the rules of an output whose reference is at `reference`: rows are compared only where both sides are the same part.
    pub(crate) fn rules(&self, rules: Rules, reference: &Path) -> Rules {
        let same_part = match self.sampling.as_ref().map(|sampling| &sampling.by) {
            None => true,
            Some(SampleBy::Key(columns)) => all_have_columns(reference, columns),
            Some(SampleBy::File | SampleBy::Row) => false,
        };
        if same_part { rules } else { rules.with_level(Check::Rows, Level::Off) }
    }
}
