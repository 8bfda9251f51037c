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
    /// the bytes nor the names of what was removed are left in the cache, in its index or in its journal.
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
        for directory in [self.tree().quarantine(), self.tree().damaged()] {
            for path in list(&directory)? {
                remove_tree(&path)?;
            }
        }
        self.sweep()?;
        self.index().rewrite_journal()?;
        Ok(report)
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
            let unused = self.index().forget_objects(rows)?;
            for blob in &unused {
                self.unlink_blob(blob.digest)?;
                report.bytes += blob.size;
            }
            self.index().forget(&unused)?;
            report.objects += rows.len() as u64;
            report.blobs += unused.len() as u64;
        }
        Ok(())
    }
}
