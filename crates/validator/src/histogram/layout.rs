//! How the key space is cut into cells.

use std::ops::RangeInclusive;

use super::KeyHistogram;

/// The number of slots as a power of two: few enough for their table to stay in the nearest cache.
const SLOT_BITS: u32 = 10;
const SLOTS: usize = 1 << SLOT_BITS;

/// The cells of a slot in which the sample has no value, as a power of two: far from the range of the sample, and in or near it.
/// There values are likely even so, as where a sample of sorted data has gaps.
const LEAST_BITS: u32 = 1;
const WITHIN_BITS: u32 = 4;

/// The cells of the first and last slot, which hold all that is outside the range of the sample.
const EDGE_BITS: u32 = 8;

/// The share of a sample on either side that does not widen the range of the slots.
const TAIL: u64 = 1_000;

/// How many cells are dealt out to the slots by the share of the sample in each, as a power of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// For bounds: few enough for the counts to stay in the nearer caches.
    Coarse = 14,
    /// For exact answers: so many that few of them have to be looked at again.
    Fine = 15,
}

/// A partition of all keys into cells in ascending order.
///
/// Equal slots cover a range of keys; the first reaches down to 0 and the last up to the largest key. Each
/// slot is cut into a power of two of equal cells. So the cell of a key takes two look-ups, no search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    base: u64,
    /// The size of a slot as a power of two.
    width: u32,
    slots: Box<[Slot; SLOTS]>,
    cells: usize,
}

/// A layout taken apart, for loops over many keys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cutter<'a> {
    base: u64,
    width: u32,
    slots: &'a [Slot; SLOTS],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slot {
    start: u64,
    /// The number of the slot's first cell.
    first: u32,
    /// The size of a cell as a power of two.
    shift: u32,
}

impl Layout {
    /// Returns the layout whose cells are the leading 20 bits of the key, whatever the data.
    #[cfg(test)]
    pub(crate) fn leading_bits() -> Self {
        Self::new(0, u64::BITS - SLOT_BITS, |_| 20 - SLOT_BITS)
    }

    /// Learns a layout from a sample: one that gives about equally many of its values to each cell.
    ///
    /// Other data fits as well, only less evenly.
    pub(crate) fn learn(sample: &KeyHistogram, detail: Detail) -> Self {
        let (low, high) = sample.middle_range(TAIL);
        let span = high - low;
        let used = u64::BITS - span.leading_zeros();
        // The range takes at most half the slots, so that as much again may lie beyond it.
        let width = (used + 1).saturating_sub(SLOT_BITS);
        let slots_below = (SLOTS / 4) as u64;
        let base = low.saturating_sub(slots_below << width);
        let mut shares = vec![0.0; SLOTS];
        for cell in sample.cells() {
            let (first, last) = (slot_of(base, width, cell.low), slot_of(base, width, cell.high));
            let each = cell.count as f64 / (last - first + 1) as f64;
            shares[first..=last].iter_mut().for_each(|share| *share += each);
        }
        let bits = detail as u32;
        let cells = f64::from(1_u32 << bits) / sample.total().max(1) as f64;
        let (first, last) = (slot_of(base, width, low), slot_of(base, width, high));
        // The sample of sorted data ends before the data does.
        let beyond = (last - first) / 4 + 1;
        let middle = first.saturating_sub(beyond)..=last + beyond;
        Self::new(base, width, |slot| {
            let least = match slot {
                slot if slot == 0 || slot == SLOTS - 1 => EDGE_BITS,
                slot if middle.contains(&slot) => WITHIN_BITS,
                _ => LEAST_BITS,
            };
            let wanted = (shares[slot] * cells).max(1.0).log2().ceil() as u32;
            wanted.clamp(least, bits)
        })
    }

    /// Cuts each slot into two to the power of `bits` cells.
    fn new(base: u64, width: u32, bits: impl Fn(usize) -> u32) -> Self {
        Self::cut(base, width, |slot, span| {
            (u64::BITS - span.leading_zeros()).saturating_sub(bits(slot))
        })
    }

    /// Cuts each slot, given by number and span, into cells whose size is a power of two.
    fn cut(base: u64, width: u32, size: impl Fn(usize, u64) -> u32) -> Self {
        let mut slots = Box::new([Slot { start: 0, first: 0, shift: 0 }; SLOTS]);
        let mut first = 0_u32;
        for slot in 0..SLOTS {
            let (start, end) = bounds(base, width, slot);
            let shift = size(slot, end - start);
            slots[slot] = Slot { start, first, shift };
            first += ((end - start) >> shift) as u32 + 1;
        }
        Self { base, width, slots, cells: first as usize }
    }

    /// Returns the layout that cuts each cell into two to the power of `bits` cells, or as many as it has keys.
    pub(crate) fn finer(&self, bits: u32) -> Self {
        Self::cut(self.base, self.width, |slot, _| self.slots[slot].shift.saturating_sub(bits))
    }

    /// Returns the cells of a finer layout that make up a cell.
    pub(crate) fn parts(&self, cell: usize, finer: &Self) -> RangeInclusive<usize> {
        let (low, high) = self.ends(cell);
        finer.cell_of(low)..=finer.cell_of(high)
    }

    /// Returns the least and the largest key that a cell stands for.
    pub(crate) fn ends(&self, cell: usize) -> (u64, u64) {
        let number = self.slots.partition_point(|slot| slot.first as usize <= cell) - 1;
        let slot = &self.slots[number];
        let low = slot.start + (((cell - slot.first as usize) as u64) << slot.shift);
        let (_, end) = bounds(self.base, self.width, number);
        (low, low.saturating_add((1 << slot.shift) - 1).min(end))
    }

    /// Returns how many cells there are.
    pub(crate) fn cells(&self) -> usize {
        self.cells
    }

    /// Returns the number of the cell that holds a key. It never falls as keys rise.
    pub(crate) fn cell_of(&self, key: u64) -> usize {
        self.cutter().cell_of(key)
    }

    pub(crate) fn cutter(&self) -> Cutter<'_> {
        Cutter { base: self.base, width: self.width, slots: &self.slots }
    }
}

impl Cutter<'_> {
    /// As [`Layout::cell_of`].
    #[inline]
    pub(crate) fn cell_of(self, key: u64) -> usize {
        let slot = &self.slots[slot_of(self.base, self.width, key)];
        slot.first as usize + ((key - slot.start) >> slot.shift) as usize
    }
}

/// Returns the least and the largest key of a slot.
fn bounds(base: u64, width: u32, slot: usize) -> (u64, u64) {
    let below = |slot: usize| u128::from(base) + ((slot as u128) << width);
    let start = if slot == 0 { 0 } else { below(slot) };
    let end = if slot == SLOTS - 1 { u128::MAX } else { below(slot + 1) - 1 };
    let key = |place: u128| u64::try_from(place).unwrap_or(u64::MAX);
    (key(start), key(end))
}

#[inline]
fn slot_of(base: u64, width: u32, key: u64) -> usize {
    ((key.saturating_sub(base) >> width) as usize).min(SLOTS - 1)
}
