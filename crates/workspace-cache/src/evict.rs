//! Eviction: carries out what [`Retention`] plans, and does so by itself when the cache outgrows its limits.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Serialize, Serializer};

use crate::cache::Cache;
use crate::digest::Digest;
use crate::error::{Error, IoContext, Result};
use crate::index::Totals;
use crate::lease::living_pins;
use crate::lock::{FileLock, Gate, Mode};
use crate::notice::Notice;
use crate::retention::{Candidate, Eviction, EvictionPlan, Retention};

/// How many blobs are removed while those who want to pin one have to wait.
const BATCH: usize = 64;

/// What became of an [`EvictionPlan`].
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct EvictionReport {
    /// Each planned eviction and what became of it, in the order of the plan.
    pub results: Vec<(Eviction, EvictionResult)>,
}

impl EvictionReport {
    /// Returns how many bytes were freed.
    pub fn freed_bytes(&self) -> u64 {
        let removed =
            self.results.iter().filter(|(_, result)| matches!(result, EvictionResult::Removed));
        removed.map(|(eviction, _)| eviction.size).sum()
    }
}

/// What became of one planned eviction.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EvictionResult {
    /// The file could not be removed; it stays, and so does its entry in the index.
    Failed(#[serde(serialize_with = "as_text")] Error),
    /// Somebody else has removed it since.
    Gone,
    /// A living process is reading it; it stays.
    InUse,
    /// The file and its entry in the index are gone.
    Removed,
    /// It was used since the plan was made; it stays.
    UsedSince,
}

/// How many blobs there were when an automatic eviction last had to leave too many, because they were being read.
///
/// A process that reads more than the cache may hold would otherwise plan an eviction in vain at each of its commits.
#[derive(Debug, Default)]
pub(crate) struct FutileEviction(AtomicU64);

impl FutileEviction {
    fn note(&self, left: Option<Totals>) {
        self.0.store(left.map_or(0, |totals| totals.blobs), Ordering::Relaxed);
    }

    /// Whether another attempt can wait until there is a tenth more.
    fn is_still(&self, totals: Totals) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        totals.blobs < left + left / 10
    }
}

fn as_text<S: Serializer>(error: &Error, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(error)
}

impl Cache {
    /// Returns what [`apply`](Self::apply) would remove to keep these limits, without removing anything.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidOption`](crate::ErrorKind::InvalidOption) if a limit is zero, and the kinds of a file system or
    /// an index that fails.
    pub fn plan(&self, retention: &Retention) -> Result<EvictionPlan> {
        retention.validate()?;
        let pinned = living_pins(self.tree())?.digests;
        let candidates: Vec<Candidate> = self
            .index()
            .blobs()?
            .iter()
            .map(|row| Candidate {
                pinned: pinned.contains(&row.digest),
                ..Candidate::new(row.digest, row.size, row.last_used())
            })
            .collect();
        Ok(retention.plan(&candidates, self.now(), self.tree().free_bytes()?))
    }

    /// Removes the blobs of a plan that nobody reads and nobody has used since.
    ///
    /// That one of them cannot be removed does not keep the others.
    ///
    /// # Errors
    /// The kinds of a file system or an index that fails altogether.
    pub fn apply(&self, plan: &EvictionPlan) -> Result<EvictionReport> {
        let mut results = Vec::with_capacity(plan.evictions.len());
        for batch in plan.evictions.chunks(BATCH) {
            results.extend(self.close_gate(|| self.evict_batch(batch))?);
        }
        Ok(EvictionReport { results })
    }

    /// Removes blobs and forgets them. Called only behind the closed gate.
    fn evict_batch(&self, batch: &[Eviction]) -> Result<Vec<(Eviction, EvictionResult)>> {
        let pinned = living_pins(self.tree())?.digests;
        let mut removed = Vec::new();
        let mut results = Vec::with_capacity(batch.len());
        for eviction in batch {
            let result = match self.index().blob(eviction.digest)? {
                None => EvictionResult::Gone,
                Some(_) if pinned.contains(&eviction.digest) => EvictionResult::InUse,
                Some(row) if row.last_used() > eviction.last_used => EvictionResult::UsedSince,
                Some(row) => {
                    self.unlink_blob(eviction.digest).map_or_else(EvictionResult::Failed, |()| {
                        removed.push(row);
                        EvictionResult::Removed
                    })
                }
            };
            results.push((*eviction, result));
        }
        self.index().forget(&removed)?;
        Ok(results)
    }

    /// Keeps everyone else from pinning or removing anything while `body` runs, which should not be for long.
    pub(crate) fn close_gate<T>(&self, body: impl FnOnce() -> Result<T>) -> Result<T> {
        Gate::open(self.tree().gate())?.hold(Mode::Exclusive, self.options().wait_limit, body)
    }

    /// Removes the file of a blob; that it is gone already is as good. Called only behind the closed gate.
    pub(crate) fn unlink_blob(&self, digest: Digest) -> Result<()> {
        let path = self.tree().blob(&digest);
        crate::tree::remove_if_there(&path).during("remove", &path)
    }

    /// When an object was committed: evicts what exceeds the limits. The object itself is pinned and stays, however large it
    /// is. What goes wrong here is no reason for the commit to fail.
    pub(crate) fn evict_if_outgrown(&self) {
        if self.options().automatic_eviction
            && let Err(error) = self.try_evict_if_outgrown()
        {
            tracing::warn!(%error, "cannot evict what exceeds the limits of the cache");
        }
    }

    fn try_evict_if_outgrown(&self) -> Result<()> {
        if !self.has_outgrown_limits()? {
            return Ok(());
        }
        // Whoever finds another process at it leaves it to that one.
        let Some(_lock) = FileLock::try_take(&self.tree().sweep_lock())? else { return Ok(()) };
        self.evict_now()
    }

    /// Whether there is more than there may be, and more than what the last eviction had to leave.
    fn has_outgrown_limits(&self) -> Result<bool> {
        let totals = self.index().totals()?;
        Ok(self.exceeds_limits(totals)? && !self.futile_eviction().is_still(totals))
    }

    /// Evicts down to nine tenths of the limits, so that a full cache is not planned anew at every commit.
    pub(crate) fn evict_now(&self) -> Result<()> {
        let limits = &self.options().retention;
        let lower = |limit: Option<u64>| limit.map(|limit| (limit - limit / 10).max(1));
        let mut target = limits.clone();
        if self.exceeds_limits(self.index().totals()?)? {
            target = target
                .with_max_bytes(lower(limits.max_bytes()))
                .with_max_blobs(lower(limits.max_blobs()));
        }
        let report = self.apply(&self.plan(&target)?)?;
        for (eviction, result) in &report.results {
            tracing::debug!(?eviction, ?result, "evicted");
        }
        let totals = self.index().totals()?;
        let exceeded = self.exceeds_limits(totals)?;
        self.futile_eviction().note(exceeded.then_some(totals));
        if exceeded {
            let Totals { bytes, blobs, .. } = totals;
            self.notices().add(Notice::LimitsExceeded { bytes, blobs });
        }
        Ok(())
    }

    fn exceeds_limits(&self, totals: Totals) -> Result<bool> {
        let limits = &self.options().retention;
        Ok(limits.max_bytes().is_some_and(|limit| totals.bytes > limit)
            || limits.max_blobs().is_some_and(|limit| totals.blobs > limit)
            || limits
                .min_free_bytes()
                .zip(self.tree().free_bytes()?)
                .is_some_and(|(least, free)| free < least))
    }
}
