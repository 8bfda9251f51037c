//! The search for the exact largest gap: a second look at the few cells that can hold it.

use super::{Cell, Counter, GapBounds, KeyHistogram, Layout};
use crate::stats::Gap;

/// The cells of two samples that were counted in one layout, and the largest gap that is certain so far.
#[derive(Debug)]
pub(crate) struct Search {
    gap: Gap,
    spans: Vec<Span>,
}

/// A cell that holds values of either sample.
#[derive(Debug)]
struct Span {
    cell: usize,
    /// How many values of each sample come before it, and how many it holds.
    before: [u64; 2],
    counts: [u64; 2],
    /// The largest `|F1 - F2|` that there can be within it, as an integer over `n1 * n2`.
    reach: u128,
}

impl Search {
    /// Starts with what the counts tell.
    pub(crate) fn new(
        layout: &Layout,
        [first, second]: [&KeyHistogram; 2],
        bounds: &GapBounds,
    ) -> Self {
        let mut search = Self { gap: bounds.least, spans: Vec::new() };
        let (mut before, mut at) = ([0, 0], [0, 0]);
        loop {
            let next = [first.cells().get(at[0]), second.cells().get(at[1])];
            let number = |cell: Option<&Cell>| cell.map(|cell| layout.cell_of(cell.low));
            let numbers = [number(next[0]), number(next[1])];
            let Some(cell) = numbers.into_iter().flatten().min() else { return search };
            let held = [0, 1].map(|side| next[side].filter(|_| numbers[side] == Some(cell)));
            search.add(cell, before, held);
            for side in [0, 1] {
                at[side] += usize::from(held[side].is_some());
                before[side] += held[side].map_or(0, |cell| cell.count);
            }
        }
    }

    /// Adds a cell. Between its ends anything may be, unless all its values are known.
    fn add(&mut self, cell: usize, before: [u64; 2], held: [Option<&Cell>; 2]) {
        let counts = held.map(|cell| cell.map_or(0, |cell| cell.count));
        if held.iter().flatten().all(|cell| cell.is_exact()) {
            let runs = held.map(|cell| cell.map_or([(0, 0); 2], runs));
            let mut known = [Vec::with_capacity(2), Vec::with_capacity(2)];
            for side in [0, 1] {
                known[side].extend(runs[side].into_iter().filter(|run| run.1 > 0));
            }
            self.walk(before, [known[0].iter().copied(), known[1].iter().copied()]);
        } else {
            let end = held.iter().flatten().map(|cell| cell.high).max().unwrap_or_default();
            self.see(end, [before[0] + counts[0], before[1] + counts[1]]);
            self.spans.push(Span { cell, before, counts, reach: self.reach(before, counts) });
        }
    }

    /// Returns the largest `|F1 - F2|` that there can be within a cell, wherever in it its values are.
    fn reach(&self, before: [u64; 2], counts: [u64; 2]) -> u128 {
        let least = self.difference([before[0], before[1] + counts[1]]);
        let largest = self.difference([before[0] + counts[0], before[1]]);
        least.unsigned_abs().max(largest.unsigned_abs())
    }

    /// Returns `F1 - F2` where so many values of each sample are at or below, as an integer over `n1 * n2`.
    fn difference(&self, ranks: [u64; 2]) -> i128 {
        i128::from(ranks[0]) * i128::from(self.gap.n2)
            - i128::from(ranks[1]) * i128::from(self.gap.n1)
    }

    /// Takes in how many values of each sample are at or below a key.
    fn see(&mut self, key: u64, ranks: [u64; 2]) {
        let difference = self.difference(ranks);
        let size = difference.unsigned_abs();
        if size > self.least() {
            self.gap.at = Some(key);
            let share = |rank: u64, all: u64| rank as f64 / all as f64;
            self.gap.shares = (share(ranks[0], self.gap.n1), share(ranks[1], self.gap.n2));
        }
        let side = if difference > 0 { &mut self.gap.above } else { &mut self.gap.below };
        *side = (*side).max(size);
    }

    /// Takes in ascending keys of both samples, each with how often it occurs.
    fn walk<I: Iterator<Item = (u64, u64)>>(&mut self, mut ranks: [u64; 2], runs: [I; 2]) {
        let mut runs = runs.map(Iterator::peekable);
        loop {
            let next = [runs[0].peek().map(|run| run.0), runs[1].peek().map(|run| run.0)];
            let Some(key) = next.into_iter().flatten().min() else { return };
            for side in [0, 1] {
                while let Some((_, count)) = runs[side].next_if(|run| run.0 == key) {
                    ranks[side] += count;
                }
            }
            self.see(key, ranks);
        }
    }

    /// Returns the gap that there is at least, as an integer over `n1 * n2`.
    fn least(&self) -> u128 {
        self.gap.above.max(self.gap.below)
    }

    /// Returns how many values the cells have that can hold a larger gap than is known.
    pub(crate) fn open_values(&self) -> u64 {
        let least = self.least();
        let open = self.spans.iter().filter(|span| span.reach > least);
        open.map(|span| span.counts[0] + span.counts[1]).sum()
    }

    /// Takes in how many values each sample has in the cells of a finer layout, of which the search is from now on.
    pub(crate) fn refine(&mut self, layout: &Layout, finer: &Layout, counts: [&Counter; 2]) {
        let least = self.least();
        for span in std::mem::take(&mut self.spans) {
            if span.reach <= least {
                continue;
            }
            let mut before = span.before;
            for cell in layout.parts(span.cell, finer) {
                let held = counts.map(|side| side.count(cell));
                if held != [0, 0] {
                    self.add_counted(finer.ends(cell), cell, before, held);
                    before = [before[0] + held[0], before[1] + held[1]];
                }
            }
        }
    }

    /// Adds a cell of which only the ends of its room are known.
    fn add_counted(
        &mut self,
        (low, high): (u64, u64),
        cell: usize,
        before: [u64; 2],
        counts: [u64; 2],
    ) {
        self.see(high, [before[0] + counts[0], before[1] + counts[1]]);
        if low < high {
            self.spans.push(Span { cell, before, counts, reach: self.reach(before, counts) });
        }
    }

    /// Returns the cells that can hold a larger gap than is known, ascending, each with how many values each sample
    /// has in it: those that can hold the largest, and as many as have at most so many values together, and fewer than 2^32.
    pub(crate) fn open(&self, most_values: u64) -> Vec<(usize, [u64; 2])> {
        let most_values = most_values.min(u64::from(u32::MAX) - 1);
        let least = self.least();
        let mut open: Vec<&Span> = self.spans.iter().filter(|span| span.reach > least).collect();
        open.sort_unstable_by_key(|span| std::cmp::Reverse(span.reach));
        let mut values = 0;
        let fits = |span: &&&Span| {
            values += span.counts[0] + span.counts[1];
            values <= most_values
        };
        let taken = open.iter().take_while(fits).count();
        let mut cells: Vec<_> = open[..taken].iter().map(|span| (span.cell, span.counts)).collect();
        cells.sort_unstable();
        cells
    }

    /// Takes in the values of some cells, each sample's sorted.
    pub(crate) fn look(&mut self, cells: &[(usize, [u64; 2])], mut keys: [&[u64]; 2]) {
        for (cell, counts) in cells {
            let Ok(at) = self.spans.binary_search_by_key(cell, |span| span.cell) else { continue };
            let within = [0, 1].map(|side| {
                let (within, rest) = keys[side].split_at(counts[side] as usize);
                keys[side] = rest;
                within
            });
            self.spans[at].reach = 0;
            let before = self.spans[at].before;
            self.walk(before, within.map(|keys| keys.iter().map(|key| (*key, 1))));
        }
    }

    /// Returns what is certain now.
    pub(crate) fn bounds(&self) -> GapBounds {
        let reach = self.spans.iter().map(|span| span.reach).max().unwrap_or(0);
        GapBounds { least: self.gap, most: reach.max(self.least()) }
    }
}

/// Returns the values of a cell that are all known, each with how often it occurs.
fn runs(cell: &Cell) -> [(u64, u64); 2] {
    if cell.low == cell.high {
        [(cell.low, cell.count), (cell.high, 0)]
    } else {
        [(cell.low, 1), (cell.high, 1)]
    }
}
