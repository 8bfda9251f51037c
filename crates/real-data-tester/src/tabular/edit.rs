//! What is done to a table: which rows stay, and what stands in masked columns.

use std::borrow::Cow;

use crate::masking::{Mask, Masker};
use crate::sampling::RowSample;

/// A cell as text; null is none.
pub(crate) type Cell<'a> = Option<Cow<'a, str>>;

/// What is done to every table of a tree.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Edits<'a> {
    /// Which rows stay; all of them without.
    pub(crate) sample: Option<&'a RowSample>,
    /// What is masked; nothing without.
    pub(crate) masker: Option<&'a Masker>,
}

/// The edits of one table, whose columns are known.
#[derive(Debug)]
pub(super) struct TableEdits<'a> {
    edits: Edits<'a>,
    /// The file's path below the root of its tree.
    file: &'a str,
    /// Where the columns are that a sample looks at; none if it looks at no column or the table lacks one.
    key: Option<Vec<usize>>,
    masks: Vec<Option<Mask>>,
}

impl<'a> Edits<'a> {
    /// Tells whether one of them is for the column of this very name.
    pub(super) fn asks_for(self, name: &str) -> bool {
        let key = self.sample.and_then(RowSample::key).unwrap_or_default();
        key.iter().any(|column| column == name)
            || self.masker.is_some_and(|masker| masker.asks_for(name))
    }

    /// Applies the edits to a table with these columns.
    pub(super) fn to_table<'n>(
        self,
        file: &'a str,
        columns: impl Iterator<Item = &'n str> + Clone,
    ) -> TableEdits<'a> {
        let place = |name: &String| columns.clone().position(|column| column == name);
        let key = self.sample.and_then(RowSample::key);
        let key = key.and_then(|key| key.iter().map(place).collect());
        let mask = |column| self.masker.and_then(|masker| masker.column(column));
        TableEdits { edits: self, file, key, masks: columns.map(mask).collect() }
    }
}

impl<'a> TableEdits<'a> {
    /// Returns the mask of the column at `place`.
    pub(super) fn mask(&self, place: usize) -> Option<Mask> {
        self.masks.get(place).copied().flatten()
    }

    pub(super) fn masker(&self) -> Option<&'a Masker> {
        self.edits.masker
    }

    /// Returns the places of the columns that decide which rows stay.
    pub(super) fn key(&self) -> &[usize] {
        self.key.as_deref().unwrap_or_default()
    }

    /// Tells whether a row stays; `cell` returns the text of the column at a place.
    pub(super) fn keeps<'c>(&self, row: u64, cell: impl Fn(usize) -> Cell<'c>) -> bool {
        let Some(sample) = self.edits.sample else { return true };
        match (&self.key, sample.key()) {
            (Some(places), _) => {
                let cells: Vec<Cell<'c>> = places.iter().map(|place| cell(*place)).collect();
                sample.keeps_key(&cells)
            }
            (None, Some(_)) => true,
            (None, None) => sample.keeps_row(self.file, row),
        }
    }
}
