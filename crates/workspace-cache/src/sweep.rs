//! Sweeping: removes what crashes have left behind and nobody can need any more.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::cache::Cache;
use crate::digest::Digest;
use crate::error::{IoContext, Result};
use crate::lease::living_pins;
use crate::lock::FileLock;
use crate::tree::changed;

/// How long blobs in quarantine and damaged indexes are kept for whoever wants to know what happened.
const EVIDENCE_KEPT: Duration = Duration::from_hours(7 * 24);

/// How many orphans are removed while those who want to pin a blob have to wait.
const BATCH: usize = 64;

/// What a sweep removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SweepReport {
    /// Fill directories of processes that died.
    pub abandoned_fills: usize,
    /// Leases of processes that died.
    pub dead_leases: usize,
    /// Blobs that no object has.
    pub orphans: usize,
    /// The size of those blobs in bytes.
    pub orphan_bytes: u64,
    /// Blobs in quarantine and damaged indexes that were kept for a week.
    pub old_evidence: usize,
}

impl Cache {
    /// Removes what nobody can need any more: fill directories and leases of dead processes, blobs that no object has, and
    /// what was put into quarantine or set aside more than a week ago.
    ///
    /// # Errors
    /// The kinds of a file system or an index that fails.
    pub fn sweep(&self) -> Result<SweepReport> {
        let abandoned_fills = self.sweep_fills()?;
        let dead_leases = living_pins(self.tree())?.dead;
        let (orphans, orphan_bytes) = self.sweep_orphans()?;
        let old_evidence = self.sweep_evidence()?;
        self.sweep_unfinished()?;
        self.index().shorten_journal()?;
        Ok(SweepReport { abandoned_fills, dead_leases, orphans, orphan_bytes, old_evidence })
    }

    fn sweep_fills(&self) -> Result<usize> {
        let fills = self.tree().fills();
        let directories: BTreeSet<PathBuf> =
            list(&fills)?.iter().map(|path| path.with_extension("")).collect();
        let mut abandoned = 0;
        for directory in directories {
            let path = directory.with_extension("lock");
            let Some(lock) = FileLock::try_take(&path)? else { continue };
            abandoned += usize::from(remove_tree(&directory)?);
            lock.remove().during("remove", &path)?;
        }
        Ok(abandoned)
    }

    fn sweep_orphans(&self) -> Result<(usize, u64)> {
        let orphans = self.orphans()?;
        let (mut count, mut bytes) = (0, 0);
        for batch in orphans.chunks(BATCH) {
            self.close_gate(|| {
                let pinned = living_pins(self.tree())?.digests;
                for (digest, size) in batch {
                    if !pinned.contains(digest) && self.index().forget_unused(*digest)? {
                        self.unlink_blob(*digest)?;
                        count += 1;
                        bytes += size;
                    }
                }
                Ok(())
            })?;
        }
        Ok((count, bytes))
    }

    /// The blobs on disk that no object has, with their sizes. One that is just being stored may be among them.
    pub(crate) fn orphans(&self) -> Result<Vec<(Digest, u64)>> {
        let used = self.index().used_blobs()?;
        let mut orphans = Vec::new();
        for shard in list(&self.tree().blobs())? {
            for blob in list(&shard)? {
                let name = blob.file_name().and_then(|name| name.to_str());
                let Some(digest) = name.and_then(|name| name.parse().ok()) else { continue };
                if !used.contains(&digest) {
                    orphans.push((
                        digest,
                        blob.symlink_metadata().map_or(0, |metadata| metadata.len()),
                    ));
                }
            }
        }
        Ok(orphans)
    }

    fn sweep_evidence(&self) -> Result<usize> {
        let before = (self.now() - EVIDENCE_KEPT).timestamp_nanos_opt().unwrap_or_default();
        let mut old = 0;
        for path in
            list(&self.tree().quarantine())?.into_iter().chain(list(&self.tree().damaged())?)
        {
            let metadata = path.symlink_metadata().during("look at", &path)?;
            if changed(&metadata) < before {
                old += usize::from(remove_tree(&path)?);
            }
        }
        Ok(old)
    }

    /// Removes indexes and journals whose making was interrupted.
    fn sweep_unfinished(&self) -> Result<()> {
        if let Some(_lock) = FileLock::try_take(&self.tree().index_lock())? {
            for path in list(&self.tree().temporary())? {
                remove_tree(&path)?;
            }
        }
        self.index().remove_unfinished_journal()
    }
}

/// What is in a directory, in no particular order.
pub(crate) fn list(directory: &Path) -> Result<Vec<PathBuf>> {
    let files = fs::read_dir(directory).during("list", directory)?;
    files.map(|file| file.map(|file| file.path()).during("list", directory)).collect()
}

/// Removes a file or a directory with all that is in it. Says whether there was one.
pub(crate) fn remove_tree(path: &Path) -> Result<bool> {
    let removed = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        removed => removed.during("remove", path).map(|()| true),
    }
}
