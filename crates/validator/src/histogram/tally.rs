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
    /// What a cell takes, in bytes.
    pub(crate) const CELL_BYTES: u64 = size_of::<[u64; 3]>() as u64;

    pub(crate) fn new(layout: Arc<Layout>) -> Self {
        let cells = vec![[0; 3]; layout.cells()];
        Self { layout, cells }
    }

    /// Counts some keys.
    pub(crate) fn add(&mut self, keys: &[u64]) {
        // Where all is known not to change, it is read once rather than for each key.
        let (layout, cells) = (self.layout.cutter(), self.cells.as_mut_slice());
        for &key in keys {
            let [count, high, low] = &mut cells[layout.cell_of(key)];
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

/// Counts of keys by the cells of a layout of many, and nothing else.
#[derive(Debug)]
pub(crate) struct Counter {
    layout: Arc<Layout>,
    counts: Vec<u32>,
}

impl Counter {
    /// What a cell takes, in bytes.
    pub(crate) const CELL_BYTES: u64 = size_of::<u32>() as u64;

    pub(crate) fn new(layout: Arc<Layout>) -> Self {
        let counts = vec![0; layout.cells()];
        Self { layout, counts }
    }

    /// Counts some keys, of which there must be fewer than 2^32 in all.
    pub(crate) fn add(&mut self, keys: &[u64]) {
        let (layout, counts) = (self.layout.cutter(), self.counts.as_mut_slice());
        for &key in keys {
            counts[layout.cell_of(key)] += 1;
        }
    }

    /// Returns how many keys a cell holds.
    pub(crate) fn count(&self, cell: usize) -> u64 {
        self.counts[cell].into()
    }
}

/// Collects the keys of a few cells.
#[derive(Debug)]
pub(crate) struct Collector {
    layout: Arc<Layout>,
    /// By cell, where its next key goes; beyond all keys if they are not wanted.
    places: Vec<u32>,
    /// The wanted cells with the place after their last key.
    ends: Vec<(usize, usize)>,
    keys: Vec<u64>,
}

impl Collector {
    /// What a cell takes, in bytes.
    pub(crate) const CELL_BYTES: u64 = size_of::<u32>() as u64;

    /// What a key takes, in bytes.
    pub(crate) const KEY_BYTES: u64 = size_of::<u64>() as u64;

    /// Wants the keys of these cells, given ascending with how many values were counted in each: fewer than 2^32 in all.
    pub(crate) fn new(layout: Arc<Layout>, cells: impl Iterator<Item = (usize, u64)>) -> Self {
        let mut places = vec![u32::MAX; layout.cells()];
        let mut ends = Vec::new();
        let mut end = 0;
        for (cell, count) in cells {
            places[cell] = end as u32;
            end += count as usize;
            ends.push((cell, end));
        }
        Self { layout, places, ends, keys: vec![0; end] }
    }

    /// Looks at some keys.
    pub(crate) fn add(&mut self, keys: &[u64]) {
        let (layout, places, room) = (self.layout.cutter(), &mut *self.places, &mut *self.keys);
        for &key in keys {
            let place = &mut places[layout.cell_of(key)];
            if let Some(free) = room.get_mut(*place as usize) {
                *free = key;
                *place += 1;
            }
        }
    }

    /// Returns the keys of all wanted cells, ascending; `None` if there are not those that were counted.
    pub(crate) fn finish(mut self) -> Option<Vec<u64>> {
        let mut start = 0;
        for (cell, end) in self.ends {
            if self.places[cell] as usize != end {
                return None;
            }
            self.keys[start..end].sort_unstable();
            start = end;
        }
        Some(self.keys)
    }
}
