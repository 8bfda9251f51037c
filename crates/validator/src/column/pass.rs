//! Reads some columns of both sides: once for bounds, and again where bounds do not do.
//!
//! A column of few rows is held as a whole. Of a longer one values are counted by cell, in cells learnt from a
//! sample of both sides, which bounds everything; if the sample told too little, it is counted again in cells
//! learnt from the first count. Where the bounds do not do, the values of those cells are fetched that can hold the
//! largest gap of the two distribution functions, which makes the distance exact. All of it stays within a memory
//! budget. Where columns can be read apart, each is read by itself, so that its counts stay in the nearest cache
//! and all cores have work.

use std::ops::Range;
use std::sync::Arc;

use super::gather::{Content, Gathered, Scratch};
use super::key::KeySpace;
use super::numbers::{Numbers, gap};
use crate::both::both_sides;
use crate::histogram::{Collector, Detail, GapBounds, KeyHistogram, Layout, Search};
use crate::parallel::parallel;
use crate::stats::Gap;
use crate::table::{Batches, Cells, Source, Target};
use crate::{Error, ErrorKind, Result};

/// The part of the memory budget up to which a single column is held as a whole.
const HELD_PART: u64 = 64;

/// The part of the memory budget that the fetched values of all columns may take.
const FETCHED_PART: u64 = 3;

/// What both sides of a column take at most while they are counted by cell, in bytes.
const COUNTED_BYTES: u64 = 12 << 20;

/// How many rows of each side the cells are learnt from.
const SAMPLE_ROWS: usize = 32_768;

/// How often a column is counted again in better cells.
const RECOUNTS: usize = 2;

/// The width of the bounds of a distance above which they are too wide to fetch what is between them.
const WIDE: f64 = 0.004;

/// How often values are fetched in search of an exact distance.
const LOOKS: usize = 64;

/// The most pieces in which the columns of a side are read.
const MOST_PIECES: usize = 16;

/// The fewest rows for which it is worth reading columns apart.
const LEAST_APART: u64 = 100_000;

/// Which distances are made exact, as far as the memory goes: given the column, its bounds, and both sides.
pub(crate) type Wanted<'a> = &'a dyn Fn(usize, &GapBounds, [&Gathered; 2]) -> bool;

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
    /// How finely values are counted at first.
    pub(crate) detail: Detail,
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
        let reference = self.count(&[self.reference], &layouts)?.remove(0);
        let same = |side: &Gathered| match &side.content {
            Content::Numbers(numbers) if numbers.len() > 0 => {
                let n = numbers.len() as u64;
                let least = Gap { above: 0, below: 0, n1: n, n2: n, at: None, shares: (0.0, 0.0) };
                Some(GapBounds { least, most: 0 })
            }
            _ => None,
        };
        let gaps = reference.iter().map(same).collect();
        Ok(Gathering { candidate: None, reference, gaps })
    }

    /// Reads both sides.
    pub(crate) fn gather(self, wanted: Wanted<'_>) -> Result<Gathering> {
        let mut layouts = self.layouts()?;
        let mut sides = self.count(&[self.reference, self.candidate], &layouts)?;
        let candidate = sides.pop();
        let reference = sides.pop().unwrap_or_default();
        let gaps = vec![None; self.targets.len()];
        let mut gathering = Gathering { candidate, reference, gaps };
        let all: Vec<usize> = (0..self.targets.len()).collect();
        gathering.measure(&all)?;
        for _ in 0..RECOUNTS {
            if !self.recount(&mut gathering, &mut layouts)? {
                break;
            }
        }
        self.make_exact(&mut gathering, &layouts, wanted)?;
        Ok(gathering)
    }

    /// Learns the cells of each column of numbers; none where it is held as a whole.
    fn layouts(self) -> Result<Vec<Option<Arc<Layout>>>> {
        if is_held(self.candidate.rows + self.reference.rows, self.memory) {
            return Ok(vec![None; self.targets.len()]);
        }
        let read = |source: &Source| sample(source.sample(self.targets, SAMPLE_ROWS), self.targets);
        let (mut pooled, theirs) = both_sides(|| read(self.candidate), || read(self.reference))?;
        for (keys, more) in pooled.iter_mut().zip(theirs) {
            keys.extend(more);
        }
        parallel(&pooled, |keys| {
            let mut keys = keys.clone();
            keys.sort_unstable();
            Ok(Some(Arc::new(Layout::learn(&KeyHistogram::of_sorted(&keys), self.detail))))
        })
    }

    /// Counts some sides.
    fn count(
        self,
        sides: &[&Source],
        layouts: &[Option<Arc<Layout>>],
    ) -> Result<Vec<Vec<Gathered>>> {
        let pieces: Vec<(usize, Range<usize>)> = sides
            .iter()
            .enumerate()
            .flat_map(|(side, source)| {
                self.pieces(source).into_iter().map(move |piece| (side, piece))
            })
            .collect();
        let counted = parallel(&pieces, |(side, columns)| {
            count(sides[*side], &self.targets[columns.clone()], &layouts[columns.clone()])
        })?;
        let mut sides: Vec<Vec<Gathered>> = sides.iter().map(|_| Vec::new()).collect();
        for ((side, _), columns) in pieces.into_iter().zip(counted) {
            sides[side].extend(columns);
        }
        Ok(sides)
    }

    /// Returns the columns that are read together.
    fn pieces(self, source: &Source) -> Vec<Range<usize>> {
        let columns = self.targets.len();
        let apart = source.rows >= LEAST_APART && source.reads_columns_apart(self.targets);
        let each = if apart { columns.div_ceil(MOST_PIECES) } else { columns }.max(1);
        (0..columns).step_by(each).map(|start| start..columns.min(start + each)).collect()
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
            let Some([ours, theirs]) = gathering.histograms(column) else { continue };
            let mut cells = [ours.cells(), theirs.cells()].concat();
            cells.sort_unstable();
            layouts[column] =
                Some(Arc::new(Layout::learn(&cells.into_iter().collect(), Detail::Fine)));
        }
        if columns.is_empty() {
            return Ok(false);
        }
        let targets: Vec<Target> =
            columns.iter().map(|column| self.targets[*column].clone()).collect();
        let again = Pass { targets: &targets, ..self };
        let chosen: Vec<_> = columns.iter().map(|column| layouts[*column].clone()).collect();
        let mut sides = again.count(&[self.reference, self.candidate], &chosen)?;
        let ours = sides.pop().unwrap_or_default();
        let theirs = sides.pop().unwrap_or_default();
        for ((&column, ours), theirs) in columns.iter().zip(ours).zip(theirs) {
            if let Some(candidate) = &mut gathering.candidate {
                candidate[column] = ours;
            }
            gathering.reference[column] = theirs;
        }
        gathering.measure(&columns)?;
        Ok(true)
    }

    /// Finds the exact gap of each column where it is wanted and unknown, as far as memory goes.
    fn make_exact(
        self,
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
        let targets: Vec<Target> = columns.iter().map(|at| self.targets[*at].clone()).collect();
        let apart = [self.candidate, self.reference].map(|side| side.reads_columns_apart(&targets));
        let together = if apart == [true, true] { 1 } else { columns.len().max(1) };
        let groups: Vec<&[usize]> = columns.chunks(together).collect();
        let found = parallel(&groups, |group| {
            let mut open: Vec<Open> =
                group.iter().filter_map(|column| Open::new(*column, gathering, layouts)).collect();
            let bytes =
                self.memory / FETCHED_PART / (groups.len().min(2) * open.len().max(1)) as u64;
            self.search(&mut open, bytes / 8)?;
            Ok(open)
        })?;
        for open in found.into_iter().flatten() {
            gathering.gaps[open.column] = Some(open.search.bounds());
        }
        Ok(())
    }

    /// Looks at the values of open cells, the most promising first, until none is left or memory does not do.
    fn search(self, open: &mut [Open], values: u64) -> Result<()> {
        for _ in 0..LOOKS {
            let cells: Vec<Opened> = open.iter().map(|open| open.search.open(values)).collect();
            if cells.iter().all(Vec::is_empty) {
                break;
            }
            let (ours, theirs) = both_sides(
                || self.collect(self.candidate, open, &cells, 0),
                || self.collect(self.reference, open, &cells, 1),
            )?;
            for (index, open) in open.iter_mut().enumerate() {
                open.search.look(&cells[index], [&ours[index], &theirs[index]]);
            }
        }
        Ok(())
    }

    /// Fetches the values of these cells of each column of one side.
    fn collect(
        self,
        source: &Source,
        open: &[Open],
        cells: &[Opened],
        side: usize,
    ) -> Result<Vec<Vec<u64>>> {
        let collector = |(open, cells): (&Open, &Opened)| {
            let wanted = cells.iter().map(|(cell, counts)| (*cell, counts[side]));
            Collector::new(Arc::clone(&open.layout), wanted)
        };
        let mut collectors: Vec<Collector> = open.iter().zip(cells).map(collector).collect();
        let chosen: Vec<usize> =
            (0..open.len()).filter(|index| !cells[*index].is_empty()).collect();
        let target = |index: &usize| self.targets[open[*index].column].clone();
        let targets: Vec<Target> = chosen.iter().map(target).collect();
        let mut scratch = Scratch::default();
        let batches = (!targets.is_empty()).then(|| source.batches(&targets));
        for batch in batches.into_iter().flatten() {
            for (index, array) in chosen.iter().zip(batch?.columns()) {
                scratch.fill_keys(&Cells::new(array));
                collectors[*index].add(&scratch.keys);
            }
        }
        let changed = || Error::new(ErrorKind::Malformed, "the table changed while it was read");
        collectors.into_iter().map(|found| found.finish().ok_or_else(changed)).collect()
    }
}

/// Cells that are looked at, with how many values each side has in them.
type Opened = Vec<(usize, [u64; 2])>;

/// A column whose exact gap is searched.
#[derive(Debug)]
struct Open {
    column: usize,
    layout: Arc<Layout>,
    search: Search,
}

impl Open {
    /// Starts the search, if the column was counted by cell.
    fn new(column: usize, gathering: &Gathering, layouts: &[Option<Arc<Layout>>]) -> Option<Self> {
        let layout = Arc::clone(layouts[column].as_ref()?);
        let search = Search::new(&layout, gathering.histograms(column)?, gathering.gap(column)?);
        Some(Self { column, layout, search })
    }
}

impl Gathering {
    /// Measures the gaps of these columns.
    fn measure(&mut self, columns: &[usize]) -> Result<()> {
        let gap = |column: &usize| Ok(self.numbers(*column).and_then(|(a, b)| gap(a, b)));
        for (column, gap) in columns.iter().zip(parallel(columns, gap)?) {
            self.gaps[*column] = gap;
        }
        Ok(())
    }

    /// Returns the counts of the candidate and the reference.
    fn histograms(&self, column: usize) -> Option<[&KeyHistogram; 2]> {
        let (ours, theirs) = self.numbers(column)?;
        Some([ours.histogram()?, theirs.histogram()?])
    }
}

/// Counts some columns of one side.
fn count(
    source: &Source,
    targets: &[Target],
    layouts: &[Option<Arc<Layout>>],
) -> Result<Vec<Gathered>> {
    let columns = targets.iter().zip(layouts);
    let mut columns: Vec<Gathered> =
        columns.map(|(target, layout)| Gathered::new(&target.data_type, layout.as_ref())).collect();
    let mut scratch = Scratch::default();
    for batch in source.coded_batches(targets) {
        for (gathered, array) in columns.iter_mut().zip(batch?.columns()) {
            gathered.add(array, &mut scratch);
        }
    }
    columns.iter_mut().for_each(Gathered::finish);
    Ok(columns)
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
