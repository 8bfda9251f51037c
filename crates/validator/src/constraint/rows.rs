//! One batch of the candidate's rows, as evaluators of constraints see it.

use arrow::array::RecordBatch;

use super::tally::Answer;
use crate::judgement::{Cell, FailingRow};
use crate::table::{Cells, Source, display_cell};
use crate::{Error, Result};

/// Some rows of a table, in canonical types.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    pub(crate) batch: &'a RecordBatch,
    /// How many rows came before.
    pub(crate) before: u64,
    /// The columns that identify a row.
    pub(crate) identity: &'a [usize],
}

impl Rows<'_> {
    pub(crate) fn cells(&self, column: usize) -> Cells<'_> {
        Cells::new(self.batch.column(column))
    }

    /// Returns a row as an example: what identifies it, and the columns that a constraint looks at.
    pub(crate) fn example(&self, row: usize, columns: &[usize]) -> FailingRow {
        let mut cells: Vec<Cell> = Vec::new();
        for &column in self.identity.iter().chain(columns) {
            let name = self.batch.schema_ref().field(column).name();
            if cells.iter().all(|cell| cell.column != *name) {
                cells.push(Cell::new(name, display_cell(self.batch.column(column), row)));
            }
        }
        FailingRow::new(Some(self.before + row as u64 + 1), cells)
    }
}

/// Why rows can't be held against a demand.
#[derive(Debug)]
pub(crate) enum Obstacle {
    /// In words, why the demand makes no sense for this table.
    Senseless(String),
    Error(Error),
}

impl From<String> for Obstacle {
    fn from(why: String) -> Self {
        Self::Senseless(why)
    }
}

impl From<Error> for Obstacle {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// What is demanded of the rows of a table, while they pass by.
pub(crate) trait Evaluator {
    /// Looks at a batch.
    fn observe(&mut self, rows: &Rows<'_>) -> Result<(), Obstacle>;

    /// Answers once all rows have passed by.
    fn finish(self: Box<Self>, source: &Source) -> Result<Answer>;
}
