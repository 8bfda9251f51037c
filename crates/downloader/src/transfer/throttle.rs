//! How many requests are in flight: half as many after a server asked to slow down, slowly more again while none does.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{ErrorKind, Result};
use crate::transfer::slots::{Slot, Slots};

/// The requests in flight.
#[derive(Debug)]
pub(super) struct Throttle {
    slots: Slots,
    most: usize,
    pace: Mutex<Pace>,
}

#[derive(Debug, Default)]
struct Pace {
    /// How often the limit was halved. Requests that were in flight together are answered alike: they halve it once.
    era: u64,
    /// How many requests succeeded since the limit last changed.
    successes: usize,
}

/// Leave to have one request in flight.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    _slot: Slot<'a>,
    throttle: &'a Throttle,
    era: u64,
}

impl Throttle {
    pub(super) fn new(most: usize) -> Self {
        Self { slots: Slots::new(most), most, pace: Mutex::default() }
    }

    pub(super) async fn pass(&self) -> Pass<'_> {
        let slot = self.slots.acquire().await;
        Pass { _slot: slot, throttle: self, era: self.pace().era }
    }

    fn slow_down(&self, era: u64) {
        let mut pace = self.pace();
        let limit = self.slots.limit();
        if era == pace.era && limit > 1 {
            *pace = Pace { era: era + 1, successes: 0 };
            self.slots.set_limit(limit / 2);
            tracing::debug!(requests = limit / 2, "fewer requests side by side");
        }
    }

    /// One more request at a time for each round of successes.
    fn recover(&self) {
        let mut pace = self.pace();
        let limit = self.slots.limit();
        pace.successes += 1;
        if limit < self.most && pace.successes >= limit {
            pace.successes = 0;
            self.slots.set_limit(limit + 1);
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// Takes note of what came of the request.
    pub(super) fn learn<T>(&self, result: &Result<T>) {
        match result {
            Ok(_) => self.throttle.recover(),
            Err(error) if error.kind() == ErrorKind::Throttled => self.throttle.slow_down(self.era),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::error::Error;

    fn pass(throttle: &Throttle) -> Pass<'_> {
        throttle.pass().now_or_never().expect("a slot is free")
    }

    fn slowed() -> Result<()> {
        Err(Error::new(ErrorKind::Throttled))
    }

    #[test]
    fn h9_requests_that_were_refused_together_halve_the_number_once() {
        let throttle = Throttle::new(16);
        let passes: Vec<_> = (0..16).map(|_| pass(&throttle)).collect();
        for pass in &passes {
            pass.learn(&slowed());
        }
        assert_eq!(throttle.slots.limit(), 8);
        drop(passes);
        pass(&throttle).learn(&slowed());
        assert_eq!(throttle.slots.limit(), 4);
        for _ in 0..10 {
            pass(&throttle).learn(&slowed());
        }
        assert_eq!(throttle.slots.limit(), 1, "one request is always allowed");
    }

    #[test]
    fn h9_the_number_recovers_slowly_and_never_past_what_was_asked_for() {
        let throttle = Throttle::new(8);
        pass(&throttle).learn(&slowed());
        let mut limits = vec![throttle.slots.limit()];
        for _ in 0..40 {
            pass(&throttle).learn(&Ok(()));
            limits.push(throttle.slots.limit());
        }
        limits.dedup();
        assert_eq!(limits, [4, 5, 6, 7, 8]);
    }

    #[test]
    fn other_failures_do_not_slow_a_transfer_down() {
        let throttle = Throttle::new(8);
        pass(&throttle).learn::<()>(&Err(Error::new(ErrorKind::ServerFailure)));
        assert_eq!(throttle.slots.limit(), 8);
    }
}
