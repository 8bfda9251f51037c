//! Whether what may block is so quick that it is better done where it is asked for than on another thread.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

/// What takes less is done in less time than another thread takes to wake up.
const QUICK: Duration = Duration::from_micros(100);
/// How often it has to be slow, one time after the other, for the disk to be: once it may only have been interrupted.
const SLOW_IN_A_ROW: u8 = 2;

/// How quick the disk is with one kind of work.
#[derive(Debug)]
pub(super) struct Pace {
    /// How often it was slow since it was quick, as far as that matters.
    slow: AtomicU8,
}

impl Default for Pace {
    /// Takes a disk for slow until it has shown that it is not.
    fn default() -> Self {
        Self { slow: SLOW_IN_A_ROW.into() }
    }
}

impl Pace {
    pub(super) fn is_quick(&self) -> bool {
        self.slow.load(Ordering::Relaxed) < SLOW_IN_A_ROW
    }

    /// Does so many pieces of work, and learns how long each takes.
    pub(super) fn measure<T>(&self, pieces: usize, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = work();
        self.learn(began.elapsed() / u32::try_from(pieces.max(1)).unwrap_or(u32::MAX));
        done
    }

    fn learn(&self, took: Duration) {
        let before = self.slow.load(Ordering::Relaxed);
        let slow = if took < QUICK { 0 } else { SLOW_IN_A_ROW.min(before + 1) };
        self.slow.store(slow, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_slow_until_it_was_quick_and_again_only_if_it_stays_slow() {
        let (quick, slow) = (Duration::from_micros(1), Duration::from_millis(5));
        let pace = Pace::default();
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
