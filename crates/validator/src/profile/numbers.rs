//! The numbers of a column as moments and as a limited number of cells, so that parts add up exactly.
//!
//! Every number has a 64-bit key that sorts as it does. A cell is what is left of a key without its last bits; how
//! many bits are left out is the least at which the numbers fill no more cells than are allowed. That depends on
//! nothing but the set of numbers, so neither the order in which they come nor how they are split into parts
//! changes the cells. Each cell knows its least and its largest number and how many there are.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::column::KeySpace;
use crate::histogram::Cell;
use crate::judgement::Interval;
use crate::stats::Moments;

/// The fewest cells that may be asked for.
pub(super) const FEWEST_CELLS: usize = 16;

/// The numbers or times of a column.
///
/// Times are in seconds since 1970-01-01T00:00:00Z. Infinite numbers are counted and are in no other figure.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberProfile {
    pub(super) space: KeySpace,
    pub(super) moments: Moments,
    pub(super) negative_infinite: u64,
    pub(super) positive_infinite: u64,
    pub(super) most_cells: usize,
    /// How many bits of a key are left out.
    pub(super) shift: u32,
    /// Ascending, and apart from each other.
    pub(super) cells: Vec<Cell>,
}

/// Some numbers of which the ends and the count are known.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct NumberCell {
    /// The least of them.
    pub low: f64,
    /// The largest of them.
    pub high: f64,
    /// How many there are, both ends included.
    pub count: u64,
}

impl NumberProfile {
    pub(super) fn new(space: KeySpace, most_cells: usize) -> Self {
        Self {
            space,
            moments: Moments::default(),
            negative_infinite: 0,
            positive_infinite: 0,
            most_cells: most_cells.max(FEWEST_CELLS),
            shift: 0,
            cells: Vec::new(),
        }
    }

    /// Returns how many finite numbers there are.
    pub fn count(&self) -> u64 {
        self.cells.iter().map(|cell| cell.count).sum()
    }

    /// Returns how many numbers are infinite.
    pub fn infinite(&self) -> u64 {
        self.negative_infinite + self.positive_infinite
    }

    /// Whether the numbers are points in time.
    pub fn is_time(&self) -> bool {
        self.space.is_time()
    }

    /// Returns the least number; `None` if there is none.
    pub fn min(&self) -> Option<f64> {
        self.cells.first().map(|cell| self.space.number(cell.low))
    }

    /// Returns the largest number; `None` if there is none.
    pub fn max(&self) -> Option<f64> {
        self.cells.last().map(|cell| self.space.number(cell.high))
    }

    /// Returns a value as people read it: of times the date and time in UTC.
    pub fn show(&self, value: f64) -> String {
        self.space.show(value)
    }

    /// Returns count, mean and spread.
    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    /// Returns the cells in ascending order. No two of them overlap.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = NumberCell> {
        self.cells.iter().map(|cell| NumberCell {
            low: self.space.number(cell.low),
            high: self.space.number(cell.high),
            count: cell.count,
        })
    }

    /// Whether every number is known.
    pub fn is_exact(&self) -> bool {
        self.cells.iter().all(Cell::is_exact)
    }

    /// Returns the largest share of the numbers of which it is not known whether they are below or above some number.
    ///
    /// This is how far a distribution function read from the cells can be from the true one.
    pub fn rank_error(&self) -> f64 {
        let open = |cell: &Cell| if cell.is_exact() { 0 } else { cell.count - 2 };
        let most = self.cells.iter().map(open).max().unwrap_or(0);
        most as f64 / self.count().max(1) as f64
    }

    /// Returns between which numbers the quantile at a share from 0 to 1 is; `None` without a number.
    ///
    /// The quantile is the number at position `share * (n - 1)`, rounded down, in ascending order.
    pub fn quantile_bounds(&self, share: f64) -> Option<Interval> {
        let (cell, within) = self.find(share)?;
        let (low, high) = (self.space.number(cell.low), self.space.number(cell.high));
        Some(match within {
            0 => Interval::new(low, low),
            within if within + 1 == cell.count => Interval::new(high, high),
            _ => Interval::new(low, high),
        })
    }

    /// Returns the quantile at a share from 0 to 1, as if the numbers of a cell were spread evenly; `None` without a number.
    ///
    /// It lies within [`quantile_bounds`](Self::quantile_bounds).
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let (cell, within) = self.find(share)?;
        let (low, high) = (self.space.number(cell.low), self.space.number(cell.high));
        let part = within as f64 / (cell.count - 1).max(1) as f64;
        // Both ends apart, since their difference may exceed the largest double.
        Some((low * (1.0 - part) + high * part).clamp(low, high))
    }

    /// Returns the cell of a quantile, and the place of it in the cell, from 0.
    fn find(&self, share: f64) -> Option<(&Cell, u64)> {
        let last = self.count().checked_sub(1)?;
        let mut position = ((share.clamp(0.0, 1.0) * last as f64) as u64).min(last);
        for cell in &self.cells {
            if position < cell.count {
                return Some((cell, position));
            }
            position -= cell.count;
        }
        None
    }

    /// Adds the numbers of another part of the column, which must have keys of the same space.
    pub(super) fn merge(&mut self, other: Self) {
        self.moments = self.moments.merge(other.moments).or_infinite();
        self.negative_infinite += other.negative_infinite;
        self.positive_infinite += other.positive_infinite;
        self.most_cells = self.most_cells.min(other.most_cells);
        self.shift = self.shift.max(other.shift);
        self.cells.extend(other.cells);
        self.cells.sort_unstable();
        self.join();
    }

    /// Returns the same numbers with keys of another space; `None` if one of them has none there.
    pub(super) fn widened(&self, space: KeySpace) -> Option<Self> {
        if self.space == space {
            return Some(self.clone());
        }
        let mut cells = Vec::with_capacity(self.cells.len());
        // Where a cell is wider than those of the other space, all of them have to be as wide.
        let mut shift = 0;
        for cell in &self.cells {
            let low = self.space.key_in(space, cell.low)?;
            let high = self.space.key_in(space, cell.high)?;
            if low < high && cell.count == 2 {
                cells.extend([low, high].map(|key| Cell { low: key, high: key, count: 1 }));
                continue;
            }
            shift = shift.max(u64::BITS - (low ^ high).leading_zeros());
            cells.push(Cell { low, high, count: cell.count });
        }
        let mut widened = Self { space, shift: shift.min(u64::BITS - 1), cells, ..self.clone() };
        widened.join();
        Some(widened)
    }

    /// Joins what shares a cell, in as few and as narrow cells as are allowed.
    fn join(&mut self) {
        self.shift += shorten(&self.cells, self.shift, self.most_cells);
        let shift = self.shift;
        self.cells.dedup_by(|next, kept| {
            let same = next.low >> shift == kept.low >> shift;
            if same {
                kept.high = kept.high.max(next.high);
                kept.count += next.count;
            }
            same
        });
    }
}

/// Returns how many more bits to leave out of ascending keys so that no more than `most` cells are filled.
fn shorten(cells: &[Cell], shift: u32, most: usize) -> u32 {
    let filled = |shift: u32| {
        let starts = cells.windows(2).filter(|pair| pair[0].low >> shift != pair[1].low >> shift);
        starts.count() + 1
    };
    let mut more = 0;
    // With all but one bit left out there are two cells at most, which are always allowed.
    while shift + more < u64::BITS - 1 && filled(shift + more) > most {
        more += 1;
    }
    more
}

/// The cells of a [`NumberProfile`] while numbers stream by.
#[derive(Debug)]
pub(super) struct NumberCounter {
    profile: NumberProfile,
    cells: HashMap<u64, Cell, FixedState>,
}

impl NumberCounter {
    pub(super) fn new(space: KeySpace, most_cells: usize) -> Self {
        let profile = NumberProfile::new(space, most_cells);
        Self { profile, cells: HashMap::default() }
    }

    pub(super) fn space(&self) -> KeySpace {
        self.profile.space
    }

    /// Counts finite numbers by their keys.
    pub(super) fn add(&mut self, keys: &[u64], numbers: &[f64]) {
        self.profile.moments = self.profile.moments.merge(Moments::of(numbers));
        for &key in keys {
            let cell = self.cells.entry(key >> self.profile.shift);
            let cell = cell.or_insert(Cell { low: key, high: key, count: 0 });
            cell.low = cell.low.min(key);
            cell.high = cell.high.max(key);
            cell.count += 1;
            if self.cells.len() > self.profile.most_cells {
                self.widen();
            }
        }
    }

    pub(super) fn add_infinite(&mut self, negative: u64, positive: u64) {
        self.profile.negative_infinite += negative;
        self.profile.positive_infinite += positive;
    }

    fn widen(&mut self) {
        self.gather();
        let shift = self.profile.shift;
        self.cells.extend(self.profile.cells.drain(..).map(|cell| (cell.low >> shift, cell)));
    }

    fn gather(&mut self) {
        self.profile.cells = self.cells.drain().map(|(_, cell)| cell).collect();
        self.profile.cells.sort_unstable();
        self.profile.join();
    }

    pub(super) fn finish(mut self) -> NumberProfile {
        self.gather();
        self.profile.moments = self.profile.moments.or_infinite();
        self.profile
    }
}
