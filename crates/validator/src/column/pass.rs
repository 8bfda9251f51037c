//! Reads some columns of both sides: once for bounds, and again where bounds do not do.
//!
//! A column of few rows is held as a whole. Of a longer one values are counted by cell, in cells learnt from a
//! sample of both sides, which bounds everything; if the sample told too little, it is counted again in cells
//! learnt from the first count. At last the values of those cells are fetched that can hold the largest gap of
//! the two distribution functions, which makes the distance exact. All of it stays within a memory budget.

use std::sync::Arc;

use super::gather::{Content, Gathered, Scratch};
use super::key::KeySpace;
use super::numbers::{Numbers, gap};
use crate::Result;
use crate::both::both_sides;
use crate::histogram::{Cell, Collector, GapBounds, KeyHistogram, Layout};
use crate::stats::Gap;
use crate::table::{Batches, Cells, Source, Target};

/// The part of the memory budget up to which a single column is held as a whole.
const HELD_PART: u64 = 64;

/// The part of the memory budget that the fetched values of all columns may take.
const FETCHED_PART: u64 = 4;

/// What both sides of a column take at most while they are counted by cell, in bytes.
const COUNTED_BYTES: u64 = 12 << 20;

/// How many rows of each side the cells are learnt from.
const SAMPLE_ROWS: usize = 32_768;

/// How often a column is counted again in better cells.
const RECOUNTS: usize = 2;

/// The width of the bounds of a distance above which they are too wide to fetch what is between them.
const WIDE: f64 = 0.004;

/// Which distances are made exact, as far as the memory goes: given the column and its bounds.
pub(crate) type Wanted<'a> = &'a dyn Fn(usize, &GapBounds) -> bool;

/// The values of some columns of both sides.
#[derive(Debug)]
pub(crate) struct Gathering {
    /// Absent if the candidate holds the same rows as the reference.
    candidate: Option<Vec<Gathered>>,
    reference: Vec<Gathered>,
    /// By column; absent where there is none.
    gaps: Vec<Option<GapBounds>>,
}

/// Both sides of a table, the columns to read, and the memory to do it in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pass<'a> {
    pub(crate) candidate: &'a Source,
    pub(crate) reference: &'a Source,
    pub(crate) targets: &'a [Target],
    /// In bytes.
    pub(crate) memory: u64,
}

impl Gathering {
    pub(crate) fn candidate(&self, column: usize) -> &Gathered {
        &self.candidate.as_ref().unwrap_or(&self.reference)[column]
    }

    pub(crate) fn reference(&self, column: usize) -> &Gathered {
        &self.reference[column]
    }

    /// Returns what is certain of the gap of a column of numbers; `None` if a side has none.
    pub(crate) fn gap(&self, column: usize) -> Option<&GapBounds> {
        self.gaps[column].as_ref()
    }

    fn numbers(&self, column: usize) -> Option<(&Numbers, &Numbers)> {
        match (&self.candidate(column).content, &self.reference(column).content) {
            (Content::Numbers(ours), Content::Numbers(theirs)) => Some((ours, theirs)),
            _ => None,
        }
    }
}

/// Returns how many columns of a table fit into the memory at once.
pub(crate) fn columns_at_once(candidate: &Source, reference: &Source, memory: u64) -> usize {
    let rows = candidate.rows + reference.rows;
    let each = if is_held(rows, memory) { (8 * rows).max(1) } else { COUNTED_BYTES };
    usize::try_from(memory / 2 / each).unwrap_or(usize::MAX).max(1)
}

fn is_held(rows: u64, memory: u64) -> bool {
    8 * rows <= memory / HELD_PART
}

impl Pass<'_> {
    /// Reads one side where both hold the same rows.
    pub(crate) fn gather_same(self) -> Result<Gathering> {
        let layouts = self.layouts()?;
        let reference = self.count(self.reference, &layouts)?;
        let same = |side: &Gathered| match &side.content {
            Content::Numbers(numbers) if numbers.len() > 0 => {
                let n = numbers.len() as u64;
                let least = Gap { above: 0, below: 0, n1: n, n2: n, at: None, shares: (0.0, 0.0) };
                Some(GapBounds { least, most: 0, open: Vec::new() })
            }
            _ => None,
        };
        let gaps = reference.iter().map(same).collect();
        Ok(Gathering { candidate: None, reference, gaps })
    }

    /// Reads both sides at once.
    pub(crate) fn gather(self, wanted: Wanted<'_>) -> Result<Gathering> {
        let mut layouts = self.layouts()?;
        let (ours, theirs) = both_sides(
            || self.count(self.candidate, &layouts),
            || self.count(self.reference, &layouts),
        )?;
        let mut gathering =
            Gathering { candidate: Some(ours), reference: theirs, gaps: Vec::new() };
        let all: Vec<usize> = (0..self.targets.len()).collect();
        gathering.gaps = vec![None; all.len()];
        gathering.measure(&all)?;
        for _ in 0..RECOUNTS {
            if !self.recount(&mut gathering, &mut layouts)? {
                break;
            }
        }
        self.fetch(&mut gathering, &layouts, wanted)?;
        Ok(gathering)
    }

    /// Learns the cells of each column of numbers; none where it is held as a whole.
    fn layouts(self) -> Result<Vec<Option<Arc<Layout>>>> {
        if is_held(self.candidate.rows + self.reference.rows, self.memory) {
            return Ok(vec![None; self.targets.len()]);
        }
        let read = |source: &Source| sample(source.sample(self.targets, SAMPLE_ROWS), self.targets);
        let (ours, theirs) = both_sides(|| read(self.candidate), || read(self.reference))?;
        let pooled = ours.into_iter().zip(theirs).map(|(mut keys, more)| {
            keys.extend(more);
            keys.sort_unstable();
            Arc::new(Layout::learn(&KeyHistogram::of_sorted(&keys)))
        });
        Ok(pooled.map(Some).collect())
    }

    /// Counts one side.
    fn count(self, source: &Source, layouts: &[Option<Arc<Layout>>]) -> Result<Vec<Gathered>> {
        let columns = self.targets.iter().zip(layouts);
        let mut columns: Vec<Gathered> = columns
            .map(|(target, layout)| Gathered::new(&target.data_type, layout.as_ref()))
            .collect();
        let mut scratch = Scratch::default();
        for batch in source.batches(self.targets) {
            for (gathered, array) in columns.iter_mut().zip(batch?.columns()) {
                gathered.add(&Cells::new(array), &mut scratch);
            }
        }
        columns.iter_mut().for_each(Gathered::finish);
        Ok(columns)
    }

    /// Counts the columns again whose bounds are wide; returns whether there were any.
    fn recount(
        self,
        gathering: &mut Gathering,
        layouts: &mut [Option<Arc<Layout>>],
    ) -> Result<bool> {
        let wide = |gap: &GapBounds| gap.largest_distance() - gap.least.distance() > WIDE;
        let columns: Vec<usize> = (0..self.targets.len())
            .filter(|column| gathering.gap(*column).is_some_and(wide))
            .collect();
        for &column in &columns {
            let Some((ours, theirs)) = gathering.numbers(column) else { continue };
            let (Some(ours), Some(theirs)) = (ours.histogram(), theirs.histogram()) else {
                continue;
            };
            let mut cells = [ours.cells(), theirs.cells()].concat();
            cells.sort_unstable();
            layouts[column] = Some(Arc::new(Layout::learn(&cells.into_iter().collect())));
        }
        if columns.is_empty() {
            return Ok(false);
        }
        let targets: Vec<Target> =
            columns.iter().map(|column| self.targets[*column].clone()).collect();
        let again = Pass { targets: &targets, ..self };
        let chosen: Vec<_> = columns.iter().map(|column| layouts[*column].clone()).collect();
        let (ours, theirs) = both_sides(
            || again.count(self.candidate, &chosen),
            || again.count(self.reference, &chosen),
        )?;
        for ((&column, ours), theirs) in columns.iter().zip(ours).zip(theirs) {
            if let Some(candidate) = &mut gathering.candidate {
                candidate[column] = ours;
            }
            gathering.reference[column] = theirs;
        }
        gathering.measure(&columns)?;
        Ok(true)
    }

    /// Fetches the values that decide where the largest gap is, as far as memory goes.
    fn fetch(
        self,
        gathering: &mut Gathering,
        layouts: &[Option<Arc<Layout>>],
        wanted: Wanted<'_>,
    ) -> Result<()> {
        let mut looks = Vec::new();
        let mut left = self.memory / FETCHED_PART / 8;
        for (column, layout) in layouts.iter().enumerate() {
            let (Some(gap), Some((ours, theirs)), Some(layout)) =
                (gathering.gap(column), gathering.numbers(column), layout)
            else {
                continue;
            };
            if gap.is_exact() || !wanted(column, gap) {
                continue;
            }
            let cells = [ours.open_cells(gap), theirs.open_cells(gap)];
            let values: u64 = cells.iter().flatten().map(|cell| cell.count).sum();
            if values <= left {
                left -= values;
                looks.push(Look { column, layout: Arc::clone(layout), cells });
            }
        }
        if looks.is_empty() {
            return Ok(());
        }
        let (ours, theirs) = both_sides(
            || self.collect(self.candidate, &looks, 0),
            || self.collect(self.reference, &looks, 1),
        )?;
        for ((look, ours), theirs) in looks.iter().zip(ours).zip(theirs) {
            if let Some(candidate) = &mut gathering.candidate {
                candidate[look.column].refine(&look.cells[0], &ours);
            }
            gathering.reference[look.column].refine(&look.cells[1], &theirs);
        }
        gathering.measure(&looks.iter().map(|look| look.column).collect::<Vec<_>>())
    }

    fn collect(self, source: &Source, looks: &[Look], side: usize) -> Result<Vec<Vec<u64>>> {
        let targets: Vec<Target> =
            looks.iter().map(|look| self.targets[look.column].clone()).collect();
        let collector = |look: &Look| Collector::new(Arc::clone(&look.layout), &look.cells[side]);
        let mut collectors: Vec<Collector> = looks.iter().map(collector).collect();
        let mut scratch = Scratch::default();
        for batch in source.batches(&targets) {
            for (collector, array) in collectors.iter_mut().zip(batch?.columns()) {
                scratch.fill_keys(&Cells::new(array));
                collector.add(&scratch.keys);
            }
        }
        Ok(collectors.into_iter().map(Collector::finish).collect())
    }
}

/// The cells of a column whose values are fetched.
#[derive(Debug)]
struct Look {
    column: usize,
    layout: Arc<Layout>,
    /// Of the candidate and of the reference.
    cells: [Vec<Cell>; 2],
}

impl Gathering {
    /// Measures the gaps of these columns, half of them on another thread.
    fn measure(&mut self, columns: &[usize]) -> Result<()> {
        let of = |columns: &[usize]| -> Vec<Option<GapBounds>> {
            let gap = |column: &usize| self.numbers(*column).and_then(|(a, b)| gap(a, b));
            columns.iter().map(gap).collect()
        };
        let (some, others) = columns.split_at(columns.len() / 2);
        let (some_gaps, other_gaps) = both_sides(|| Ok(of(some)), || Ok(of(others)))?;
        for (column, gap) in columns.iter().zip(some_gaps.into_iter().chain(other_gaps)) {
            self.gaps[*column] = gap;
        }
        Ok(())
    }
}

/// Returns the keys of a sample by column; none of what is no number.
fn sample(batches: Batches, targets: &[Target]) -> Result<Vec<Vec<u64>>> {
    let mut keys = vec![Vec::new(); targets.len()];
    let mut scratch = Scratch::default();
    for batch in batches {
        for ((keys, target), array) in keys.iter_mut().zip(targets).zip(batch?.columns()) {
            if KeySpace::of(&target.data_type).is_some() {
                scratch.fill_keys(&Cells::new(array));
                keys.extend_from_slice(&scratch.keys);
            }
        }
    }
    Ok(keys)
}
