//! The second look at the values of a column: better cells, and the exact gap of the two distribution functions.
//!
//! A gap can only be larger than is known within cells that hold enough values. If these hold many, values are counted once
//! more by cells so fine that few of them are left, and the values of those are fetched and sorted. The values are those
//! kept from the first look where memory allows, and are read again where it does not. What memory does not do for stays
//! bounded.

use std::sync::{Arc, Mutex, PoisonError};

use super::gather::Scratch;
use super::pass::{Gathering, Pass, Wanted, no_gap};
use crate::both::both_sides;
use crate::budget::{Budget, Holding};
use crate::histogram::{Collector, Counter, KeyHistogram, Layout, Search, Tally};
use crate::table::{Cells, Target};
use crate::{Error, ErrorKind, Result};

/// How often values are fetched in search of an exact distance.
const LOOKS: usize = 64;

/// The part of all values up to which those of the open cells are few.
const FEW_PART: u64 = 16;

/// Into how many cells each one is cut at most where the open ones hold many values, as a power of two.
const FINER_BITS: u32 = 4;

/// How many values a finer cell should have on average.
const FINER_VALUES: u64 = 16;

/// How many kept keys are looked at at a time.
const CHUNK: usize = 8192;

/// Room for the keys of both sides of a column.
#[derive(Debug)]
pub(crate) struct KeyRoom {
    pub(crate) keys: [Vec<u64>; 2],
    /// What they take.
    _held: Holding,
}

/// Rooms that are used for one column after the other, since memory that was never touched is dear.
#[derive(Debug)]
pub(crate) struct KeyRooms<'a> {
    budget: &'a Budget,
    /// How many rows a side has at most.
    rows: u64,
    free: Mutex<Vec<KeyRoom>>,
}

impl<'a> KeyRooms<'a> {
    pub(crate) fn new(budget: &'a Budget, rows: u64) -> Self {
        Self { budget, rows, free: Mutex::default() }
    }

    /// Returns an empty room, if the memory does.
    pub(crate) fn take(&self) -> Option<KeyRoom> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        free.or_else(|| {
            let bytes = size_of::<u64>() as u64 * self.rows;
            let held = self.budget.hold_some(2 * bytes)?;
            let keys = [0, 1].map(|_| Vec::with_capacity(self.rows as usize));
            Some(KeyRoom { keys, _held: held })
        })
    }

    pub(crate) fn give_back(&self, mut room: KeyRoom) {
        room.keys.iter_mut().for_each(Vec::clear);
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(room);
    }
}

/// The keys of some columns of both sides, kept or read again.
#[derive(Debug)]
pub(crate) struct Keys<'a> {
    pass: Pass<'a>,
    /// Of a single column.
    kept: Option<KeyRoom>,
}

impl<'a> Keys<'a> {
    pub(crate) fn new(pass: Pass<'a>, kept: Option<KeyRoom>) -> Self {
        Self { pass, kept }
    }

    pub(crate) fn into_room(self) -> Option<KeyRoom> {
        self.kept
    }

    /// Counts some columns of the candidate and of the reference in other cells.
    pub(crate) fn tally(&self, columns: &[(usize, Arc<Layout>)]) -> Result<[Vec<KeyHistogram>; 2]> {
        let chosen: Vec<usize> = columns.iter().map(|(column, _)| *column).collect();
        let cells: usize = columns.iter().map(|(_, layout)| layout.cells()).sum();
        let _held = self.pass.budget.hold_anyway(2 * cells as u64 * Tally::CELL_BYTES);
        of_both(|side| {
            let mut tallies: Vec<Tally> =
                columns.iter().map(|(_, layout)| Tally::new(Arc::clone(layout))).collect();
            self.each(side, &chosen, |at, keys| tallies[at].add(keys))?;
            Ok(tallies.iter().map(Tally::finish).collect())
        })
    }

    /// Finds the exact gap of each column where it is wanted and unknown, as far as memory goes.
    pub(crate) fn make_exact(
        &self,
        gathering: &mut Gathering,
        layouts: &[Option<Arc<Layout>>],
        wanted: Wanted<'_>,
    ) -> Result<()> {
        let is_open = |column: &usize| {
            let sides = [gathering.candidate(*column), gathering.reference(*column)];
            let gap = gathering.gap(*column).filter(|gap| !gap.is_exact());
            gap.is_some_and(|gap| wanted(*column, gap, sides))
        };
        let columns: Vec<usize> = (0..layouts.len()).filter(is_open).collect();
        if columns.is_empty() {
            return Ok(());
        }
        if let Some([ours, theirs]) = self.kept.as_ref().map(|room| &room.keys)
            && ours == theirs
        {
            // Rows are often in the same order, and then nothing has to be sorted.
            gathering.set_gap(0, no_gap([ours.len() as u64, theirs.len() as u64]));
            return Ok(());
        }
        let mut open: Vec<Open> =
            columns.into_iter().filter_map(|at| Open::new(at, gathering, layouts)).collect();
        self.refine(&mut open)?;
        self.search(&mut open)?;
        for open in open {
            gathering.set_gap(open.column, open.search.bounds());
        }
        Ok(())
    }

    /// Counts by finer cells where the open ones hold many values.
    fn refine(&self, open: &mut [Open]) -> Result<()> {
        let rows = self.pass.candidate.rows.max(self.pass.reference.rows);
        let mut many: Vec<(&mut Open, Arc<Layout>)> = open
            .iter_mut()
            .filter(|open| open.search.open_values() > open.values / FEW_PART)
            .filter_map(|open| {
                let parts = open.values / open.layout.cells() as u64 / FINER_VALUES;
                let bits = parts.checked_ilog2().filter(|bits| *bits > 0)?.min(FINER_BITS);
                let finer = Arc::new(open.layout.finer(bits));
                Some((open, finer))
            })
            .collect();
        let cells: usize = many.iter().map(|(_, finer)| finer.cells()).sum();
        let held = self.pass.budget.hold_some(2 * cells as u64 * Counter::CELL_BYTES);
        if many.is_empty() || held.is_none() || rows >= u64::from(u32::MAX) {
            return Ok(());
        }
        let columns: Vec<usize> = many.iter().map(|(open, _)| open.column).collect();
        let [ours, theirs] = of_both(|side| {
            let mut counters: Vec<Counter> =
                many.iter().map(|(_, finer)| Counter::new(Arc::clone(finer))).collect();
            self.each(side, &columns, |at, keys| counters[at].add(keys))?;
            Ok(counters)
        })?;
        for (((open, finer), ours), theirs) in many.iter_mut().zip(&ours).zip(&theirs) {
            open.search.refine(&open.layout, finer, [ours, theirs]);
            open.layout = Arc::clone(finer);
        }
        Ok(())
    }

    /// Looks at the values of open cells, the most promising first, until none is left or memory does not do.
    fn search(&self, open: &mut [Open]) -> Result<()> {
        for _ in 0..LOOKS {
            let budget = self.pass.budget;
            let cells: usize = open.iter().map(|open| open.layout.cells()).sum();
            let places = 2 * cells as u64 * Collector::CELL_BYTES;
            let wanted: Vec<u64> = open.iter().map(|open| open.search.open_values()).collect();
            let bytes = wanted.iter().sum::<u64>() * Collector::KEY_BYTES;
            // Others want some too.
            let room = bytes.min((budget.left() / 2).saturating_sub(places));
            let Some(_held) = budget.hold_some(places + room) else { return Ok(()) };
            let share =
                |values: u64| u128::from(values) * u128::from(room) / u128::from(bytes.max(1));
            let cells: Vec<Opened> = open
                .iter()
                .zip(wanted)
                .map(|(open, values)| open.search.open(share(values) as u64))
                .collect();
            if cells.iter().all(Vec::is_empty) {
                return Ok(());
            }
            let [ours, theirs] = of_both(|side| self.collect(side, open, &cells))?;
            for (index, open) in open.iter_mut().enumerate() {
                open.search.look(&cells[index], [&ours[index], &theirs[index]]);
            }
        }
        Ok(())
    }

    /// Fetches the values of these cells of each column of one side.
    fn collect(&self, side: usize, open: &[Open], cells: &[Opened]) -> Result<Vec<Vec<u64>>> {
        let chosen: Vec<usize> =
            (0..open.len()).filter(|index| !cells[*index].is_empty()).collect();
        let collector = |index: usize| {
            let wanted = cells[index].iter().map(|(cell, counts)| (*cell, counts[side]));
            Collector::new(Arc::clone(&open[index].layout), wanted)
        };
        let mut collectors: Vec<Collector> = (0..open.len()).map(collector).collect();
        let columns: Vec<usize> = chosen.iter().map(|index| open[*index].column).collect();
        self.each(side, &columns, |at, keys| collectors[chosen[at]].add(keys))?;
        let changed = || Error::new(ErrorKind::Malformed, "the table changed while it was read");
        collectors.into_iter().map(|found| found.finish().ok_or_else(changed)).collect()
    }

    /// Passes on all keys of these columns of a side, each with the place of its column among them.
    fn each(
        &self,
        side: usize,
        columns: &[usize],
        mut take: impl FnMut(usize, &[u64]),
    ) -> Result<()> {
        if let Some(room) = &self.kept {
            room.keys[side].chunks(CHUNK).for_each(|keys| take(0, keys));
            return Ok(());
        }
        let target = |column: &usize| self.pass.targets[*column].clone();
        let targets: Vec<Target> = columns.iter().map(target).collect();
        let source = [self.pass.candidate, self.pass.reference][side];
        let mut scratch = Scratch::default();
        for batch in source.batches(&targets) {
            for (at, array) in batch?.columns().iter().enumerate() {
                scratch.fill_keys(&Cells::new(array));
                take(at, &scratch.keys);
            }
        }
        Ok(())
    }
}

/// Does the same for the candidate, side 0, and the reference.
fn of_both<T: Send>(work: impl Fn(usize) -> Result<T> + Sync) -> Result<[T; 2]> {
    both_sides(|| work(0), || work(1)).map(|(ours, theirs)| [ours, theirs])
}

/// Cells that are looked at, with how many values each side has in them.
type Opened = Vec<(usize, [u64; 2])>;

/// A column whose exact gap is searched.
#[derive(Debug)]
struct Open {
    column: usize,
    /// How many values both sides have.
    values: u64,
    layout: Arc<Layout>,
    search: Search,
}

impl Open {
    /// Starts the search, if the column was counted by cell.
    fn new(column: usize, gathering: &Gathering, layouts: &[Option<Arc<Layout>>]) -> Option<Self> {
        let layout = Arc::clone(layouts[column].as_ref()?);
        let histograms = gathering.histograms(column)?;
        let values = histograms.iter().map(|side| side.total()).sum();
        let search = Search::new(&layout, histograms, gathering.gap(column)?);
        Some(Self { column, values, layout, search })
    }
}
