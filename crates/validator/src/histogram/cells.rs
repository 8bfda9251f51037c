//! A distribution of keys as cells of which the ends and the count are known.

use serde::{Deserialize, Serialize};

/// The most cells that a merged histogram keeps.
#[cfg(test)]
const MOST_CELLS: usize = 1 << 16;

/// Some values between two keys, both of which occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Cell {
    /// The least key.
    pub(crate) low: u64,
    /// The largest key.
    pub(crate) high: u64,
    /// How many values there are, both ends included.
    pub(crate) count: u64,
}

impl Cell {
    /// Whether every value of the cell is known: there is one, repeated or not, or there are just the two ends.
    pub(crate) fn is_exact(&self) -> bool {
        self.low == self.high || self.count <= 2
    }
}

/// Cells in ascending order of their ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyHistogram {
    cells: Vec<Cell>,
}

impl FromIterator<Cell> for KeyHistogram {
    /// Takes cells in ascending order.
    fn from_iter<I: IntoIterator<Item = Cell>>(cells: I) -> Self {
        Self { cells: cells.into_iter().collect() }
    }
}

impl KeyHistogram {
    /// Returns the exact histogram of sorted keys: a cell for each distinct one.
    pub(crate) fn of_sorted(keys: &[u64]) -> Self {
        let runs = keys.chunk_by(|one, next| one == next);
        runs.map(|run| Cell { low: run[0], high: run[0], count: run.len() as u64 }).collect()
    }

    pub(crate) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Returns how many values there are.
    pub(crate) fn total(&self) -> u64 {
        self.cells.iter().map(|cell| cell.count).sum()
    }

    /// Whether every value is known.
    pub(crate) fn is_exact(&self) -> bool {
        self.cells.iter().all(Cell::is_exact)
    }

    /// Returns every value of an exact histogram, ascending.
    pub(crate) fn keys(&self) -> Vec<u64> {
        let of = |cell: &Cell| match cell {
            cell if cell.low == cell.high => vec![cell.low; cell.count as usize],
            cell => vec![cell.low, cell.high],
        };
        self.cells.iter().flat_map(of).collect()
    }

    /// Adds the values of another histogram, however it was cut into cells.
    ///
    /// Beyond 65,536 cells neighbours are joined until each holds about one part in 32,768 of all values.
    #[cfg(test)]
    pub(crate) fn merge(&mut self, other: &Self) {
        self.cells.extend_from_slice(&other.cells);
        self.cells.sort_unstable();
        self.cells.dedup_by(|next, kept| {
            let same = (next.low, next.high) == (kept.low, kept.high);
            kept.count += if same { next.count } else { 0 };
            same
        });
        if self.cells.len() > MOST_CELLS {
            self.coarsen(self.total() / (MOST_CELLS as u64 / 2));
        }
    }

    /// Joins neighbours as long as they hold at most this many values together.
    #[cfg(test)]
    fn coarsen(&mut self, most: u64) {
        self.cells.dedup_by(|next, kept| {
            let join = kept.count + next.count <= most;
            if join {
                kept.count += next.count;
                kept.high = kept.high.max(next.high);
            }
            join
        });
    }

    /// Returns about the range that leaves one value of `tail` out at either end.
    pub(crate) fn middle_range(&self, tail: u64) -> (u64, u64) {
        let out = self.total() / tail;
        let low = beyond(self.cells.iter(), out).map_or(0, |cell| cell.low);
        let high = beyond(self.cells.iter().rev(), out).map_or(0, |cell| cell.high);
        (low, high.max(low))
    }
}

/// Returns the cell that holds the first value after `out` others.
fn beyond<'a>(mut cells: impl Iterator<Item = &'a Cell>, out: u64) -> Option<&'a Cell> {
    let mut passed = 0;
    cells.find(|cell| {
        passed += cell.count;
        passed > out
    })
}
