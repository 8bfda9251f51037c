//! Forcing files to the disk, before they get their names.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use crate::blocking::blocking;
use crate::error::Result;
use crate::transfer::fetch::Fetch;
use crate::transfer::part::PartFile;

/// A sync that takes less is done in less time than another thread takes to wake up.
const QUICK: Duration = Duration::from_micros(100);
/// How many syncs have to be slow, one after the other, for the disk to be: one alone may only have been interrupted.
const SLOW_IN_A_ROW: u8 = 2;

/// Whether syncs are so quick, as they are where the disk is memory, that the next may be done where it is asked for.
#[derive(Debug)]
pub(super) struct SyncPace {
    /// How many of the last syncs were slow, as far as that matters.
    slow: AtomicU8,
}

impl Default for SyncPace {
    /// Takes a disk for slow until it has shown that it is not.
    fn default() -> Self {
        Self { slow: SLOW_IN_A_ROW.into() }
    }
}

impl SyncPace {
    fn is_quick(&self) -> bool {
        self.slow.load(Ordering::Relaxed) < SLOW_IN_A_ROW
    }

    fn measure<T>(&self, sync: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let synced = sync();
        self.learn(began.elapsed());
        synced
    }

    fn learn(&self, took: Duration) {
        let before = self.slow.load(Ordering::Relaxed);
        let slow = if took < QUICK { 0 } else { SLOW_IN_A_ROW.min(before + 1) };
        self.slow.store(slow, Ordering::Relaxed);
    }
}

impl Fetch<'_> {
    /// Forces a file that is complete to the disk, if that is wanted.
    pub(super) async fn sync(self, part: &Arc<PartFile>) -> Result<()> {
        let pace = &self.shared.sync_pace;
        if !self.shared.options.sync {
            return Ok(());
        }
        if pace.is_quick() {
            return pace.measure(|| part.sync());
        }
        let (pace, part) = (Arc::clone(pace), Arc::clone(part));
        blocking(move || pace.measure(|| part.sync())).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_slow_until_it_was_quick_and_again_only_if_it_stays_slow() {
        let (quick, slow) = (Duration::from_micros(1), Duration::from_millis(5));
        let pace = SyncPace::default();
        assert!(!pace.is_quick());
        for (took, is_quick) in [
            (quick, true),
            (slow, true),
            (quick, true),
            (slow, true),
            (slow, false),
            (slow, false),
            (quick, true),
        ] {
            pace.learn(took);
            assert_eq!(pace.is_quick(), is_quick);
        }
    }
}
