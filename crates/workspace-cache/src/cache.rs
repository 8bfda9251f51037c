//! The cache: finds objects, hands out the right to bring missing ones, stores what was brought.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::digest::Digest;
use crate::entry::Entry;
use crate::error::{IoContext, Problem, Result};
use crate::evict::FutileEviction;
use crate::identity::Identity;
use crate::index::{BlobRow, Index};
use crate::lease::Lease;
use crate::lock::{FileLock, Patience};
use crate::notice::{Notice, Notices};
use crate::options::CacheOptions;
use crate::reservation::{Progress, Reservation, Reserved, Waiting};
use crate::tree::{Tree, changed};
use crate::upkeep::Upkeep;
use crate::verify::{Depth, Found};

/// A store of objects on the local disk, shared by every task and process that opens the same directory.
///
/// Cloning is cheap; all clones are one. Every call may block on the disk or on another process, so async code calls it
/// from a blocking task.
#[doc(alias = "WorkspaceManager")]
#[derive(Debug, Clone)]
pub struct Cache(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    tree: Tree,
    index: Index,
    lease: Lease,
    notices: Arc<Notices>,
    futile: FutileEviction,
    upkeep: Upkeep,
    options: CacheOptions,
}

impl Cache {
    /// Opens the cache, creating it if it is not there.
    ///
    /// A cache that is there but may not be written, for example on a disk that is mounted read-only, is opened too: see
    /// [`is_read_only`](Self::is_read_only).
    ///
    /// # Errors
    /// [`ErrorKind::NoLocation`](crate::ErrorKind::NoLocation) or
    /// [`ErrorKind::InvalidOption`](crate::ErrorKind::InvalidOption) if the options are not good,
    /// [`ErrorKind::NotWritable`](crate::ErrorKind::NotWritable) if the cache is not there, or its index is
    /// missing or damaged, and this user may not write to the directory,
    /// [`ErrorKind::NewerFormat`](crate::ErrorKind::NewerFormat) if a newer version of this crate has been there.
    pub fn open(options: CacheOptions) -> Result<Self> {
        options.retention.validate()?;
        let tree = Tree::create(&options.location()?)?;
        let cache = Self::of(tree, options, Arc::default())?;
        cache.keep_up_if_due();
        Ok(cache)
    }

    /// Opens the index of a cache whose directories are there, and starts a lease.
    pub(crate) fn of(tree: Tree, options: CacheOptions, notices: Arc<Notices>) -> Result<Self> {
        let clock = Arc::clone(&options.clock);
        let index = Index::open(tree.clone(), clock, Arc::clone(&notices), options.wait_limit)?;
        let lease = Lease::start(&tree, options.wait_limit)?;
        let (futile, upkeep) = (FutileEviction::default(), Upkeep::default());
        Ok(Self(Arc::new(Inner { tree, index, lease, notices, futile, upkeep, options })))
    }

    /// Returns whether the cache may only be read, because this user may not write to its directory.
    ///
    /// It then serves what it has, and [`reserve`](Self::reserve) fails with
    /// [`ErrorKind::NotWritable`](crate::ErrorKind::NotWritable) for what it does not have, as does everything else that
    /// writes. Nothing is noted there, so an [`Entry`] does not keep those from removing its file who may write, and what is
    /// found missing or altered is not served, but not mended either.
    pub fn is_read_only(&self) -> bool {
        self.0.lease.is_read_only()
    }

    /// Returns the directory of this cache, in which all files of its format are.
    pub fn directory(&self) -> &Path {
        self.0.tree.root()
    }

    /// Returns what the cache has mended by itself since this was last asked, such as a damaged index.
    pub fn take_notices(&self) -> Vec<Notice> {
        self.0.notices.take()
    }

    /// Returns the object if it is in the cache, without waiting for anyone who is fetching it.
    ///
    /// A file that is missing, has another length, or was changed since it was stored and no longer has its digest, is
    /// not served: it is moved to the quarantine, and the object counts as missing.
    ///
    /// # Errors
    /// The kinds of a file system or an index that fails.
    pub fn lookup(&self, identity: &Identity) -> Result<Option<Entry>> {
        let Inner { tree, index, lease, .. } = &*self.0;
        let Some(row) = index.find(identity.id())? else { return Ok(None) };
        // The pin comes first: what is there once it is pinned stays there.
        let pin = lease.pin(row.digest)?;
        if self.verify_blob(&row, Depth::Quick)? != Found::Sound {
            return Ok(None);
        }
        self.note_use(&row);
        Ok(Some(Entry::new(identity.clone(), tree.blob(&row.digest), row.digest, pin)))
    }

    /// Returns the object, or the right to bring it, waiting while another task or process is fetching it.
    ///
    /// If that one commits, the answer is [`Ready`](Reserved::Ready); if it gives up or dies, one of those who wait gets
    /// [`Fill`](Reserved::Fill). Whoever holds a reservation should fill it before asking for another one, and never ask for
    /// the same again: those who wait for each other, or for themselves, are parted only by the wait limit.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`](crate::ErrorKind::TimedOut) if the other one made no progress for as long as the wait
    /// limit, and the kinds of [`lookup`](Self::lookup).
    #[doc(alias = "cache_data")]
    pub fn reserve(&self, identity: &Identity) -> Result<Reserved> {
        self.reserve_while(identity, |_| ControlFlow::Continue(()))
    }

    /// Like [`reserve`](Self::reserve); while it waits it calls `watch` every few milliseconds, to show how far the other
    /// one has come and to ask whether to go on waiting.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) if `watch` says to break, which harms nobody else, and the
    /// kinds of [`reserve`](Self::reserve).
    pub fn reserve_while(
        &self,
        identity: &Identity,
        mut watch: impl FnMut(Waiting) -> ControlFlow<()>,
    ) -> Result<Reserved> {
        let limit = self.0.options.wait_limit;
        let start = std::time::Instant::now();
        let mut seen = Progress::default();
        let mut patience = Patience::new(limit);
        loop {
            if let Some(reserved) = self.try_reserve(identity)? {
                return Ok(reserved);
            }
            let (lock, directory) = self.0.tree.fill(identity);
            let progress = Progress::of(&directory);
            if progress != seen {
                seen = progress;
                patience = Patience::new(limit);
            }
            if watch(Waiting { waited: start.elapsed(), written: progress.bytes }).is_break() {
                return Err(Problem::Cancelled(identity.clone()).into());
            }
            if !patience.pause() {
                return Err(Problem::TimedOut { path: lock, waited: patience.waited() }.into());
            }
        }
    }

    /// Like [`reserve`](Self::reserve), but returns `None` instead of waiting.
    ///
    /// # Errors
    /// The kinds of [`lookup`](Self::lookup).
    pub fn try_reserve(&self, identity: &Identity) -> Result<Option<Reserved>> {
        if let Some(entry) = self.lookup(identity)? {
            return Ok(Some(Reserved::Ready(entry)));
        }
        let (path, directory) = self.0.tree.fill(identity);
        let Some(lock) = FileLock::try_take(&path)? else { return Ok(None) };
        // Between the look-up and the lock another one may have committed.
        if let Some(entry) = self.lookup(identity)? {
            lock.remove().during("remove", &path)?;
            return Ok(Some(Reserved::Ready(entry)));
        }
        let reservation = Reservation::begin(self.clone(), identity.clone(), directory, lock)?;
        Ok(Some(Reserved::Fill(reservation)))
    }

    /// Gives a finished file its place and makes it known.
    pub(crate) fn store(
        &self,
        identity: &Identity,
        digest: Digest,
        finished: &Path,
    ) -> Result<Entry> {
        let Inner { tree, index, lease, .. } = &*self.0;
        // Pinned before it is there, so that nobody sweeps it as a blob that no object has.
        let pin = lease.pin(digest)?;
        let path = tree.store(finished, &digest)?;
        let metadata = path.symlink_metadata().during("look at", &path)?;
        index.record(identity, digest, changed(&metadata), self.now().timestamp_millis())?;
        Ok(Entry::new(identity.clone(), path, digest, pin))
    }

    /// Moves a blob whose bytes are wrong out of the way, unless it was replaced since they were read.
    pub(crate) fn quarantine(&self, row: &BlobRow, read_when: i64) -> Result<()> {
        let Inner { tree, index, notices, .. } = &*self.0;
        let path = tree.blob(&row.digest);
        let kept = tree.quarantine().join(row.digest.to_string());
        self.close_gate(|| {
            if path.symlink_metadata().is_ok_and(|metadata| changed(&metadata) == read_when) {
                std::fs::rename(&path, &kept).during("quarantine", &path)?;
                index.forget(&[*row])?;
                notices.add(Notice::Quarantined { digest: row.digest, kept });
            }
            Ok(())
        })
    }

    /// Notes that a blob was used, unless that was noted not long ago. That this fails is no reason to refuse a hit.
    fn note_use(&self, row: &BlobRow) {
        let now = self.now();
        // A note from the future, left by a clock that has since been set back, is not recent.
        let recent = (now - row.last_used())
            .to_std()
            .is_ok_and(|age| age < self.0.options.last_use_interval);
        if !recent
            && !self.is_read_only()
            && let Err(error) = self.0.index.note_use(row.digest, now.timestamp_millis())
        {
            tracing::debug!(digest = %row.digest, %error, "cannot note a use");
        }
    }

    pub(crate) fn tree(&self) -> &Tree {
        &self.0.tree
    }

    pub(crate) fn index(&self) -> &Index {
        &self.0.index
    }

    pub(crate) fn lease(&self) -> &Lease {
        &self.0.lease
    }

    pub(crate) fn notices(&self) -> &Arc<Notices> {
        &self.0.notices
    }

    pub(crate) fn upkeep(&self) -> &Upkeep {
        &self.0.upkeep
    }

    pub(crate) fn futile_eviction(&self) -> &FutileEviction {
        &self.0.futile
    }

    pub(crate) fn options(&self) -> &CacheOptions {
        &self.0.options
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.0.options.clock.now()
    }
}
