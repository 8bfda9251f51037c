//! Upkeep: once a day what is too old is evicted and what crashes have left is swept, by a thread beside the program.
//!
//! Both look at every blob there is, which takes seconds in a cache of a million; nobody who wants to read one object waits for
//! that. The thread has a cache of its own on the same directory, so that it never holds the connection that a look-up needs.
//! Whoever lets go of the cache sooner waits for the thread: of a suite whose tests are processes that live for a moment
//! none would ever come to its end otherwise. If the process ends all the same, the next one begins anew.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::cache::Cache;
use crate::error::Result;
use crate::lock::FileLock;

/// How often it is done, by whichever process comes first.
const INTERVAL: Duration = Duration::from_hours(24);

/// The thread of one open cache, if it has needed one. Dropping this waits for it.
#[derive(Debug, Default)]
pub(crate) struct Upkeep(Mutex<Option<JoinHandle<()>>>);

impl Upkeep {
    /// Starts a thread for `work`, unless there is one that is not done.
    fn start(&self, work: impl FnOnce() + Send + 'static) {
        let mut thread = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        match Builder::new().name("cache upkeep".into()).spawn(work) {
            Ok(started) => *thread = Some(started),
            Err(error) => {
                tracing::warn!(%error, "cannot start a thread for the upkeep of the cache");
            }
        }
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        let thread = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::warn!("the upkeep of the cache has panicked");
        }
    }
}

impl Cache {
    /// Starts the upkeep, if it is due and the cache is to keep its limits by itself. What goes wrong with it is no reason for
    /// the opening or the commit at which it is due to fail.
    pub(crate) fn keep_up_if_due(&self) {
        if !self.options().automatic_eviction || self.is_read_only() {
            return;
        }
        match self.is_upkeep_due() {
            Ok(false) => {}
            Ok(true) => {
                let (tree, options) = (self.tree().clone(), self.options().clone());
                let notices = Arc::clone(self.notices());
                self.upkeep().start(|| {
                    let kept_up = Self::of(tree, options, notices).and_then(|own| own.keep_up());
                    if let Err(error) = kept_up {
                        tracing::warn!(%error, "cannot keep up the cache");
                    }
                });
            }
            Err(error) => tracing::warn!(%error, "cannot tell when the cache was last kept up"),
        }
    }

    fn is_upkeep_due(&self) -> Result<bool> {
        // A note from the future, left by a clock that has since been set back, counts as long ago.
        let age = (self.now() - self.index().last_sweep()?).to_std();
        Ok(age.map_or(true, |age| age > INTERVAL))
    }

    fn keep_up(&self) -> Result<()> {
        // Whoever finds another process at it leaves it to that one.
        let Some(_lock) = FileLock::try_take(&self.tree().sweep_lock())? else { return Ok(()) };
        if !self.is_upkeep_due()? {
            return Ok(());
        }
        let outcome = self.sweep().and_then(|_| self.evict_now());
        // Also when it failed: what is in the way today will be so at each opening.
        self.index().note_sweep(self.now().timestamp_millis())?;
        outcome
    }
}
