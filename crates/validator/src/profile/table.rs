//! What is kept of one table.

use arrow::datatypes::{DataType, Field};
use serde::{Deserialize, Serialize};

use super::column::ColumnProfile;
use super::options::ProfileOptions;
use super::profiler::{TableProfiler, profiled};
use crate::judgement::TableFormat;
use crate::parallel::parallel;
use crate::table::Source;
use crate::{Error, ErrorKind, Result};

/// The most pieces in which the columns are read.
const MOST_PIECES: usize = 16;

/// The fewest rows for which it is worth reading columns apart.
const LEAST_APART: u64 = 100_000;

/// What is kept of one table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableProfile {
    pub(super) name: String,
    pub(super) format: TableFormat,
    pub(super) bytes: u64,
    pub(super) rows: u64,
    pub(super) columns: Vec<ColumnProfile>,
}

impl TableProfile {
    /// Returns the table's name: the file's path below the root, or `directory/*.parquet` for part files.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the format of its files; Arrow IPC if there were none.
    pub fn format(&self) -> TableFormat {
        self.format
    }

    /// Returns the size of its files on disk.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns how many rows it has.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns the columns in order.
    pub fn columns(&self) -> &[ColumnProfile] {
        &self.columns
    }

    /// Returns the column of this name.
    pub fn column(&self, name: &str) -> Option<&ColumnProfile> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Adds another part of the table: what comes out is the profile of all rows.
    ///
    /// Counts, ranges, cells and the estimate of distinct values are exactly those of the whole; counts of the most frequent
    /// values are within the error that [`TextProfile::count_error`](super::TextProfile::count_error) states.
    ///
    /// # Errors
    /// [`ErrorKind::InconsistentParts`] if the columns differ.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        let names = |table: &Self| -> Vec<String> {
            table.columns.iter().map(|column| column.name.clone()).collect()
        };
        let (ours, theirs) = (names(self), names(&other));
        if ours != theirs {
            let message = format!(
                "the profiles of table `{}` have different columns: [{}] and [{}]",
                self.name,
                ours.join(", "),
                theirs.join(", ")
            );
            return Err(Error::new(ErrorKind::InconsistentParts, message));
        }
        let mut columns = self.columns.clone();
        for (column, other) in columns.iter_mut().zip(other.columns) {
            column.merge(other)?;
        }
        self.columns = columns;
        self.bytes += other.bytes;
        self.rows += other.rows;
        Ok(())
    }

    /// Reads a table in one pass.
    pub(super) fn of_source(name: &str, source: &Source, options: &ProfileOptions) -> Result<Self> {
        Self::of_columns(name, source, &profiled(&source.schema), options)
    }

    /// Reads some columns of a table, each in a canonical type; on all cores where columns can be read apart.
    pub(super) fn of_columns(
        name: &str,
        source: &Source,
        fields: &[(&Field, DataType)],
        options: &ProfileOptions,
    ) -> Result<Self> {
        options.check()?;
        let targets = TableProfiler::with_types(fields, options).targets().to_vec();
        let apart = source.rows >= LEAST_APART && source.reads_columns_apart(&targets);
        let together = if apart { fields.len().div_ceil(MOST_PIECES) } else { fields.len() };
        let pieces: Vec<&[(&Field, DataType)]> = fields.chunks(together.max(1)).collect();
        let read = |fields: &&[(&Field, DataType)]| {
            let mut profiler = TableProfiler::with_types(fields, options);
            let targets = profiler.targets().to_vec();
            for batch in source.batches(&targets) {
                profiler.add_canonical(&batch?);
            }
            Ok(profiler.finish(name).columns)
        };
        let columns = parallel(&pieces, read)?.into_iter().flatten().collect();
        Ok(Self {
            name: name.to_owned(),
            format: source.format,
            bytes: source.summary().bytes,
            rows: source.rows,
            columns,
        })
    }

    /// Returns what is wrong with a profile that was read, and where.
    pub(super) fn problem(&self) -> Option<(&str, &'static str)> {
        self.columns.iter().enumerate().find_map(|(index, column)| {
            let again = self.columns[..index].iter().any(|other| other.name == column.name);
            let problem = match column.problem() {
                _ if again => Some("it is there twice"),
                None if column.rows != self.rows => Some("it has not as many rows as the table"),
                problem => problem,
            };
            problem.map(|problem| (column.name.as_str(), problem))
        })
    }
}
