//! Which executions are wanted.

use std::num::NonZeroUsize;

use chrono::{DateTime, Utc};

/// Which executions are wanted.
#[derive(Clone, Debug, Default)]
pub struct DiscoverOptions {
    limit: Option<NonZeroUsize>,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
}

impl DiscoverOptions {
    /// Returns only the newest executions, at most `limit`. By default all are returned.
    #[must_use]
    pub fn with_limit(mut self, limit: NonZeroUsize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Returns only executions of this time or later. One whose time is not known is then left out.
    #[must_use]
    pub fn with_since(mut self, since: DateTime<Utc>) -> Self {
        self.since = Some(since);
        self
    }

    /// Returns only executions from before this time. One whose time is not known is then left out.
    #[must_use]
    pub fn with_until(mut self, until: DateTime<Utc>) -> Self {
        self.until = Some(until);
        self
    }

    pub(super) fn limit(&self) -> usize {
        self.limit.map_or(usize::MAX, NonZeroUsize::get)
    }

    pub(super) fn includes(&self, time: Option<DateTime<Utc>>) -> bool {
        self.since.is_none_or(|since| time.is_some_and(|time| since <= time))
            && self.until.is_none_or(|until| time.is_some_and(|time| time < until))
    }
}
