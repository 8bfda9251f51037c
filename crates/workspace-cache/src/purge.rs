//! Purging: removes objects because they must not be kept, whether or not there is room for them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cache::Cache;
use crate::digest::Digest;
use crate::error::Result;
use crate::identity::Identity;
use crate::index::ObjectRow;
use crate::lease::living_pins;
use crate::sweep::{list, remove_tree};
use crate::tree::flush;

/// How many blobs are dealt with while those who want to pin one have to wait.
const BATCH: usize = 64;

/// What a purge removed, and what it could not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PurgeReport {
    /// How many objects were removed.
    pub objects: u64,
    /// How many blobs were removed; an object may have shared its blob with one that stays.
    pub blobs: u64,
    /// How many bytes those had.
    pub bytes: u64,
    /// The objects that a living process is reading. They are still there: purge again when it has ended.
    pub in_use: Vec<Identity>,
}

impl Cache {
    /// Removes all objects of a bucket whose keys begin with `prefix`; the empty prefix means the whole bucket.
    ///
    /// For a pipeline, the prefix is the part of its keys that names it, up to and with the `/` after the name. Neither
    /// the bytes nor the names of what was removed are left in the cache, in its index or in its journal, and a power cut
    /// does not bring them back.
    ///
    /// # Errors
    /// The kinds of a file system or an index that fails. What was removed before stays removed.
    pub fn purge(&self, bucket: &str, prefix: &str) -> Result<PurgeReport> {
        self.purge_where(|identity| {
            identity.bucket() == bucket && identity.key().starts_with(prefix)
        })
    }

    /// Removes all objects.
    ///
    /// # Errors
    /// As [`purge`](Self::purge).
    pub fn purge_all(&self) -> Result<PurgeReport> {
        self.purge_where(|_| true)
    }

    fn purge_where(&self, matches: impl Fn(&Identity) -> bool) -> Result<PurgeReport> {
        let mut doomed: BTreeMap<Digest, Vec<ObjectRow>> = BTreeMap::new();
        for row in self.index().objects()?.into_iter().filter(|row| matches(&row.identity)) {
            doomed.entry(row.digest).or_default().push(row);
        }
        let doomed: Vec<_> = doomed.into_iter().collect();
        let mut report = PurgeReport::default();
        for batch in doomed.chunks(BATCH) {
            self.close_gate(|| self.purge_batch(batch, &mut report))?;
        }
        // What is set aside or half fetched has no identity that could be compared.
        let tree = self.tree();
        for directory in [tree.quarantine(), tree.damaged()] {
            for path in list(&directory)? {
                remove_tree(&path)?;
            }
        }
        self.sweep()?;
        self.index().leave_no_trace()?;
        self.flush_removals()?;
        Ok(report)
    }

    /// Makes sure that a power cut does not bring back what was removed.
    fn flush_removals(&self) -> Result<()> {
        let tree = self.tree();
        let shards = list(&tree.blobs())?;
        let others = [tree.fills(), tree.quarantine(), tree.damaged()];
        shards.iter().chain(&others).try_for_each(|directory| flush(directory))
    }

    fn purge_batch(
        &self,
        batch: &[(Digest, Vec<ObjectRow>)],
        report: &mut PurgeReport,
    ) -> Result<()> {
        let pinned = living_pins(self.tree())?.digests;
        for (digest, rows) in batch {
            if pinned.contains(digest) {
                report.in_use.extend(rows.iter().map(|row| row.identity.clone()));
                continue;
            }
            let removed =
                self.index().forget_objects(*digest, rows, || self.unlink_blob(*digest))?;
            report.objects += rows.len() as u64;
            report.blobs += u64::from(removed.is_some());
            report.bytes += removed.map_or(0, |blob| blob.size);
        }
        Ok(())
    }
}
