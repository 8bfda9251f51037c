//! Reads some columns of both sides: once for bounds, and again where bounds do not do.
//!
//! A column of few rows is held as a whole. Of a longer one values are counted by cell, in cells learnt from a
//! sample of both sides, which bounds everything; if the sample told too little, it is counted again in cells
//! learnt from the first count. Where the bounds do not do, a [second look](super::second_look) finds the exact gap of
//! the two distribution functions. Where columns can be read apart, each is looked at by itself from the first to the
//! last look, so that its counts stay in the nearest cache and all cores have work.

use std::ops::Range;
use std::sync::Arc;

use super::gather::{Content, DISTINCT_BYTES, Gathered, MOST_DISTINCT, Scratch};
use super::key::KeySpace;
use super::numbers::{Numbers, gap};
use super::second_look::{KeyRoom, KeyRooms, Keys};
use crate::Result;
use crate::both::both_sides;
use crate::budget::{Budget, Holding};
use crate::histogram::{Detail, GapBounds, KeyHistogram, Layout, Tally};
use crate::parallel::parallel;
use crate::stats::Gap;
use crate::table::{Batches, Cells, Source, Target};

/// The part of the memory budget up to which a single column is held as a whole.
const HELD_PART: u64 = 64;

/// What both sides of a column take at most while they are counted by cell, in bytes.
const COUNTED_BYTES: u64 = 12 << 20;

/// The part of the memory budget that counting the distinct values of a single column may take.
const DISTINCT_PART: u64 = 16;

/// How many rows of each side the cells are learnt from.
const SAMPLE_ROWS: usize = 32_768;

/// How often a column is counted again in better cells.
const RECOUNTS: usize = 2;

/// The width of the bounds of a distance above which they are too wide to fetch what is between them.
const WIDE: f64 = 0.004;

/// The most pieces in which the columns are read, and the most if all distances are to be exact: then each column should
/// be by itself.
const MOST_PIECES: usize = 16;
const MOST_EXACT_PIECES: usize = 64;

/// The fewest rows for which it is worth reading columns apart.
const LEAST_APART: u64 = 100_000;

/// Which distances are made exact, as far as the memory goes: given the column, its bounds, and both sides.
pub(crate) type Wanted<'a> = &'a (dyn Fn(usize, &GapBounds, [&Gathered; 2]) -> bool + Sync);

/// The values of some columns of both sides.
#[derive(Debug)]
pub(crate) struct Gathering {
    /// Absent if the candidate holds the same rows as the reference.
    candidate: Option<Vec<Gathered>>,
    reference: Vec<Gathered>,
    /// By column; absent where there is none.
    gaps: Vec<Option<GapBounds>>,
    /// What all this takes.
    held: Vec<Holding>,
}

/// Both sides of a table, the columns to read, and the memory to do it in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pass<'a> {
    pub(crate) candidate: &'a Source,
    pub(crate) reference: &'a Source,
    pub(crate) targets: &'a [Target],
    pub(crate) budget: &'a Budget,
    /// Whether exact distances are wanted of all columns.
    pub(crate) exact: bool,
}

impl Pass<'_> {
    /// Returns how many of the columns fit into the memory at once.
    pub(crate) fn columns_at_once(self) -> usize {
        let rows = self.candidate.rows + self.reference.rows;
        let number = if is_held(rows, self.budget) { 8 * rows } else { COUNTED_BYTES };
        let is_number = |target: &Target| KeySpace::of(&target.data_type).is_some();
        let of = |target| if is_number(target) { number } else { self.distinct_bytes() };
        let each = self.targets.iter().map(of).max().unwrap_or(0).max(1);
        usize::try_from(self.budget.limit() / 2 / each).unwrap_or(usize::MAX).max(1)
    }

    /// Returns how many distinct values are counted of a column that holds no numbers.
    fn most_distinct(self) -> usize {
        let room = self.budget.limit() / DISTINCT_PART / (2 * DISTINCT_BYTES);
        MOST_DISTINCT.min(usize::try_from(room).unwrap_or(usize::MAX))
    }

    /// Returns what counting the distinct values of both sides takes at most, in bytes.
    fn distinct_bytes(self) -> u64 {
        let most = self.most_distinct() as u64;
        DISTINCT_BYTES * (self.candidate.rows.min(most) + self.reference.rows.min(most))
    }
}

fn is_held(rows: u64, budget: &Budget) -> bool {
    8 * rows <= budget.limit() / HELD_PART
}

/// The cells of each column; none where it is held as a whole.
type Layouts = Vec<Option<Arc<Layout>>>;

impl Pass<'_> {
    /// Reads one side where both hold the same rows.
    pub(crate) fn gather_same(self) -> Result<Gathering> {
        let layouts = self.layouts()?;
        let counted = parallel(&self.groups(), |group| {
            let part = Pass { targets: &self.targets[group.clone()], ..self };
            let layouts = &layouts[group.clone()];
            let held = self.budget.hold_anyway(part.counting_bytes(layouts) / 2);
            let reference = part.count(self.reference, layouts, None)?;
            let same = |side: &Gathered| match &side.content {
                Content::Numbers(numbers) if numbers.len() > 0 => {
                    Some(no_gap([numbers.len() as u64; 2]))
                }
                _ => None,
            };
            let gaps = reference.iter().map(same).collect();
            Ok(Gathering { candidate: None, reference, gaps, held: vec![held] })
        })?;
        Ok(Gathering::of_parts(counted))
    }

    /// Reads both sides.
    pub(crate) fn gather(self, wanted: Wanted<'_>) -> Result<Gathering> {
        let layouts = self.layouts()?;
        let rooms = KeyRooms::new(self.budget, self.candidate.rows.max(self.reference.rows));
        let parts = parallel(&self.groups(), |group| {
            let part = Pass { targets: &self.targets[group.clone()], ..self };
            let wanted = |column: usize, gap: &GapBounds, sides: [&Gathered; 2]| {
                wanted(group.start + column, gap, sides)
            };
            part.gather_part(layouts[group.clone()].to_vec(), &rooms, &wanted)
        })?;
        Ok(Gathering::of_parts(parts))
    }

    /// Returns the columns that are read together.
    fn groups(self) -> Vec<Range<usize>> {
        let columns = self.targets.len();
        let sides = [self.candidate, self.reference];
        let apart = sides.iter().all(|side| side.reads_columns_apart(self.targets))
            && sides.iter().any(|side| side.rows >= LEAST_APART);
        let pieces = match (apart, self.exact) {
            (false, _) => 1,
            (true, false) => MOST_PIECES,
            (true, true) => MOST_EXACT_PIECES,
        };
        let each = columns.div_ceil(pieces).max(1);
        (0..columns).step_by(each).map(|start| start..columns.min(start + each)).collect()
    }

    /// Reads columns that are read together.
    fn gather_part(
        self,
        mut layouts: Layouts,
        rooms: &KeyRooms<'_>,
        wanted: Wanted<'_>,
    ) -> Result<Gathering> {
        let counting = self.budget.hold_anyway(self.counting_bytes(&layouts));
        let mut room = self.room_for_keys(&layouts, rooms);
        let [for_candidate, for_reference] = match room.as_mut().map(|room| room.keys.each_mut()) {
            Some(keys) => keys.map(Some),
            None => [None, None],
        };
        let (candidate, reference) = both_sides(
            || self.count(self.candidate, &layouts, for_candidate),
            || self.count(self.reference, &layouts, for_reference),
        )?;
        let gaps = vec![None; self.targets.len()];
        let mut gathering =
            Gathering { candidate: Some(candidate), reference, gaps, held: Vec::new() };
        let all: Vec<usize> = (0..self.targets.len()).collect();
        gathering.measure(&all)?;
        let keys = Keys::new(self, room);
        for _ in 0..RECOUNTS {
            if !recount(&keys, &mut gathering, &mut layouts)? {
                break;
            }
        }
        drop(counting);
        gathering.held.push(self.budget.hold_anyway(gathering.bytes()));
        keys.make_exact(&mut gathering, &layouts, wanted)?;
        if let Some(room) = keys.into_room() {
            rooms.give_back(room);
        }
        Ok(gathering)
    }

    /// Counts the columns of one side. The keys are kept as well where there is room for them, of a single column.
    fn count(
        self,
        source: &Source,
        layouts: &[Option<Arc<Layout>>],
        mut keys: Option<&mut Vec<u64>>,
    ) -> Result<Vec<Gathered>> {
        let most = self.most_distinct();
        let new = |(target, layout): (&Target, &Option<Arc<Layout>>)| {
            Gathered::new(&target.data_type, layout.as_ref(), most)
        };
        let mut columns: Vec<Gathered> = self.targets.iter().zip(layouts).map(new).collect();
        let mut scratch = Scratch::default();
        for batch in source.coded_batches(self.targets) {
            for (gathered, array) in columns.iter_mut().zip(batch?.columns()) {
                gathered.add(array, &mut scratch);
            }
            if let Some(keys) = &mut keys {
                keys.extend_from_slice(&scratch.keys);
            }
        }
        columns.iter_mut().for_each(Gathered::finish);
        Ok(columns)
    }

    /// Returns room to keep the keys of a column by itself, where a second look at them is likely.
    fn room_for_keys(self, layouts: &Layouts, rooms: &KeyRooms<'_>) -> Option<KeyRoom> {
        let [target] = self.targets else { return None };
        let is_long = layouts[0].is_some() && KeySpace::of(&target.data_type).is_some();
        (self.exact && is_long).then(|| rooms.take()).flatten()
    }

    /// Returns what both sides take while they are counted, in bytes.
    fn counting_bytes(self, layouts: &[Option<Arc<Layout>>]) -> u64 {
        let rows = self.candidate.rows + self.reference.rows;
        let of = |(target, layout): (&Target, &Option<Arc<Layout>>)| match layout {
            _ if KeySpace::of(&target.data_type).is_none() => self.distinct_bytes(),
            Some(layout) => 2 * layout.cells() as u64 * Tally::CELL_BYTES,
            None => 8 * rows,
        };
        self.targets.iter().zip(layouts).map(of).sum()
    }

    /// Learns the cells of each column of numbers; none where it is held as a whole.
    fn layouts(self) -> Result<Layouts> {
        if is_held(self.candidate.rows + self.reference.rows, self.budget) {
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
            Ok(Some(Arc::new(Layout::learn(&KeyHistogram::of_sorted(&keys), Detail::Coarse))))
        })
    }
}

/// Counts the columns again whose bounds are wide, in cells learnt from the first count; returns whether there were any.
fn recount(
    keys: &Keys<'_>,
    gathering: &mut Gathering,
    layouts: &mut [Option<Arc<Layout>>],
) -> Result<bool> {
    let wide = |gap: &GapBounds| gap.largest_distance() - gap.least.distance() > WIDE;
    let mut again: Vec<(usize, Arc<Layout>)> = Vec::new();
    for (column, layout) in layouts.iter_mut().enumerate() {
        if !gathering.gap(column).is_some_and(wide) {
            continue;
        }
        let Some([ours, theirs]) = gathering.histograms(column) else { continue };
        let mut cells = [ours.cells(), theirs.cells()].concat();
        cells.sort_unstable();
        let better = Arc::new(Layout::learn(&cells.into_iter().collect(), Detail::Fine));
        *layout = Some(Arc::clone(&better));
        again.push((column, better));
    }
    if again.is_empty() {
        return Ok(false);
    }
    let [ours, theirs] = keys.tally(&again)?;
    let columns: Vec<usize> = again.into_iter().map(|(column, _)| column).collect();
    for ((&column, ours), theirs) in columns.iter().zip(ours).zip(theirs) {
        for (side, histogram) in [ours, theirs].into_iter().enumerate() {
            if let Some(numbers) = gathering.numbers_mut(side, column) {
                numbers.set_cells(histogram);
            }
        }
    }
    gathering.measure(&columns)?;
    Ok(true)
}

impl Gathering {
    /// Puts the columns of parts one behind the other.
    fn of_parts(parts: Vec<Self>) -> Self {
        let none =
            Self { candidate: None, reference: Vec::new(), gaps: Vec::new(), held: Vec::new() };
        parts.into_iter().fold(none, |mut whole, part| {
            if let Some(candidate) = part.candidate {
                whole.candidate.get_or_insert_default().extend(candidate);
            }
            whole.reference.extend(part.reference);
            whole.gaps.extend(part.gaps);
            whole.held.extend(part.held);
            whole
        })
    }

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

    pub(super) fn set_gap(&mut self, column: usize, gap: GapBounds) {
        self.gaps[column] = Some(gap);
    }

    fn numbers(&self, column: usize) -> Option<(&Numbers, &Numbers)> {
        match (&self.candidate(column).content, &self.reference(column).content) {
            (Content::Numbers(ours), Content::Numbers(theirs)) => Some((ours, theirs)),
            _ => None,
        }
    }

    fn numbers_mut(&mut self, side: usize, column: usize) -> Option<&mut Numbers> {
        let gathered = match (side, &mut self.candidate) {
            (0, Some(candidate)) => &mut candidate[column],
            _ => &mut self.reference[column],
        };
        match &mut gathered.content {
            Content::Numbers(numbers) => Some(numbers),
            _ => None,
        }
    }

    /// Measures the gaps of these columns.
    fn measure(&mut self, columns: &[usize]) -> Result<()> {
        let gap = |column: &usize| Ok(self.numbers(*column).and_then(|(a, b)| gap(a, b)));
        for (column, gap) in columns.iter().zip(parallel(columns, gap)?) {
            self.gaps[*column] = gap;
        }
        Ok(())
    }

    /// Returns the counts of the candidate and the reference, where they were counted by cell.
    pub(super) fn histograms(&self, column: usize) -> Option<[&KeyHistogram; 2]> {
        let (ours, theirs) = self.numbers(column)?;
        Some([ours.histogram()?, theirs.histogram()?])
    }

    /// Returns about how many bytes all of it takes.
    fn bytes(&self) -> u64 {
        let sides = self.candidate.iter().flatten().chain(&self.reference);
        sides.map(Gathered::bytes).sum()
    }
}

/// What is certain of samples of these sizes whose distribution functions are the same.
pub(super) fn no_gap([n1, n2]: [u64; 2]) -> GapBounds {
    let least = Gap { above: 0, below: 0, n1, n2, at: None, shares: (0.0, 0.0) };
    GapBounds { least, most: 0 }
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
