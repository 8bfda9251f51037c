//! Slots for work done side by side, whose number can change meanwhile.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Slots for work. Whoever waits for one gets it in the order of asking.
#[derive(Debug)]
pub(super) struct Slots {
    semaphore: Semaphore,
    count: Mutex<Count>,
}

#[derive(Debug)]
struct Count {
    limit: usize,
    /// How many of the slots in use are more than the limit: these are withdrawn when they come back.
    surplus: usize,
}

/// A slot, given back when dropped.
#[derive(Debug)]
pub(super) struct Slot<'a> {
    slots: &'a Slots,
    permit: Option<SemaphorePermit<'a>>,
}

impl Slots {
    pub(super) fn new(limit: usize) -> Self {
        Self { semaphore: Semaphore::new(limit), count: Mutex::new(Count { limit, surplus: 0 }) }
    }

    pub(super) fn limit(&self) -> usize {
        self.count().limit
    }

    /// Returns whether more slots are in use than there are by now.
    pub(super) fn is_crowded(&self) -> bool {
        self.count().surplus > 0
    }

    pub(super) async fn acquire(&self) -> Slot<'_> {
        // Fails only if the semaphore is closed, and nobody closes it.
        Slot { slots: self, permit: self.semaphore.acquire().await.ok() }
    }

    pub(super) fn set_limit(&self, limit: usize) {
        let mut count = self.count();
        if limit < count.limit {
            let excess = count.limit - limit;
            count.surplus += excess - self.semaphore.forget_permits(excess);
        } else {
            let growth = limit - count.limit;
            let kept = growth.min(count.surplus);
            count.surplus -= kept;
            self.semaphore.add_permits(growth - kept);
        }
        count.limit = limit;
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let mut count = self.slots.count();
        if count.surplus > 0 {
            count.surplus -= 1;
            permit.forget();
        } else {
            drop(permit);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn try_acquire(slots: &Slots) -> Option<Slot<'_>> {
        slots.acquire().now_or_never()
    }

    #[test]
    fn slots_in_use_are_withdrawn_when_they_come_back() {
        let slots = Slots::new(4);
        let mut used: Vec<_> = (0..3).map(|_| try_acquire(&slots).unwrap()).collect();
        slots.set_limit(1);
        assert!(slots.is_crowded());
        assert!(try_acquire(&slots).is_none());
        used.truncate(1);
        assert!(!slots.is_crowded());
        assert!(try_acquire(&slots).is_none(), "the one slot is in use");
        drop(used);
        let one = try_acquire(&slots);
        assert!(one.is_some());
        assert!(try_acquire(&slots).is_none());
    }

    #[test]
    fn a_limit_that_grows_again_keeps_what_was_to_be_withdrawn() {
        let slots = Slots::new(4);
        let used: Vec<_> = (0..4).map(|_| try_acquire(&slots).unwrap()).collect();
        slots.set_limit(1);
        slots.set_limit(3);
        drop(used);
        let used: Vec<_> = std::iter::from_fn(|| try_acquire(&slots)).collect();
        assert_eq!(used.len(), 3);
    }
}
