//! Everything that a running server, its threads and the handles of a test share.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

use crate::faults::Faults;
use crate::log::Log;
use crate::policy::Policies;
use crate::store::Store;

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) store: Arc<Store>,
    pub(crate) policies: Arc<Policies>,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    /// How many seconds the server's clock is ahead.
    pub(crate) clock_offset: AtomicI64,
}

impl State {
    /// The time by the server's clock.
    pub(crate) fn clock(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::seconds(self.clock_offset.load(Ordering::Relaxed))
    }
}
