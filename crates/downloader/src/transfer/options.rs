//! How a transfer goes about its work.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use crate::retry::RetryPolicy;

/// How a transfer goes about its work.
///
/// Memory is bounded by the concurrency: each request holds about 1 MiB, whatever the sizes of the objects.
#[derive(Clone, Debug)]
pub struct TransferOptions {
    pub(super) concurrency: NonZeroUsize,
    pub(super) range_size: NonZeroU64,
    pub(super) retry: RetryPolicy,
    pub(super) deadline: Option<Duration>,
    pub(super) fail_fast: bool,
    pub(super) sync: bool,
    pub(super) stall_window: Duration,
    pub(super) least_rate: u64,
    pub(super) when_replaced: WhenReplaced,
    pub(super) keep_partial: bool,
}

/// What to do when an object turns out to have been replaced since it was listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhenReplaced {
    /// Fails with [`ErrorKind::Changed`](crate::ErrorKind::Changed): what was planned is no longer there. The default.
    #[default]
    Fail,
    /// Fetches what is there now, from the start. [`Landed`](crate::Landed) tells its ETag and version.
    Restart,
}

impl Default for TransferOptions {
    fn default() -> Self {
        Self {
            concurrency: NonZeroUsize::MIN.saturating_add(15),
            range_size: NonZeroU64::MIN.saturating_add(8 * 1024 * 1024 - 1),
            retry: RetryPolicy::default(),
            deadline: None,
            fail_fast: true,
            sync: true,
            stall_window: Duration::from_secs(20),
            least_rate: 1024,
            when_replaced: WhenReplaced::default(),
            keep_partial: false,
        }
    }
}

impl TransferOptions {
    /// The most requests that are ever in flight.
    const MOST_REQUESTS: usize = 1_024;

    /// Sets how many requests may be in flight at once. By default 16, at most 1,024, and never more than an eighth of the files
    /// that the process may have open. When a server asks to slow down, it is half as many for a while. Large objects are fetched by as many streams as make it faster, up to this number.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: NonZeroUsize) -> Self {
        self.concurrency =
            concurrency.min(NonZeroUsize::MIN.saturating_add(Self::MOST_REQUESTS - 1));
        self
    }

    /// Sets the size in bytes of the ranges in which a large object is fetched. By default 8 MiB. A range is what is lost when a
    /// process is killed. Where the network is fast, up to eight of 1 MiB or more are asked for at once; an object of up to two is
    /// fetched in one request.
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

    /// Sets for how long fewer than `bytes_per_second` may arrive, on average, before a request is given up and repeated. By
    /// default 1,024 bytes a second, for 20 s. Only the time counts that is spent waiting for the network.
    #[must_use]
    pub fn with_stall_limit(mut self, bytes_per_second: u64, window: Duration) -> Self {
        self.least_rate = bytes_per_second;
        self.stall_window = window;
        self
    }

    /// Sets what to do when an object turns out to have been replaced. By default it fails.
    #[must_use]
    pub fn with_when_replaced(mut self, when_replaced: WhenReplaced) -> Self {
        self.when_replaced = when_replaced;
        self
    }

    /// Sets whether what has arrived of a large object stays, in files beside its destination, when it fails or is given up, so
    /// that the next transfer to the same destination goes on from there. By default nothing stays, except of a process that
    /// is killed.
    #[must_use]
    pub fn with_partial_kept(mut self, keep: bool) -> Self {
        self.keep_partial = keep;
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
