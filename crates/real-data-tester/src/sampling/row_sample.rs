//! Which rows of a table a sample takes.

use super::{SampleBy, Sampling};
use crate::tabular::Cell;

/// A sampling that takes rows.
#[derive(Clone, Debug)]
pub(crate) struct RowSample(Sampling);

impl RowSample {
    /// Takes a sampling, unless it takes whole files.
    pub(crate) fn of(sampling: &Sampling) -> Option<Self> {
        (sampling.by != SampleBy::File).then(|| Self(sampling.clone()))
    }

    /// Returns the columns whose values decide, if any do.
    pub(crate) fn key(&self) -> Option<&[String]> {
        match &self.0.by {
            SampleBy::Key(columns) => Some(columns),
            _ => None,
        }
    }

    /// Tells whether the row with this key is taken. Numbers are the same key however a format writes them.
    pub(crate) fn keeps_key(&self, cells: &[Cell<'_>]) -> bool {
        let canonical: Vec<String> = cells
            .iter()
            .map(|cell| match cell {
                None => String::new(),
                Some(text) => canonical(text),
            })
            .collect();
        self.0.takes(canonical.iter().map(String::as_str))
    }

    /// Tells whether the row of this number in a file is taken.
    pub(crate) fn keeps_row(&self, file: &str, row: u64) -> bool {
        self.0.takes([file, row.to_string().as_str()])
    }
}

/// Writes `1.0` as `1`, and leaves all else as it is.
fn canonical(text: &str) -> String {
    match text.strip_suffix(".0") {
        Some(whole) if whole.parse::<i64>().is_ok() => whole.to_owned(),
        _ => text.to_owned(),
    }
}
