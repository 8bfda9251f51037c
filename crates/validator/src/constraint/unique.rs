//! Whether no two rows hold the same values in some columns.

use std::collections::{HashMap, HashSet};

use arrow::array::{Array as _, RecordBatch};
use arrow::datatypes::DataType;
use foldhash::fast::FixedState;

use super::rows::{Evaluator, Obstacle, Rows};
use super::tally::{Answer, Tally};
use crate::rows::{Prints, Space, fingerprint};
use crate::table::{Source, Target, display_cell};
use crate::{Result, Verdict};

/// Up to this many repeated fingerprints, the values behind them are compared too.
const FEW: usize = 10_000;

/// Gathers a fingerprint of each row, on disk if need be.
pub(crate) struct Unique {
    /// Where the columns stand in the batches that pass by.
    columns: Vec<usize>,
    /// What is read again: what identifies a row, then the columns.
    targets: Vec<Target>,
    seen: Prints,
    tally: Tally,
}

impl Unique {
    /// Starts for a table of so many rows.
    pub(crate) fn new(
        columns: Vec<usize>,
        targets: Vec<Target>,
        (rows, space): (u64, Space<'_>),
        tally: Tally,
    ) -> Self {
        Self { columns, targets, seen: Prints::new(rows, space), tally }
    }
}

impl Evaluator for Unique {
    fn observe(&mut self, rows: &Rows<'_>) -> Result<(), Obstacle> {
        self.seen.add(complete(rows.batch, &self.columns).map(|(_, print)| print))?;
        Ok(())
    }

    /// Rows of a few repeated fingerprints are read again, so that two different rows are never called the same by chance. Of many
    /// only examples are read, among those of the first ones.
    fn finish(mut self: Box<Self>, source: &Source) -> Result<Answer> {
        let rows = self.seen.count();
        let repeats = Repeats::among(self.seen.ascending()?)?;
        if repeats.rows == 0 && rows > 0 {
            let message = match rows {
                1 => "there is only one row".to_owned(),
                rows => format!("all {rows} rows are unlike each other"),
            };
            return Ok(Answer::new(Verdict::Pass, message));
        }
        let all_known = repeats.prints == repeats.first.len() as u64;
        if !all_known {
            self.tally.count(rows, repeats.rows);
        }
        let first = self.targets.len() - self.columns.len();
        let identity: Vec<usize> = (0..first).collect();
        let columns: Vec<usize> = (first..self.targets.len()).collect();
        let mut groups = Groups { compares: all_known, ..Groups::default() };
        let mut before = 0;
        for batch in source.batches(&self.targets) {
            let batch = batch?;
            let rows = Rows { batch: &batch, before, identity: &identity };
            let mut checked = 0;
            let mut failing = Vec::new();
            for (row, print) in complete(&batch, &columns) {
                checked += 1;
                if repeats.first.contains(&print) && groups.has_again(&batch, row, print, &columns)
                {
                    failing.push(row);
                }
            }
            self.tally.show(&rows, &failing, &columns);
            if all_known {
                self.tally.count(checked, failing.len() as u64);
            } else if self.tally.has_examples() {
                break;
            }
            before += batch.num_rows() as u64;
        }
        Ok(self.tally.conclude("rows", "repeat the values of a row before"))
    }
}

/// What occurs more than once.
#[derive(Default)]
struct Repeats {
    /// How many rows repeat one before, and how many fingerprints they have.
    rows: u64,
    prints: u64,
    /// Some of these fingerprints; all if they are few.
    first: HashSet<u64, FixedState>,
}

impl Repeats {
    fn among(ascending: impl Iterator<Item = Result<u64>>) -> Result<Self> {
        let mut repeats = Self::default();
        let mut before = None;
        let mut is_counted = false;
        for print in ascending {
            let print = print?;
            let repeats_one = before == Some(print);
            if repeats_one {
                repeats.rows += 1;
                if !is_counted {
                    repeats.prints += 1;
                    if repeats.first.len() < FEW {
                        repeats.first.insert(print);
                    }
                }
            }
            is_counted = repeats_one;
            before = Some(print);
        }
        Ok(repeats)
    }
}

/// What the rows of repeated fingerprints hold.
#[derive(Default)]
struct Groups {
    /// Whether values are compared, or fingerprints only.
    compares: bool,
    values: HashMap<u64, HashSet<Vec<Option<String>>>>,
    prints: HashSet<u64>,
}

impl Groups {
    /// Whether these values were there before.
    fn has_again(
        &mut self,
        batch: &RecordBatch,
        row: usize,
        print: u64,
        columns: &[usize],
    ) -> bool {
        if !self.compares {
            return !self.prints.insert(print);
        }
        let values =
            columns.iter().map(|column| display_cell(batch.column(*column), row)).collect();
        !self.values.entry(print).or_default().insert(values)
    }
}

/// Returns the rows without a null in these columns, with their fingerprints.
fn complete<'a>(
    batch: &'a RecordBatch,
    columns: &'a [usize],
) -> impl Iterator<Item = (usize, u64)> + 'a {
    let prints = fingerprint(batch, columns);
    prints.into_iter().enumerate().filter(|(row, _)| {
        columns.iter().all(|column| {
            let array = batch.column(*column);
            array.is_valid(*row) && array.data_type() != &DataType::Null
        })
    })
}
