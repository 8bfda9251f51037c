//! When a failed request is repeated, and after how long.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::Instant;

use crate::bucket::Bucket;
use crate::error::{Error, ErrorKind, Result};
use crate::source::{
    Circumstances, GetRequest, ListPage, ListRequest, ObjectBody, ObjectMeta, ObjectSource,
};

/// The longest wait that a server may ask for. A longer one is cut to this.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(2);

/// When a failed request is repeated, and after how long.
///
/// Only failures that may pass are repeated: see [`ErrorKind::is_transient`]. So is, as a whole, an object whose content does not
/// fit its checksum; and once a request that was refused because of an expired token or a clock that is off, for which the
/// client may know better by then. Before the n-th repetition a time is chosen at random between zero and the base delay doubled n - 1 times, at most the longest delay; so requests that failed together do
/// not come back together. A server that says how long to wait is obeyed.
///
/// Beside the attempts at one request there is a budget for all of them together, so that a server that is down is not asked
/// again for each of a thousand objects.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    max_attempts: NonZeroU32,
    budget: u32,
    base_delay: Duration,
    max_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: NonZeroU32::MIN.saturating_add(4),
            budget: 100,
            base_delay: Duration::from_millis(200),
            max_delay: Duration::from_secs(20),
        }
    }
}

impl RetryPolicy {
    /// Returns the policy that repeats nothing.
    #[must_use]
    pub fn never() -> Self {
        Self::default().with_max_attempts(NonZeroU32::MIN)
    }

    /// Sets how often a request is made before giving up. By default 5. A request that has brought a good part of its bytes
    /// before it failed is not counted.
    #[must_use]
    pub fn with_max_attempts(mut self, max_attempts: NonZeroU32) -> Self {
        self.max_attempts = max_attempts;
        self
    }

    /// Sets how many repetitions all requests of a transfer may take together. By default 100. Every ten requests that succeed
    /// earn one more, up to that number; what has brought a good part of its bytes costs none.
    #[must_use]
    pub fn with_budget(mut self, repetitions: u32) -> Self {
        self.budget = repetitions;
        self
    }

    /// Sets the longest wait before the first repetition. By default 200 ms.
    #[must_use]
    pub fn with_base_delay(mut self, base_delay: Duration) -> Self {
        self.base_delay = base_delay;
        self
    }

    /// Sets the longest wait before any repetition. By default 20 s.
    #[must_use]
    pub fn with_max_delay(mut self, max_delay: Duration) -> Self {
        self.max_delay = max_delay;
        self
    }

    /// How long to wait after `failures` failures in a row; `chance` is between 0 and 1.
    fn delay(&self, failures: u32, error: &Error, chance: f64) -> Duration {
        let doubled =
            self.base_delay.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
        let jittered = doubled.min(self.max_delay).mul_f64(chance);
        error.retry_after().map_or(jittered, |asked| asked.min(LONGEST_RETRY_AFTER).max(jittered))
    }
}

/// How many repetitions all requests of a transfer may still take together.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    tenths: AtomicU32,
    most: u32,
}

impl RetryBudget {
    pub(crate) fn new(policy: &RetryPolicy) -> Self {
        let most = policy.budget.saturating_mul(10);
        Self { tenths: AtomicU32::new(most), most }
    }

    /// Takes one repetition, if there is one left.
    fn spend(&self) -> bool {
        let spent = |tenths: u32| tenths.checked_sub(10);
        self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spent).is_ok()
    }

    /// Gives a tenth of a repetition back.
    fn earn(&self) {
        let earned = |tenths: u32| (tenths + 1).min(self.most);
        self.tenths.update(Ordering::Relaxed, Ordering::Relaxed, earned);
    }
}

/// The attempts at one thing.
#[derive(Debug)]
pub(crate) struct Attempts<'a> {
    policy: &'a RetryPolicy,
    deadline: Option<Instant>,
    budget: &'a RetryBudget,
    made: u32,
    failures: u32,
    has_progressed: bool,
    has_renewed: bool,
}

/// What to do after a failure.
#[derive(Debug)]
pub(crate) struct Retry {
    /// The number of the attempt that failed, from 1.
    pub(crate) attempt: u32,
    /// How long to wait before the next.
    pub(crate) delay: Duration,
}

impl<'a> Attempts<'a> {
    pub(crate) fn new(
        policy: &'a RetryPolicy,
        deadline: Option<Instant>,
        budget: &'a RetryBudget,
    ) -> Self {
        Self {
            policy,
            deadline,
            budget,
            made: 0,
            failures: 0,
            has_progressed: false,
            has_renewed: false,
        }
    }

    /// Counts an attempt that begins.
    pub(crate) fn begin(&mut self) {
        self.made += 1;
    }

    /// Forgets earlier failures, because something was achieved since.
    pub(crate) fn progressed(&mut self) {
        self.failures = 0;
        self.has_progressed = true;
    }

    pub(crate) fn succeeded(&self) {
        self.budget.earn();
    }

    /// Decides what follows from the failure of the request that began last.
    ///
    /// # Errors
    ///
    /// `error` itself, with the number of attempts, if it is not to be repeated.
    pub(crate) fn failed(&mut self, error: Error) -> Result<(Retry, Error)> {
        let may_pass = match error.kind() {
            // The client learns the server's time, and the provider fetches new credentials: once is enough.
            ErrorKind::ClockSkew | ErrorKind::ExpiredCredentials => {
                !std::mem::replace(&mut self.has_renewed, true)
            }
            kind => kind.is_transient(),
        };
        if may_pass { self.failed_as_a_whole(error) } else { Err(error.with_attempts(self.made)) }
    }

    /// Decides what follows from a failure for which everything has to be done again.
    ///
    /// # Errors
    ///
    /// As [`failed`](Self::failed).
    pub(crate) fn failed_as_a_whole(&mut self, error: Error) -> Result<(Retry, Error)> {
        self.failures += 1;
        let is_free = std::mem::take(&mut self.has_progressed);
        if self.failures >= self.policy.max_attempts.get() {
            return Err(error.with_attempts(self.made));
        }
        let delay = self.policy.delay(self.failures, &error, fastrand::f64());
        if self.deadline.is_some_and(|deadline| Instant::now() + delay >= deadline) {
            return Err(error.with_attempts(self.made));
        }
        if !is_free && !self.budget.spend() {
            return Err(error.with_attempts(self.made).with_budget_spent());
        }
        Ok((Retry { attempt: self.made, delay }, error))
    }
}

/// A source that repeats what fails and may pass. Bodies that break are not its business.
#[derive(Clone, Debug)]
pub(crate) struct Retrying {
    source: Arc<dyn ObjectSource>,
    policy: RetryPolicy,
    budget: Arc<RetryBudget>,
}

impl Retrying {
    pub(crate) fn new(source: Arc<dyn ObjectSource>, policy: RetryPolicy) -> Self {
        let budget = Arc::new(RetryBudget::new(&policy));
        Self { source, policy, budget }
    }

    pub(crate) fn with_policy(self, policy: RetryPolicy) -> Self {
        Self::new(self.source, policy)
    }

    pub(crate) fn with_source(self, source: Arc<dyn ObjectSource>) -> Self {
        Self::new(source, self.policy)
    }

    async fn repeat<'a, T>(
        &self,
        request: impl Fn() -> BoxFuture<'a, Result<T>> + Send,
    ) -> Result<T> {
        let mut attempts = Attempts::new(&self.policy, None, &self.budget);
        loop {
            attempts.begin();
            match request().await {
                Ok(answer) => {
                    attempts.succeeded();
                    return Ok(answer);
                }
                Err(error) => {
                    let (retry, error) = attempts.failed(error)?;
                    tracing::debug!(attempt = retry.attempt, delay = ?retry.delay, %error, "repeating a request");
                    tokio::time::sleep(retry.delay).await;
                }
            }
        }
    }
}

impl ObjectSource for Retrying {
    fn bucket(&self) -> &Bucket {
        self.source.bucket()
    }

    fn list_page<'a>(&'a self, request: &'a ListRequest) -> BoxFuture<'a, Result<ListPage>> {
        Box::pin(self.repeat(|| self.source.list_page(request)))
    }

    fn head<'a>(
        &'a self,
        key: &'a str,
        version_id: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ObjectMeta>> {
        Box::pin(self.repeat(move || self.source.head(key, version_id)))
    }

    fn get_range<'a>(&'a self, request: &'a GetRequest) -> BoxFuture<'a, Result<ObjectBody>> {
        Box::pin(self.repeat(|| self.source.get_range(request)))
    }

    fn part_length<'a>(
        &'a self,
        object: &'a ObjectMeta,
        number: NonZeroU32,
    ) -> BoxFuture<'a, Result<Option<u64>>> {
        Box::pin(self.repeat(move || self.source.part_length(object, number)))
    }

    fn circumstances(&self) -> BoxFuture<'_, Circumstances> {
        self.source.circumstances()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttled() -> Error {
        Error::new(ErrorKind::Throttled)
    }

    #[test]
    fn h9_delays_double_up_to_the_longest_and_are_spread_from_zero() {
        let policy = RetryPolicy::default()
            .with_base_delay(Duration::from_secs(1))
            .with_max_delay(Duration::from_secs(5));
        let longest: Vec<u64> =
            (1..=5).map(|failures| policy.delay(failures, &throttled(), 1.0).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 5, 5]);
        assert_eq!(policy.delay(u32::MAX, &throttled(), 1.0), Duration::from_secs(5));
        assert_eq!(policy.delay(5, &throttled(), 0.0), Duration::ZERO);
    }

    #[test]
    fn h9_a_server_that_says_how_long_to_wait_is_obeyed_within_reason() {
        let policy = RetryPolicy::default();
        let asked = |seconds| throttled().with_retry_after(Duration::from_secs(seconds));
        assert_eq!(policy.delay(1, &asked(7), 0.0), Duration::from_secs(7));
        assert_eq!(policy.delay(1, &asked(86_400), 0.0), LONGEST_RETRY_AFTER);
    }

    #[test]
    fn only_what_may_pass_is_repeated_and_not_for_ever() {
        let policy = RetryPolicy::default().with_max_attempts(NonZeroU32::MIN.saturating_add(2));
        let outcome = |kind: ErrorKind| {
            let budget = RetryBudget::new(&policy);
            let mut attempts = Attempts::new(&policy, None, &budget);
            loop {
                attempts.begin();
                if let Err(error) = attempts.failed(Error::new(kind)) {
                    return error.attempts();
                }
            }
        };
        for (kind, attempts) in [
            (ErrorKind::Throttled, 3),
            (ErrorKind::Truncated, 3),
            (ErrorKind::Stalled, 3),
            (ErrorKind::Corrupt, 1),
            (ErrorKind::ExpiredCredentials, 2),
            (ErrorKind::ClockSkew, 2),
            (ErrorKind::AccessDenied, 1),
            (ErrorKind::Changed, 1),
            (ErrorKind::DiskFull, 1),
        ] {
            assert_eq!(outcome(kind), attempts, "{kind}");
        }
    }

    #[test]
    fn h10_an_expired_token_is_renewed_once_however_late_it_expires() {
        let policy = RetryPolicy::default();
        let budget = RetryBudget::new(&policy);
        let mut attempts = Attempts::new(&policy, None, &budget);
        let expired = || Error::new(ErrorKind::ExpiredCredentials);
        attempts.begin();
        assert!(attempts.failed(throttled()).is_ok());
        attempts.begin();
        assert!(attempts.failed(expired()).is_ok());
        attempts.begin();
        assert_eq!(attempts.failed(expired()).unwrap_err().attempts(), 3);
    }

    #[test]
    fn h9_all_requests_together_have_a_budget() {
        let policy = RetryPolicy::default().with_budget(2);
        let budget = RetryBudget::new(&policy);
        let attempt = || {
            let mut attempts = Attempts::new(&policy, None, &budget);
            attempts.begin();
            attempts
        };
        assert!(attempt().failed(throttled()).is_ok());
        assert!(attempt().failed(throttled()).is_ok());
        let error = attempt().failed(throttled()).unwrap_err();
        assert!(error.to_string().ends_with("no more repetitions are left"), "{error}");
        let mut progressed = attempt();
        progressed.progressed();
        assert!(progressed.failed(throttled()).is_ok(), "progress costs nothing");

        for _ in 0..10 {
            attempt().succeeded();
        }
        assert!(attempt().failed(throttled()).is_ok(), "ten successes have earned one");
        assert!(attempt().failed(throttled()).is_err());
    }
}
