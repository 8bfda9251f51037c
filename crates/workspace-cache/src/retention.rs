//! Which blobs should leave the cache: a pure function of what is there and what time it is.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::digest::Digest;
use crate::error::{Problem, Result};

/// How much the cache may hold, and for how long.
///
/// By default 10 GiB in all, and nothing that was not used for 7 days. *Age* always means the time since the last use,
/// not since the fetch: what is used stays. A limit of `None` is no limit.
///
/// # Examples
/// ```
/// use reenact_workspace_cache::Retention;
///
/// let small = Retention::default().with_max_bytes(Some(1 << 30)).with_max_age(None);
/// assert_eq!(small.max_bytes(), Some(1_073_741_824));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    max_bytes: Option<u64>,
    max_age: Option<Duration>,
    max_blobs: Option<u64>,
    min_free_bytes: Option<u64>,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            max_bytes: Some(10 << 30),
            max_age: Some(Duration::from_hours(7 * 24)),
            max_blobs: None,
            min_free_bytes: None,
        }
    }
}

impl Retention {
    /// Returns a retention without any limit.
    pub fn unlimited() -> Self {
        Self { max_bytes: None, max_age: None, max_blobs: None, min_free_bytes: None }
    }

    /// Sets how many bytes all blobs together may have. By default 10 GiB.
    #[doc(alias = "max_cache_size_gb")]
    #[must_use]
    pub fn with_max_bytes(self, bytes: Option<u64>) -> Self {
        Self { max_bytes: bytes, ..self }
    }

    /// Sets after how much time without use a blob leaves. By default 7 days.
    #[doc(alias = "cache_retention_days")]
    #[must_use]
    pub fn with_max_age(self, age: Option<Duration>) -> Self {
        Self { max_age: age, ..self }
    }

    /// Sets how many blobs there may be. By default without limit.
    #[must_use]
    pub fn with_max_blobs(self, blobs: Option<u64>) -> Self {
        Self { max_blobs: blobs, ..self }
    }

    /// Sets how many bytes of the disk the cache must leave free. By default none.
    #[must_use]
    pub fn with_min_free_bytes(self, bytes: Option<u64>) -> Self {
        Self { min_free_bytes: bytes, ..self }
    }

    /// Returns how many bytes all blobs together may have.
    pub fn max_bytes(&self) -> Option<u64> {
        self.max_bytes
    }

    /// Returns after how much time without use a blob leaves.
    pub fn max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// Returns how many blobs there may be.
    pub fn max_blobs(&self) -> Option<u64> {
        self.max_blobs
    }

    /// Returns how many bytes of the disk the cache must leave free.
    pub fn min_free_bytes(&self) -> Option<u64> {
        self.min_free_bytes
    }

    /// Refuses limits that would empty the cache whatever is in it; purging says that better.
    pub(crate) fn validate(&self) -> Result<()> {
        let refuse = |option| {
            Err(Problem::InvalidOption { option, must: "more than zero, or no limit" }.into())
        };
        match self {
            Self { max_bytes: Some(0), .. } => refuse("the size limit"),
            Self { max_age: Some(Duration::ZERO), .. } => refuse("the age limit"),
            Self { max_blobs: Some(0), .. } => refuse("the limit of blobs"),
            _ => Ok(()),
        }
    }

    /// Returns what has to leave, least recently used first, so that the limits hold; nothing is touched.
    ///
    /// Pinned blobs stay and count. Of two blobs last used at the same time the one with the smaller digest leaves first,
    /// so that a plan is the same on every run. A last use in the future, left by a clock that has since been set back,
    /// counts as now. `free_bytes` is what is free on the disk now; `None` skips that limit. Takes O(n log n).
    pub fn plan(
        &self,
        candidates: &[Candidate],
        now: DateTime<Utc>,
        free_bytes: Option<u64>,
    ) -> EvictionPlan {
        let mut order: Vec<&Candidate> =
            candidates.iter().filter(|candidate| !candidate.pinned).collect();
        order.sort_unstable_by_key(|candidate| (candidate.last_used.min(now), candidate.digest));

        let mut left = Left {
            bytes: candidates.iter().map(|candidate| candidate.size).sum(),
            blobs: candidates.len() as u64,
            free: free_bytes,
        };
        let mut evictions = Vec::new();
        for candidate in order {
            let Some(reason) = self.reason(&left, candidate, now) else { break };
            left.remove(candidate.size);
            let Candidate { digest, size, last_used, .. } = *candidate;
            evictions.push(Eviction { digest, size, last_used, reason });
        }
        EvictionPlan {
            evictions,
            kept_bytes: left.bytes,
            kept_blobs: left.blobs,
            fits: !self.exceeded(&left),
        }
    }

    /// Why this candidate must leave now; `None` also means that no later one need leave.
    fn reason(
        &self,
        left: &Left,
        candidate: &Candidate,
        now: DateTime<Utc>,
    ) -> Option<EvictionReason> {
        let age = (now - candidate.last_used).max(TimeDelta::zero());
        let too_old = |limit: Duration| age.to_std().is_ok_and(|age| age > limit);
        if self.max_age.is_some_and(too_old) {
            Some(EvictionReason::Age)
        } else if self.max_bytes.is_some_and(|limit| left.bytes > limit) {
            Some(EvictionReason::Size)
        } else if self.max_blobs.is_some_and(|limit| left.blobs > limit) {
            Some(EvictionReason::Count)
        } else if self.short_of_disk(left) {
            Some(EvictionReason::FreeDisk)
        } else {
            None
        }
    }

    fn exceeded(&self, left: &Left) -> bool {
        self.max_bytes.is_some_and(|limit| left.bytes > limit)
            || self.max_blobs.is_some_and(|limit| left.blobs > limit)
            || self.short_of_disk(left)
    }

    fn short_of_disk(&self, left: &Left) -> bool {
        left.free.zip(self.min_free_bytes).is_some_and(|(free, least)| free < least)
    }
}

/// What is left while a plan is being made.
struct Left {
    bytes: u64,
    blobs: u64,
    free: Option<u64>,
}

impl Left {
    fn remove(&mut self, size: u64) {
        self.bytes -= size;
        self.blobs -= 1;
        self.free = self.free.map(|free| free.saturating_add(size));
    }
}

/// One blob, as far as retention is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// The blob.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last handed out.
    pub last_used: DateTime<Utc>,
    /// Whether a living process is reading it.
    pub pinned: bool,
}

impl Candidate {
    /// Returns a candidate that nobody is reading.
    pub fn new(digest: Digest, size: u64, last_used: DateTime<Utc>) -> Self {
        Self { digest, size, last_used, pinned: false }
    }
}

/// What would leave the cache, and what would stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EvictionPlan {
    /// The blobs to remove, in this order.
    pub evictions: Vec<Eviction>,
    /// How many bytes stay.
    pub kept_bytes: u64,
    /// How many blobs stay.
    pub kept_blobs: u64,
    /// Whether what stays is within the limits. It is not if too much of it is being read.
    pub fits: bool,
}

impl EvictionPlan {
    /// Returns how many bytes the plan frees.
    pub fn freed_bytes(&self) -> u64 {
        self.evictions.iter().map(|eviction| eviction.size).sum()
    }
}

/// One blob that is to leave the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Eviction {
    /// The blob.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last handed out. If it is handed out again before the plan is applied, it stays.
    pub last_used: DateTime<Utc>,
    /// The limit that it exceeds.
    pub reason: EvictionReason,
}

/// The limit for which a blob leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EvictionReason {
    /// It was not used for too long.
    Age,
    /// There are too many blobs.
    Count,
    /// Too little of the disk is free.
    FreeDisk,
    /// All blobs together are too large.
    Size,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
    }

    fn candidate(name: u64, size: u64, days_unused: i64) -> Candidate {
        Candidate::new(Digest::of(&name.to_le_bytes()), size, now() - TimeDelta::days(days_unused))
    }

    fn sizes(plan: &EvictionPlan) -> Vec<u64> {
        plan.evictions.iter().map(|eviction| eviction.size).collect()
    }

    #[test]
    fn each_limit_alone_says_why() {
        let candidates = [candidate(1, 10, 1), candidate(2, 20, 9), candidate(3, 30, 5)];
        let none = Retention::unlimited;
        let day = Duration::from_hours(24);
        for (retention, free, leaving, reason) in [
            (none().with_max_age(Some(day * 6)), None, vec![20], EvictionReason::Age),
            (none().with_max_bytes(Some(15)), None, vec![20, 30], EvictionReason::Size),
            (none().with_max_blobs(Some(2)), None, vec![20], EvictionReason::Count),
            (none().with_min_free_bytes(Some(60)), Some(40), vec![20], EvictionReason::FreeDisk),
        ] {
            let plan = retention.plan(&candidates, now(), free);
            assert_eq!(sizes(&plan), leaving, "{reason:?}");
            assert!(plan.evictions.iter().all(|eviction| eviction.reason == reason));
            assert!(plan.fits);
        }
        assert!(sizes(&none().plan(&candidates, now(), Some(0))).is_empty());
    }

    #[test]
    fn exactly_at_a_limit_nothing_leaves() {
        let candidates = [candidate(1, 10, 7), candidate(2, 20, 0)];
        let retention = Retention::default()
            .with_max_bytes(Some(30))
            .with_max_blobs(Some(2))
            .with_min_free_bytes(Some(5));
        assert!(sizes(&retention.plan(&candidates, now(), Some(5))).is_empty());
    }

    #[test]
    fn w11_what_is_being_read_stays_and_counts() {
        let pinned = Candidate { pinned: true, ..candidate(1, 100, 30) };
        let plan = Retention::default().with_max_bytes(Some(50)).plan(
            &[pinned, candidate(2, 5, 0)],
            now(),
            None,
        );
        assert_eq!((sizes(&plan), plan.kept_bytes, plan.fits), (vec![5], 100, false));
    }

    #[test]
    fn a_last_use_in_the_future_counts_as_now() {
        let plan = Retention::default().with_max_bytes(Some(1)).plan(
            &[candidate(1, 1, -400), candidate(2, 2, 1)],
            now(),
            None,
        );
        assert_eq!(sizes(&plan), [2]);
    }

    prop_compose! {
        fn any_candidate()(name in 0..1_000_000u64, size in 0..100u64, days in -3..20i64, pinned: bool) -> Candidate {
            Candidate { pinned, ..candidate(name, size, days) }
        }
    }

    fn any_limit(range: std::ops::Range<u64>) -> impl Strategy<Value = Option<u64>> {
        prop::option::of(range)
    }

    proptest! {
        #[test]
        fn w11_a_plan_keeps_every_limit_with_as_little_as_it_can(
            candidates in prop::collection::vec(any_candidate(), 0..60),
            bytes in any_limit(1..2_000),
            blobs in any_limit(1..60),
            days in any_limit(1..20),
            least_free in any_limit(0..2_000),
            free in any_limit(0..2_000),
        ) {
            let age = days.map(|days| Duration::from_hours(24 * days));
            let retention = Retention::unlimited()
                .with_max_bytes(bytes).with_max_blobs(blobs).with_max_age(age).with_min_free_bytes(least_free);
            let plan = retention.plan(&candidates, now(), free);

            let leaving: Vec<_> = plan.evictions.iter().map(|eviction| eviction.digest).collect();
            let total: u64 = candidates.iter().map(|candidate| candidate.size).sum();
            let can_leave = candidates.iter().filter(|candidate| !candidate.pinned).count();
            prop_assert_eq!(plan.kept_bytes, total - plan.freed_bytes());
            prop_assert_eq!(plan.kept_blobs, (candidates.len() - leaving.len()) as u64);
            prop_assert!(candidates.iter().filter(|one| one.pinned).all(|one| !leaving.contains(&one.digest)
                || candidates.iter().any(|other| other.digest == one.digest && !other.pinned)));

            let free_after = free.map(|free| free + plan.freed_bytes());
            let fits = bytes.is_none_or(|limit| plan.kept_bytes <= limit)
                && blobs.is_none_or(|limit| plan.kept_blobs <= limit)
                && free_after.zip(least_free).is_none_or(|(free, least)| free >= least);
            prop_assert_eq!(plan.fits, fits);
            prop_assert!(fits || leaving.len() == can_leave, "whatever could leave had to");
            let too_old = |unused: TimeDelta| age.is_some_and(|age| unused.to_std().is_ok_and(|unused| unused > age));
            let stays_too_old = candidates.iter().filter(|one| !one.pinned && too_old(now() - one.last_used));
            prop_assert!(stays_too_old.into_iter().all(|one| leaving.contains(&one.digest)));

            // Without its last eviction the plan would not do, and what leaves was not used after what stays.
            if let Some(last) = plan.evictions.last() {
                let needed = too_old(now() - last.last_used)
                    || bytes.is_some_and(|limit| plan.kept_bytes + last.size > limit)
                    || blobs.is_some_and(|limit| plan.kept_blobs + 1 > limit)
                    || free_after.zip(least_free).is_some_and(|(free, least)| free - last.size < least);
                prop_assert!(needed);
                let stays = candidates.iter().filter(|one| !one.pinned && !leaving.contains(&one.digest));
                prop_assert!(stays.into_iter().all(|one| one.last_used.min(now()) >= last.last_used.min(now())));
            }
        }
    }
}
