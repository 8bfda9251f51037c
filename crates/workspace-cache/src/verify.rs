//! Verification: compares what the index says with what is on the disk, and mends the difference.

use std::io;

use serde::Serialize;

use crate::cache::Cache;
use crate::digest::Digest;
use crate::error::{IoContext, Result};
use crate::index::BlobRow;
use crate::tree::changed;

/// How closely to look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Depth {
    /// Reads and hashes every blob.
    Full,
    /// Looks whether every blob is there with the right size, and hashes those that were changed since they were stored.
    #[default]
    Quick,
}

/// How far a verification has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyProgress {
    /// How many blobs were looked at.
    pub blobs: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// How many blobs there are in all.
    pub of_blobs: u64,
    /// How many bytes there are in all.
    pub of_bytes: u64,
}

/// What a verification found. Apart from orphans, all of it is mended when it is reported, unless the
/// cache may only be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VerifyReport {
    /// How many blobs are as they should be.
    pub sound: u64,
    /// How many bytes those have, as the disk has them.
    pub sound_bytes: u64,
    /// Blobs whose file was gone. They are forgotten, and will be fetched again.
    pub missing: Vec<Digest>,
    /// Blobs with the wrong bytes. They are in quarantine, and will be fetched again.
    pub quarantined: Vec<Digest>,
    /// How many blobs no object has; [`Cache::sweep`] removes them.
    pub orphans: u64,
    /// How many bytes those have.
    pub orphan_bytes: u64,
}

impl VerifyReport {
    /// Returns whether nothing was wrong.
    pub fn is_sound(&self) -> bool {
        self.missing.is_empty() && self.quarantined.is_empty() && self.orphans == 0
    }
}

impl Cache {
    /// Looks at every blob, calling `watch` after each; others may use the cache meanwhile.
    ///
    /// # Errors
    /// The kinds of a file system or an index that fails. A blob that is not as it should be is no error.
    pub fn verify(
        &self,
        depth: Depth,
        mut watch: impl FnMut(VerifyProgress),
    ) -> Result<VerifyReport> {
        let rows = self.index().blobs()?;
        let mut progress = VerifyProgress {
            blobs: 0,
            bytes: 0,
            of_blobs: rows.len() as u64,
            of_bytes: rows.iter().map(|row| row.size).sum(),
        };
        let mut report = VerifyReport::default();
        for row in &rows {
            // Pinned while it is read, lest it be evicted in between.
            let _pin = self.lease().pin(row.digest)?;
            match self.verify_blob(row, depth)? {
                Found::Evicted => {}
                Found::Missing => report.missing.push(row.digest),
                Found::Altered => report.quarantined.push(row.digest),
                Found::Sound => {
                    report.sound += 1;
                    report.sound_bytes += row.size;
                }
            }
            progress.blobs += 1;
            progress.bytes += row.size;
            watch(progress);
        }
        let orphans = self.orphans()?;
        report.orphans = orphans.len() as u64;
        report.orphan_bytes = orphans.iter().map(|(_, size)| size).sum();
        Ok(report)
    }

    /// Looks at the file of a blob; mends the index or quarantines the file if they do not agree.
    pub(crate) fn verify_blob(&self, row: &BlobRow, depth: Depth) -> Result<Found> {
        let path = self.tree().blob(&row.digest);
        let metadata = match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let evicted = self.index().blob(row.digest)?.is_none();
                self.mend(|| self.index().forget(&[*row]))?;
                return Ok(if evicted { Found::Evicted } else { Found::Missing });
            }
            metadata => metadata.during("look at", &path)?,
        };
        let changed = changed(&metadata);
        let untouched = (metadata.len(), changed) == (row.size, row.changed);
        if untouched && depth == Depth::Quick {
            return Ok(Found::Sound);
        }
        if metadata.is_file() && Digest::of_file(&path)? == (row.digest, row.size) {
            if !untouched {
                self.mend(|| self.index().note_sound(row.digest, changed))?;
            }
            return Ok(Found::Sound);
        }
        self.mend(|| self.quarantine(row, changed))?;
        Ok(Found::Altered)
    }

    /// Mends something, unless nothing may be written.
    fn mend(&self, mend: impl FnOnce() -> Result<()>) -> Result<()> {
        if self.is_read_only() { Ok(()) } else { mend() }
    }
}

/// How the file of a blob was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Altered,
    /// The index did not know it any more either.
    Evicted,
    Missing,
    Sound,
}
