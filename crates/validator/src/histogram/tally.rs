//! Counting keys by cell while the data streams by, and the second look at some cells.

use std::sync::Arc;

use super::{Cell, KeyHistogram, Layout};

/// The counts of a stream of keys by the cells of a layout.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    layout: Arc<Layout>,
    /// By cell: count, largest key, and the complement of the least key. All start at zero, so that memory
    /// is taken only where values are.
    cells: Vec<[u64; 3]>,
}

impl Tally {
    pub(crate) fn new(layout: Arc<Layout>) -> Self {
        let cells = vec![[0; 3]; layout.cells()];
        Self { layout, cells }
    }

    /// Counts some keys.
    pub(crate) fn add(&mut self, keys: &[u64]) {
        for &key in keys {
            let [count, high, low] = &mut self.cells[self.layout.cell_of(key)];
            *count += 1;
            *high = (*high).max(key);
            *low = (*low).max(!key);
        }
    }

    /// Adds the counts of another tally of the same layout: the result is that of counting both streams.
    #[cfg(test)]
    pub(crate) fn merge(&mut self, other: &Self) {
        assert_eq!(self.layout, other.layout, "tallies of different layouts do not add up");
        for (cell, more) in self.cells.iter_mut().zip(&other.cells) {
            *cell = [cell[0] + more[0], cell[1].max(more[1]), cell[2].max(more[2])];
        }
    }

    /// Returns the cells that hold a value.
    pub(crate) fn finish(&self) -> KeyHistogram {
        let held = self.cells.iter().filter(|cell| cell[0] > 0);
        held.map(|&[count, high, low]| Cell { low: !low, high, count }).collect()
    }
}

/// Collects the keys of a few cells.
#[derive(Debug)]
pub(crate) struct Collector {
    layout: Arc<Layout>,
    wanted: Vec<bool>,
    keys: Vec<u64>,
}

impl Collector {
    /// Wants the keys of these cells, which were counted with this layout.
    pub(crate) fn new(layout: Arc<Layout>, cells: &[Cell]) -> Self {
        let mut wanted = vec![false; layout.cells()];
        let mut count = 0;
        for cell in cells {
            wanted[layout.cell_of(cell.low)] = true;
            count += cell.count;
        }
        let keys = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
        Self { layout, wanted, keys }
    }

    /// Looks at some keys.
    pub(crate) fn add(&mut self, keys: &[u64]) {
        let found = keys.iter().filter(|key| self.wanted[self.layout.cell_of(**key)]);
        self.keys.extend(found);
    }

    /// Returns the keys that were found, ascending.
    pub(crate) fn finish(self) -> Vec<u64> {
        let mut keys = self.keys;
        keys.sort_unstable();
        keys
    }
}
