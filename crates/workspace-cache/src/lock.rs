//! Locks between processes: files locked with `flock`, which the kernel releases when their holder dies.
//!
//! # The locks, in the order in which they may be taken
//! 1. `locks/sweep`, exclusive: one process at a time collects garbage. Nobody waits for it: whoever finds it taken
//!    leaves the work to its holder.
//! 2. `fills/<identity>.lock`, exclusive: one caller fetches an object, the others wait until it is committed, discarded,
//!    or its process is dead. The only lock held for long. Whoever holds one and waits for another can deadlock with
//!    someone who does the reverse; the wait limit ends that. Filling one object never needs another one.
//! 3. `locks/gate`: shared for the microseconds in which a reader notes a pin, after which it looks whether the blob is
//!    still there; exclusive for the milliseconds in which the pins are read and a batch of unpinned blobs is unlinked.
//!    So a blob is either pinned in time or found missing, never handed out and then removed.
//! 4. `locks/index`, exclusive: while the index is created or rebuilt.
//! 5. `SQLite`'s own write lock, which also orders the lines of the journal and lets one process migrate the tables.
//!
//! A lease (`leases/<process>-<random>`) is locked by its process from opening the cache until it dies. It is not in the
//! order because nobody ever waits for it: being locked is what says that its process lives.
//!
//! # When a holder dies
//! The kernel drops its locks at once, also after `kill -9`, and nothing it held needs repair: a fill directory is taken
//! over by the next who wants the object, or swept; a lease is swept; a half-removed batch leaves index rows without a
//! blob, which the next look-up finds missing. A holder that is stopped but not dead makes others wait, at most for the
//! wait limit.
//!
//! # Removed lock files
//! A lock file of an identity or a lease is removed by its holder. Someone may have opened it before that and get the lock
//! on a file that has no name any more, while a third creates a new one under the old name. Hence a lock counts only if
//! its file is still the one its path names; otherwise it is dropped and tried again.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::{IoContext, Problem, Result};
use crate::tree::{open_private, remove_if_there};

/// An exclusive lock on a file, held until it is dropped.
#[derive(Debug)]
#[must_use = "dropping a lock releases it"]
pub(crate) struct FileLock {
    file: File,
    path: PathBuf,
}

impl FileLock {
    /// Takes the lock if nobody has it.
    pub(crate) fn try_take(path: &Path) -> Result<Option<Self>> {
        loop {
            let file = open_private(path).during("open", path)?;
            if !try_lock(&file, Mode::Exclusive).during("lock", path)? {
                return Ok(None);
            }
            if names(path, &file).during("look at", path)? {
                return Ok(Some(Self { file, path: path.to_path_buf() }));
            }
        }
    }

    /// Takes the lock, waiting at most for `limit`.
    pub(crate) fn take(path: &Path, limit: Duration) -> Result<Self> {
        wait_for(path, limit, || Self::try_take(path))
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Removes the lock file, then releases the lock.
    pub(crate) fn remove(self) -> io::Result<()> {
        remove_if_there(&self.path)
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing the file would not do while a process that another thread is just starting has it, too: until that one runs
        // its program, the lock would go on.
        if let Err(error) = self.file.unlock() {
            tracing::debug!(path = %self.path.display(), %error, "cannot unlock a file; closing it will");
        }
    }
}

/// How many may hold the gate together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Exclusive,
    Shared,
}

/// The gate between those who pin blobs and those who remove them. Not for two threads at once: lock a mutex around it.
#[derive(Debug)]
pub(crate) struct Gate {
    file: File,
    path: PathBuf,
}

impl Gate {
    pub(crate) fn open(path: PathBuf) -> Result<Self> {
        let file = open_private(&path).during("open", &path)?;
        Ok(Self { file, path })
    }

    /// Does something short while holding the gate, waiting for it at most for `limit`.
    pub(crate) fn hold<T>(
        &mut self,
        mode: Mode,
        limit: Duration,
        body: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        wait_for(&self.path, limit, || {
            let taken = try_lock(&self.file, mode).during("lock", &self.path)?;
            Ok(taken.then_some(()))
        })?;
        let outcome = body();
        self.file.unlock().during("unlock", &self.path)?;
        outcome
    }
}

fn try_lock(file: &File, mode: Mode) -> io::Result<bool> {
    let outcome = match mode {
        Mode::Exclusive => file.try_lock(),
        Mode::Shared => file.try_lock_shared(),
    };
    match outcome {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether `path` names this open file, and not another one or none.
fn names(path: &Path, file: &File) -> io::Result<bool> {
    let held = file.metadata()?;
    match path.symlink_metadata() {
        Ok(named) => Ok((named.dev(), named.ino()) == (held.dev(), held.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Tries until it works, pausing a little longer each time, or fails with `TimedOut` after `limit`.
fn wait_for<T>(
    path: &Path,
    limit: Duration,
    mut attempt: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let mut patience = Patience::new(limit);
    loop {
        if let Some(value) = attempt()? {
            return Ok(value);
        }
        if !patience.pause() {
            return Err(
                Problem::TimedOut { path: path.to_path_buf(), waited: patience.waited() }.into()
            );
        }
    }
}

/// Pauses that grow from half a millisecond to a fiftieth of a second, until a limit is reached.
#[derive(Debug)]
pub(crate) struct Patience {
    since: Instant,
    limit: Duration,
    next: Duration,
}

impl Patience {
    const SHORTEST: Duration = Duration::from_micros(500);
    const LONGEST: Duration = Duration::from_millis(20);

    pub(crate) fn new(limit: Duration) -> Self {
        Self { since: Instant::now(), limit, next: Self::SHORTEST }
    }

    pub(crate) fn waited(&self) -> Duration {
        self.since.elapsed()
    }

    /// Sleeps a little, or returns false if the limit is reached.
    pub(crate) fn pause(&mut self) -> bool {
        let Some(left) = self.limit.checked_sub(self.waited()).filter(|left| !left.is_zero())
        else {
            return false;
        };
        std::thread::sleep(self.next.min(left));
        self.next = (self.next * 2).min(Self::LONGEST);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn a_second_taker_is_refused_until_the_first_lets_go() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let first = FileLock::take(&path, Duration::ZERO).unwrap();

        assert!(FileLock::try_take(&path).unwrap().is_none());
        let error = FileLock::take(&path, Duration::from_millis(2)).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::TimedOut, Some(&*path)));
        drop(first);
        assert!(FileLock::try_take(&path).unwrap().is_some());
    }

    #[test]
    fn a_lock_ends_when_it_is_dropped_though_a_process_that_is_being_started_has_the_file_open() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let lock = FileLock::take(&path, Duration::ZERO).unwrap();
        let inherited = lock.file().try_clone().unwrap();
        drop(lock);
        assert!(FileLock::try_take(&path).unwrap().is_some());
        drop(inherited);
    }

    #[test]
    fn a_lock_on_a_removed_file_does_not_count() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let opened_before = open_private(&path).unwrap();
        FileLock::take(&path, Duration::ZERO).unwrap().remove().unwrap();

        let current = FileLock::take(&path, Duration::ZERO).unwrap();
        assert!(try_lock(&opened_before, Mode::Exclusive).unwrap());
        assert!(!names(&path, &opened_before).unwrap());
        assert!(names(&path, current.file()).unwrap());
    }

    #[test]
    fn the_gate_lets_pins_through_together_and_a_remover_alone() {
        use Mode::{Exclusive, Shared};
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("gate");
        for (first, second, passes) in [
            (Shared, Shared, true),
            (Shared, Exclusive, false),
            (Exclusive, Shared, false),
            (Exclusive, Exclusive, false),
        ] {
            let mut one = Gate::open(path.clone()).unwrap();
            let mut other = Gate::open(path.clone()).unwrap();
            one.hold(first, Duration::ZERO, || {
                assert_eq!(
                    other.hold(second, Duration::ZERO, || Ok(())).is_ok(),
                    passes,
                    "{first:?} {second:?}"
                );
                Ok(())
            })
            .unwrap();
        }
    }
}
