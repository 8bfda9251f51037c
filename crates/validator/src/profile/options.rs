//! What a profile keeps.

use crate::rules::{Selector, TextFormat};
use crate::{Error, ErrorKind, Result};

/// How many cells the numbers of a column have by default.
const CELLS: usize = 4_096;

/// What a profile keeps of the columns.
///
/// By default text is kept masked: each value as part of its SHA-256 hash, which shows whether two values are the same. Who can guess
/// a value can check the guess, so leave columns of secrets out with [`without_values_of`](Self::without_values_of). Numbers and
/// times are kept as ranges; the ends of the ranges are values of the data.
///
/// Columns are said by name, pattern or type, as in [`Constraint`](crate::Constraint).
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileOptions {
    pub(super) clear: Vec<String>,
    pub(super) left_out: Vec<String>,
    pub(super) cells: usize,
    pub(super) text: TextFormat,
}

impl Default for ProfileOptions {
    fn default() -> Self {
        Self { clear: Vec::new(), left_out: Vec::new(), cells: CELLS, text: TextFormat::default() }
    }
}

impl ProfileOptions {
    /// Returns the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the text of these columns as it is. By default of none.
    #[must_use]
    pub fn with_clear_text<S: Into<String>>(
        mut self,
        columns: impl IntoIterator<Item = S>,
    ) -> Self {
        self.clear.extend(columns.into_iter().map(Into::into));
        self
    }

    /// Keeps nothing of these columns but how many values there are, are missing and are distinct.
    #[must_use]
    pub fn without_values_of<S: Into<String>>(
        mut self,
        columns: impl IntoIterator<Item = S>,
    ) -> Self {
        self.left_out.extend(columns.into_iter().map(Into::into));
        self
    }

    /// Sets how many cells the numbers of a column may have. By default 4,096, at least 16.
    ///
    /// Twice as many make the distribution about twice as exact, and the file twice as large.
    #[must_use]
    pub fn with_cells(mut self, cells: usize) -> Self {
        self.cells = cells;
        self
    }

    /// Sets how text files are read. By default [`TextFormat::default`].
    #[must_use]
    pub fn with_text_format(mut self, text: TextFormat) -> Self {
        self.text = text;
        self
    }

    pub(super) fn check(&self) -> Result<()> {
        for column in self.clear.iter().chain(&self.left_out) {
            Selector::parse(column)
                .map_err(|problem| Error::new(ErrorKind::InvalidRules, problem))?;
        }
        Ok(())
    }
}

/// Whether one of some selectors means a column.
pub(super) fn selects(
    written: &[String],
    name: &str,
    data_type: &arrow::datatypes::DataType,
) -> bool {
    let parsed = written.iter().filter_map(|written| Selector::parse(written).ok());
    parsed.into_iter().any(|selector| selector.matches(name, data_type))
}
