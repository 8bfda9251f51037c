//! How many bytes a comparison may hold, shared by everything that holds much.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::observer::Watch;

/// The bytes that a comparison may hold. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    limit: u64,
    /// What one holding may take of it.
    most: u64,
    held: Arc<Counts>,
    /// Who is told how far the comparison is: everything that reads has a budget.
    watch: Watch,
}

#[derive(Debug, Default)]
struct Counts {
    now: AtomicU64,
    /// The most that was held at a time.
    peak: AtomicU64,
}

impl Budget {
    pub(crate) fn new(limit: u64) -> Self {
        Self { limit, most: limit, held: Arc::default(), watch: Watch::default() }
    }

    /// Tells somebody how far whoever has this budget is.
    pub(crate) fn watched(self, watch: Watch) -> Self {
        Self { watch, ..self }
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Returns the same budget, of which no single holding takes more than this.
    pub(crate) fn at_most(&self, bytes: u64) -> Self {
        Self { most: bytes.min(self.most), ..self.clone() }
    }

    /// Returns how many bytes may be held in all.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// Returns how many bytes are left.
    pub(crate) fn left(&self) -> u64 {
        self.limit.saturating_sub(self.held.now.load(Ordering::Relaxed))
    }

    /// Returns how many bytes were held at most.
    #[cfg(test)]
    pub(crate) fn peak(&self) -> u64 {
        self.held.peak.load(Ordering::Relaxed)
    }

    /// Starts with nothing held.
    pub(crate) fn hold_nothing(&self) -> Holding {
        Holding { budget: self.clone(), bytes: 0 }
    }

    /// Holds so many bytes, if they are left.
    pub(crate) fn hold(&self, bytes: u64) -> Option<Holding> {
        let mut holding = self.hold_nothing();
        holding.grow(bytes).then_some(holding)
    }

    /// As [`hold`](Self::hold), but only if half of what is left remains for others.
    pub(crate) fn hold_some(&self, bytes: u64) -> Option<Holding> {
        (bytes <= self.left() / 2).then(|| self.hold(bytes)).flatten()
    }

    /// Holds so many bytes that there is no way around, even if they are not left.
    pub(crate) fn hold_anyway(&self, bytes: u64) -> Holding {
        self.add(bytes);
        Holding { budget: self.clone(), bytes }
    }

    fn add(&self, bytes: u64) {
        let now = self.held.now.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.held.peak.fetch_max(now, Ordering::Relaxed);
    }
}

/// Some bytes of a budget, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Holding {
    budget: Budget,
    bytes: u64,
}

impl Holding {
    /// Holds so many more bytes, if they are left; otherwise changes nothing and returns false.
    pub(crate) fn grow(&mut self, bytes: u64) -> bool {
        let Budget { limit, most, held, .. } = &self.budget;
        if self.bytes.saturating_add(bytes) > *most {
            return false;
        }
        let more = |now: u64| now.checked_add(bytes).filter(|all| all <= limit);
        let taken = held.now.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        if let Ok(before) = taken {
            held.peak.fetch_max(before + bytes, Ordering::Relaxed);
            self.bytes += bytes;
        }
        taken.is_ok()
    }

    /// Holds so many bytes in all that there is no way around, even if they are not left.
    pub(crate) fn become_anyway(&mut self, bytes: u64) {
        self.shrink(self.bytes.saturating_sub(bytes));
        self.budget.add(bytes - self.bytes);
        self.bytes = bytes;
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.budget.watch
    }

    /// Gives so many of the held bytes back.
    pub(crate) fn shrink(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.budget.held.now.fetch_sub(bytes, Ordering::Relaxed);
        self.bytes -= bytes;
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_counted_until_it_is_dropped() {
        let budget = Budget::new(100);
        let mut first = budget.hold(60).unwrap();
        assert!(budget.hold(41).is_none());
        assert!(!first.grow(41) && first.grow(20));
        assert!(budget.hold_some(11).is_none() && budget.hold_some(10).is_some());
        assert!(budget.at_most(5).hold(6).is_none());
        let anyway = budget.hold_anyway(50);
        assert_eq!((budget.left(), budget.peak()), (0, 130));
        drop(anyway);
        assert_eq!(budget.left(), 20);
        first.shrink(80);
        assert_eq!((budget.left(), budget.limit()), (100, 100));
    }
}
