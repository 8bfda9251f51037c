//! How often the most frequent values of a text column occur.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::column::MOST_CATEGORIES;

/// What stands before the mask of a value.
const MASK: &str = "sha256:";

/// How many bytes of the hash make a mask.
const MASK_BYTES: usize = 8;

/// Counts by value, of at most 1,000 values: all of them, or by Misra and Gries (1982) the most frequent ones.
///
/// Two of these add up as Agarwal and others describe ("Mergeable summaries", 2012): `error`, by which a count can be too low,
/// stays within `n / 1001` however a column of `n` values was split.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Frequent {
    pub(super) counts: BTreeMap<String, u64>,
    pub(super) error: u64,
}

impl Frequent {
    pub(super) fn merge(&mut self, other: Self) {
        self.error += other.error;
        for (value, count) in other.counts {
            *self.counts.entry(value).or_default() += count;
        }
        let excess = excess(self.counts.values().copied());
        if excess > 0 {
            self.error += excess;
            self.counts.retain(|_, count| lower(count, excess));
        }
    }

    /// Puts a mask in the place of each value that has none.
    pub(super) fn mask(&mut self) {
        let counts = std::mem::take(&mut self.counts);
        self.counts = counts
            .into_iter()
            .map(|(value, count)| {
                (if value.starts_with(MASK) { value } else { mask(&value) }, count)
            })
            .collect();
    }
}

fn mask(value: &str) -> String {
    let hash = Sha256::digest(value);
    let digits = hash[..MASK_BYTES].iter().map(|byte| format!("{byte:02x}"));
    std::iter::once(MASK.to_owned()).chain(digits).collect()
}

/// Returns the count that values beyond the most that are kept can have: what all counts are lowered by to make room.
fn excess(counts: impl ExactSizeIterator<Item = u64>) -> u64 {
    if counts.len() <= MOST_CATEGORIES {
        return 0;
    }
    let mut counts: Vec<u64> = counts.collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    counts[MOST_CATEGORIES]
}

fn lower(count: &mut u64, by: u64) -> bool {
    *count = count.saturating_sub(by);
    *count > 0
}

/// [`Frequent`] while values stream by.
#[derive(Debug, Default)]
pub(super) struct FrequentCounter {
    counts: HashMap<String, u64, FixedState>,
    error: u64,
}

impl FrequentCounter {
    pub(super) fn add(&mut self, value: &str) {
        if let Some(count) = self.counts.get_mut(value) {
            *count += 1;
            return;
        }
        self.counts.insert(value.to_owned(), 1);
        // Room for as many again makes lowering rare.
        if self.counts.len() > 2 * MOST_CATEGORIES {
            self.lower();
        }
    }

    fn lower(&mut self) {
        let excess = excess(self.counts.values().copied());
        if excess > 0 {
            self.error += excess;
            self.counts.retain(|_, count| lower(count, excess));
        }
    }

    pub(super) fn finish(mut self) -> Frequent {
        self.lower();
        Frequent { counts: self.counts.into_iter().collect(), error: self.error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Frequent {
        let mut counter = FrequentCounter::default();
        values.into_iter().for_each(|value| counter.add(&format!("v{value}")));
        counter.finish()
    }

    #[test]
    fn few_values_are_counted_and_add_up() {
        let mut parts = of((0..5_000).map(|i| i % 700));
        parts.merge(of((0..3_000).map(|i| i % 900)));
        assert_eq!(parts, of((0..5_000).map(|i| i % 700).chain((0..3_000).map(|i| i % 900))));
        assert_eq!((parts.error, parts.counts.len()), (0, 900));
    }

    #[test]
    fn of_many_values_the_frequent_ones_are_known_within_the_error() {
        // Two values make up a third of the rows each, the rest occur once.
        let values = |from: u64| (from..from + 30_000).map(|i| if i % 3 < 2 { i % 3 } else { i });
        let mut parts = of(values(0));
        parts.merge(of(values(30_000)));
        assert!(parts.error <= 60_000 / 1_001, "{}", parts.error);
        for value in ["v0", "v1"] {
            let count = parts.counts[value];
            assert!(count <= 20_000 && count + parts.error >= 20_000, "{value}: {count}");
        }
    }

    #[test]
    fn masks_hide_the_value_and_are_made_once() {
        let mut frequent = of([7, 7, 8]);
        frequent.mask();
        let masked = frequent.clone();
        frequent.mask();
        assert_eq!(frequent, masked);
        let labels: Vec<&String> = masked.counts.keys().collect();
        assert!(
            labels.iter().all(|label| label.len() == MASK.len() + 2 * MASK_BYTES),
            "{labels:?}"
        );
    }
}
