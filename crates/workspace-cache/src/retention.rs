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
    #[must_use]
    pub fn with_max_bytes(self, bytes: Option<u64>) -> Self {
        Self { max_bytes: bytes, ..self }
    }

    /// Sets after how much time without use a blob leaves. By default 7 days.
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
