//! How a transfer goes about its work.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use crate::retry::RetryPolicy;

/// How a transfer goes about its work.
///
/// Memory is bounded by the concurrency: each request holds about 2 MiB, whatever the sizes of the objects.
#[derive(Clone, Debug)]
pub struct TransferOptions {
    pub(super) concurrency: NonZeroUsize,
    pub(super) range_size: NonZeroU64,
    pub(super) retry: RetryPolicy,
    pub(super) deadline: Option<Duration>,
    pub(super) fail_fast: bool,
    pub(super) sync: bool,
}

impl Default for TransferOptions {
    fn default() -> Self {
        Self {
            concurrency: NonZeroUsize::MIN.saturating_add(15),
            range_size: NonZeroU64::MIN.saturating_add(16 * 1024 * 1024 - 1),
            retry: RetryPolicy::default(),
            deadline: None,
            fail_fast: true,
            sync: true,
        }
    }
}

impl TransferOptions {
    /// The most requests that are ever in flight.
    const MOST_REQUESTS: usize = 1_024;

    /// Sets how many requests are in flight at once. By default 16, at most 1,024.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: NonZeroUsize) -> Self {
        self.concurrency =
            concurrency.min(NonZeroUsize::MIN.saturating_add(Self::MOST_REQUESTS - 1));
        self
    }

    /// Sets the size in bytes of the ranges in which a large object is fetched, side by side. By default 16 MiB. An object of up
    /// to two ranges is fetched in one request.
    #[must_use]
    pub fn with_range_size(mut self, bytes: NonZeroU64) -> Self {
        self.range_size = bytes;
        self
    }

    /// Sets when failed requests are repeated. By default as [`RetryPolicy::default`] says.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Sets how long one call may take, with all its objects and repetitions. By default as long as it needs.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets whether the first object that fails ends the run, leaving out what has not begun. By default it does.
    #[must_use]
    pub fn with_fail_fast(mut self, fail_fast: bool) -> Self {
        self.fail_fast = fail_fast;
        self
    }

    /// Sets whether a file is forced to the disk before it gets its name, so that it is whole even after a power failure. By
    /// default it is.
    #[must_use]
    pub fn with_sync(mut self, sync: bool) -> Self {
        self.sync = sync;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d15_no_concurrency_is_zero_or_without_bounds() {
        let options = TransferOptions::default().with_concurrency(NonZeroUsize::MAX);
        assert_eq!(options.concurrency.get(), TransferOptions::MOST_REQUESTS);
    }
}
