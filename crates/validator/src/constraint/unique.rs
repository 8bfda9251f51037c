//! Whether no two rows hold the same values in some columns.

use std::collections::{HashMap, HashSet};

use arrow::array::{Array as _, RecordBatch};

use super::rows::{Evaluator, Rows};
use super::tally::{Answer, Tally};
use crate::rows::fingerprint;
use crate::table::{Source, Target, display_cell};
use crate::{Result, Verdict};

/// Up to this many repeated fingerprints, the values behind them are compared too.
const FEW: usize = 10_000;

/// Collects 8 bytes for each row.
pub(crate) struct Unique {
    /// Where the columns stand in the batches that pass by.
    columns: Vec<usize>,
    /// What is read again: what identifies a row, then the columns.
    targets: Vec<Target>,
    seen: Vec<u64>,
    tally: Tally,
}

impl Unique {
    pub(crate) fn new(
        columns: Vec<usize>,
        own: &[Target],
        identity: &[Target],
        tally: Tally,
    ) -> Self {
        Self { columns, targets: [identity, own].concat(), seen: Vec::new(), tally }
    }
}

impl Evaluator for Unique {
    fn observe(&mut self, rows: &Rows<'_>) -> Result<(), String> {
        self.seen.extend(complete(rows.batch, &self.columns).map(|(_, print)| print));
        Ok(())
    }

    /// Rows of a repeated fingerprint are read again, so that two different rows are never called the same by chance.
    fn finish(mut self: Box<Self>, source: &Source) -> Result<Answer> {
        self.seen.sort_unstable();
        let repeated: HashSet<u64> =
            self.seen.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        if repeated.is_empty() && !self.seen.is_empty() {
            let message = format!("all {} rows are unlike each other", self.seen.len());
            return Ok(Answer::new(Verdict::Pass, message));
        }
        let mut groups = Groups { is_few: repeated.len() <= FEW, ..Groups::default() };
        let first = self.targets.len() - self.columns.len();
        let identity: Vec<usize> = (0..first).collect();
        let columns: Vec<usize> = (first..self.targets.len()).collect();
        let mut before = 0;
        for batch in source.batches(&self.targets) {
            let batch = batch?;
            let rows = Rows { batch: &batch, before, identity: &identity };
            let mut checked = 0;
            let mut failing = Vec::new();
            for (row, print) in complete(&batch, &columns) {
                checked += 1;
                if repeated.contains(&print) && groups.has_again(&batch, row, print, &columns) {
                    failing.push(row);
                }
            }
            self.tally.add(&rows, checked, &failing, &columns);
            before += batch.num_rows() as u64;
        }
        Ok(self.tally.conclude("rows", "repeat the values of a row before"))
    }
}

/// What the rows of repeated fingerprints hold.
#[derive(Default)]
struct Groups {
    is_few: bool,
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
        if !self.is_few {
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
            array.is_valid(*row) && array.data_type() != &arrow::datatypes::DataType::Null
        })
    })
}
