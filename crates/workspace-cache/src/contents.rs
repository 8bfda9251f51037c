//! What is in the cache, for people to look at.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::cache::Cache;
use crate::digest::Digest;
use crate::error::Result;
use crate::identity::Identity;
use crate::workspace::DirectoryUsage;

/// One object in the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StoredObject {
    /// Which object it is.
    pub identity: Identity,
    /// Its blob, which other objects with the same bytes share.
    pub digest: Digest,
    /// When it was stored.
    pub created: DateTime<Utc>,
    /// When it, or another object with the same bytes, was last handed out; up to the last-use interval earlier than in
    /// truth.
    pub last_used: DateTime<Utc>,
    /// In how many last-use intervals the blob was handed out, the one in which it was stored included. Like the times, that
    /// of all objects with the same bytes; a lost index takes it back to 1.
    #[doc(alias = "access_count")]
    pub uses: u64,
}

/// How much is in the cache, as the disk has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Usage {
    /// How many objects the index knows. Those with the same bytes share one blob.
    pub objects: u64,
    /// The blobs.
    pub blobs: DirectoryUsage,
    /// What is being fetched, or was when a process died.
    pub fills: DirectoryUsage,
    /// Blobs with wrong bytes.
    pub quarantine: DirectoryUsage,
    /// Indexes that could not be read any more.
    pub damaged: DirectoryUsage,
}

impl Cache {
    /// Returns every object, in the order of buckets and keys.
    ///
    /// # Errors
    /// The kinds of an index that fails.
    pub fn objects(&self) -> Result<Vec<StoredObject>> {
        let rows = self.index().objects()?;
        let objects = rows.into_iter().map(|row| StoredObject {
            identity: row.identity,
            digest: row.digest,
            created: row.created,
            last_used: row.last_used,
            uses: row.uses,
        });
        Ok(objects.collect())
    }

    /// Returns how much is in the cache. It looks at every file, not at what the index believes.
    ///
    /// # Errors
    /// The kinds of a file system or an index that fails.
    pub fn usage(&self) -> Result<Usage> {
        let tree = self.tree();
        Ok(Usage {
            objects: self.index().totals()?.objects,
            blobs: DirectoryUsage::of(&tree.blobs())?,
            fills: DirectoryUsage::of(&tree.fills())?,
            quarantine: DirectoryUsage::of(&tree.quarantine())?,
            damaged: DirectoryUsage::of(&tree.damaged())?,
        })
    }
}
