//! A place to put an object that is not in the cache yet, given to one caller at a time.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::cache::Cache;
use crate::digest::{CopyError, Digest};
use crate::entry::Entry;
use crate::error::{IoContext, Problem, Result};
use crate::identity::Identity;
use crate::lock::FileLock;
use crate::tree::{create_private, open_private, remove_if_there};

/// What [`Cache::reserve`] answers.
#[derive(Debug)]
#[must_use]
#[expect(
    clippy::exhaustive_enums,
    reason = "either the object is there or the caller has to bring it"
)]
pub enum Reserved {
    /// The object is in the cache.
    Ready(Entry),
    /// The object is not in the cache, and it is up to the caller to bring it. All others who want it wait.
    Fill(Reservation),
}

/// The exclusive right to put one object into the cache.
///
/// Write the object to [`path`](Self::path), in whatever order its bytes arrive, then [`commit`](Self::commit) it; or have a
/// stream of it [read](Self::commit_from). Nobody can see it before that. Dropping the reservation instead discards what
/// was written and lets the next one who waits try.
#[derive(Debug)]
#[must_use = "dropping a reservation at once gives it up"]
pub struct Reservation {
    cache: Cache,
    identity: Identity,
    directory: PathBuf,
    path: PathBuf,
    lock: Option<FileLock>,
}

/// How things stand with an object that another task or process is fetching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// How long the caller has waited so far.
    pub waited: Duration,
    /// How many bytes the other has written so far.
    pub written: u64,
}

impl Reservation {
    /// Takes over the fill directory of an identity whose lock the caller has got.
    pub(crate) fn begin(
        cache: Cache,
        identity: Identity,
        directory: PathBuf,
        lock: FileLock,
    ) -> Result<Self> {
        let path = directory.join("object");
        let reservation = Self { cache, identity, directory, path, lock: Some(lock) };
        create_private(&reservation.directory)?;
        // What a dead predecessor left may be half an object. Its part files stay: who wrote them can tell what they are.
        remove_if_there(&reservation.path).during("remove", &reservation.path)?;
        Ok(reservation)
    }

    /// Returns which object is to be brought.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Returns where to put the object. No file is there yet.
    ///
    /// The directory it lies in belongs to this reservation: temporary and part files may be put beside it, and a file may
    /// be renamed onto it. If a process dies while it fetches, its part files are still there for the next one who gets
    /// the reservation and wants to resume; a reservation that is dropped takes them with it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the object into the cache: checks its length, hashes it, flushes it to disk, gives it its name.
    ///
    /// # Errors
    /// [`ErrorKind::WrongLength`](crate::ErrorKind::WrongLength) if it is shorter or longer than its identity says,
    /// [`ErrorKind::FileSystem`](crate::ErrorKind::FileSystem) if there is no file, or the kinds of a disk that is full or
    /// may not be written. What was written is discarded then.
    pub fn commit(self) -> Result<Entry> {
        let metadata =
            self.path.symlink_metadata().during("find the fetched object", &self.path)?;
        if !metadata.is_file() {
            return Err(Problem::UnsafePath {
                path: self.path.clone(),
                why: "is not a regular file",
            }
            .into());
        }
        self.check_length(metadata.len())?;
        let (digest, hashed) = Digest::of_file(&self.path)?;
        self.check_length(hashed)?;
        self.store(digest)
    }

    /// Writes what `object` gives, hashing it on the way, and puts it into the cache like [`commit`](Self::commit). For
    /// objects that arrive from their first to their last byte: they are not read a second time.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) if `object` cannot be read,
    /// [`ErrorKind::WrongLength`](crate::ErrorKind::WrongLength) if it is shorter or longer than its identity says; it is read
    /// no further then. The kinds of a disk that is full or may not be written. What was written is discarded.
    ///
    /// # Examples
    /// ```
    /// use reenact_workspace_cache::{Cache, CacheOptions, Identity, Reserved, Revision};
    ///
    /// let directory = tempfile::tempdir()?;
    /// let cache = Cache::open(CacheOptions::default().with_location(directory.path()))?;
    /// let identity = Identity::new("lake", "flights/part-0.csv", Revision::ETag("9b2cf535".into()), 11)?;
    /// if let Reserved::Fill(reservation) = cache.reserve(&identity)? {
    ///     let entry = reservation.commit_from(&b"carrier\nUA\n"[..])?;
    ///     assert_eq!(std::fs::read(entry.path())?, b"carrier\nUA\n");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn commit_from(self, object: impl Read) -> Result<Entry> {
        let limit = self.identity.size().saturating_add(1);
        remove_if_there(&self.path).during("remove", &self.path)?;
        let file = open_private(&self.path).during("create", &self.path)?;
        let (digest, copied) = match Digest::of_copy(object, file, limit) {
            Ok(copied) => copied,
            Err(CopyError::Write(error)) => return Err(error).during("write", &self.path),
            Err(CopyError::Read(source)) => {
                return Err(Problem::Input { identity: self.identity.clone(), source }.into());
            }
        };
        if copied == limit {
            return Err(Problem::TooLong { identity: self.identity.clone() }.into());
        }
        self.check_length(copied)?;
        self.store(digest)
    }

    fn store(mut self, digest: Digest) -> Result<Entry> {
        let entry = self.cache.store(&self.identity, digest, &self.path)?;
        self.clear();
        self.cache.keep_up_if_due();
        self.cache.evict_if_outgrown();
        Ok(entry)
    }

    fn check_length(&self, found: u64) -> Result<()> {
        if found == self.identity.size() {
            return Ok(());
        }
        Err(Problem::WrongLength { identity: self.identity.clone(), found }.into())
    }

    /// Removes the fill directory, then gives up the lock.
    fn clear(&mut self) {
        let Some(lock) = self.lock.take() else { return };
        let removed = match fs::remove_dir_all(&self.directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => lock.remove(),
        };
        if let Err(error) = removed {
            tracing::debug!(path = %self.directory.display(), %error, "cannot clear a reservation; it will be swept");
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.clear();
    }
}

/// How much is in a fill directory, and when it last changed: if neither moves, nobody is filling it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) bytes: u64,
    changed: Option<SystemTime>,
}

impl Progress {
    /// Looks at a fill directory. What cannot be looked at, because it is just being removed, counts as nothing.
    pub(crate) fn of(directory: &Path) -> Self {
        let files = fs::read_dir(directory).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).fold(Self::default(), |sum, metadata| Self {
            bytes: sum.bytes + metadata.len(),
            changed: sum.changed.max(metadata.modified().ok()),
        })
    }
}
