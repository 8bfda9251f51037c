//! Leases: how a process tells the others which blobs it is reading, so that nobody removes them.
//!
//! Each open cache has one lease file, locked as long as it lives. Pinning a blob appends `+` and its digest to that file,
//! dropping the last pin of a blob appends `-` and its digest: a write to a file that nobody else writes, without a
//! flush, so a hit never waits for another process's hit. A file that has grown is emptied when nothing is pinned. A lease
//! whose file can be locked belongs to a dead process.
//!
//! Where nothing may be written there are no leases: such a cache is read without telling anyone.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::digest::Digest;
use crate::error::{ErrorKind, IoContext, Result};
use crate::lock::{FileLock, Gate, Mode};
use crate::tree::Tree;

const RECORD: usize = 33;

/// How long a file may become before it is emptied. Emptying one costs more than adding a record to it, reading one of this
/// length next to nothing.
const LONGEST: usize = 1000 * RECORD;

/// The lease of one open cache.
#[derive(Debug, Clone)]
pub(crate) struct Lease(Arc<Mutex<Pinned>>);

#[derive(Debug, Default)]
struct Pinned {
    /// `None` where nothing may be written.
    file: Option<LeaseFile>,
    counts: HashMap<Digest, usize>,
}

/// The file of a lease, which nobody else writes.
#[derive(Debug)]
struct LeaseFile {
    /// Held until this is dropped.
    lock: Option<FileLock>,
    path: PathBuf,
    length: usize,
    gate: Gate,
    limit: Duration,
}

/// Keeps one blob from being removed until it is dropped.
#[derive(Debug)]
pub(crate) struct Pin {
    lease: Lease,
    digest: Digest,
}

impl Lease {
    /// Starts a lease. No lock of this cache is waited for longer than `limit`.
    pub(crate) fn start(tree: &Tree, limit: Duration) -> Result<Self> {
        let file = match LeaseFile::create(tree, limit) {
            Err(error) if error.kind() == ErrorKind::NotWritable => None,
            file => Some(file?),
        };
        Ok(Self(Arc::new(Mutex::new(Pinned { file, ..Pinned::default() }))))
    }

    /// Whether nobody can be told what is pinned.
    pub(crate) fn is_read_only(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).file.is_none()
    }

    /// Pins a blob, whether it is there or not. If it is there afterwards, it stays.
    pub(crate) fn pin(&self, digest: Digest) -> Result<Pin> {
        let mut pinned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Pinned { file, counts } = &mut *pinned;
        if let Some(count) = counts.get_mut(&digest) {
            *count += 1;
        } else {
            if let Some(file) = file {
                file.add(digest)?;
            }
            counts.insert(digest, 1);
        }
        Ok(Pin { lease: self.clone(), digest })
    }

    fn release(&self, digest: Digest) {
        let mut pinned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Pinned { file, counts } = &mut *pinned;
        let Some(count) = counts.get_mut(&digest) else { return };
        *count -= 1;
        if *count > 0 {
            return;
        }
        counts.remove(&digest);
        if let Some(file) = file
            && let Err(error) = file.take_away(digest, counts.is_empty())
        {
            // Others go on taking the blob for pinned until this process ends, which loses nothing.
            tracing::debug!(%digest, %error, "cannot note that a blob is no longer read");
        }
    }
}

impl LeaseFile {
    fn create(tree: &Tree, limit: Duration) -> Result<Self> {
        let directory = tree.leases();
        let prefix = format!("{}-", std::process::id());
        let (lock, path) = loop {
            let made = tempfile::Builder::new().prefix(&prefix).tempfile_in(&directory);
            let path =
                made.and_then(|file| Ok(file.keep()?.1)).during("create a lease in", &directory)?;
            // Between creation and locking the file looks like that of a dead process, and may be swept.
            if let Some(lock) = FileLock::try_take(&path)? {
                break (Some(lock), path);
            }
        };
        let gate = Gate::open(tree.gate())?;
        Ok(Self { lock, path, length: 0, gate, limit })
    }

    /// Notes a pin, after which whoever holds the gate knows of it.
    fn add(&mut self, digest: Digest) -> Result<()> {
        let Self { lock, path, length, gate, limit } = self;
        gate.hold(Mode::Shared, *limit, || {
            append(lock.as_ref(), length, b'+', digest).during("write", path)
        })
    }

    /// Notes that a pin is gone, and whether it was the last.
    fn take_away(&mut self, digest: Digest, was_last: bool) -> io::Result<()> {
        match &self.lock {
            Some(lock) if was_last && self.length >= LONGEST => {
                lock.file().set_len(0)?;
                self.length = 0;
                Ok(())
            }
            lock => append(lock.as_ref(), &mut self.length, b'-', digest),
        }
    }
}

/// Adds a record to a file of the given length, all of it or nothing.
fn append(lock: Option<&FileLock>, length: &mut usize, sign: u8, digest: Digest) -> io::Result<()> {
    let mut record = [sign; RECORD];
    record[1..].copy_from_slice(digest.as_bytes());
    let Some(mut file) = lock.map(FileLock::file) else { return Ok(()) };
    match file.write_all(&record) {
        Ok(()) => *length += RECORD,
        Err(error) => {
            // A disk that became full may have taken a part of the record, which would displace all that follow.
            file.set_len(*length as u64)?;
            return Err(error);
        }
    }
    Ok(())
}

impl Drop for LeaseFile {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.lock.take().map(FileLock::remove) {
            tracing::debug!(path = %self.path.display(), %error, "cannot remove a lease; it will be swept");
        }
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.lease.release(self.digest);
    }
}

/// What living processes have pinned.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LivingPins {
    pub(crate) digests: HashSet<Digest>,
    /// How many leases of dead processes were removed on the way.
    pub(crate) dead: usize,
}

/// Returns what living processes have pinned, and removes the leases of dead ones.
///
/// The answer holds as long as the caller holds the gate.
pub(crate) fn living_pins(tree: &Tree) -> Result<LivingPins> {
    let mut pins = LivingPins::default();
    let directory = tree.leases();
    for file in fs::read_dir(&directory).during("list", &directory)? {
        let path = file.during("list", &directory)?.path();
        match FileLock::try_take(&path) {
            Ok(Some(lock)) => {
                lock.remove().during("remove", &path)?;
                pins.dead += 1;
                continue;
            }
            Ok(None) => {}
            // Where nothing may be written nobody can tell whether its process lives.
            Err(error) if error.kind() == ErrorKind::NotWritable => {}
            Err(error) => return Err(error),
        }
        match fs::read(&path) {
            Ok(records) => replay(&records, &mut pins.digests),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).during("read", &path),
        }
    }
    Ok(pins)
}

/// Adds what one lease pins: what was added last and not taken away after.
fn replay(records: &[u8], into: &mut HashSet<Digest>) {
    let mut own = HashSet::new();
    for record in records.chunks_exact(RECORD) {
        let Ok(bytes) = record[1..].try_into() else { continue };
        let digest = Digest::from_bytes(bytes);
        if record[0] == b'+' {
            own.insert(digest);
        } else {
            own.remove(&digest);
        }
    }
    into.extend(own);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup() -> (tempfile::TempDir, Tree, Lease) {
        let directory = tempfile::tempdir().unwrap();
        let tree = Tree::create(directory.path()).unwrap();
        let lease = Lease::start(&tree, Duration::ZERO).unwrap();
        (directory, tree, lease)
    }

    #[test]
    fn a_blob_is_pinned_until_its_last_pin_is_dropped() {
        let (_directory, tree, lease) = setup();
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        let first = lease.pin(one).unwrap();
        let second = lease.pin(one).unwrap();
        let third = lease.pin(other).unwrap();

        drop(first);
        assert_eq!(living_pins(&tree).unwrap().digests, HashSet::from([one, other]));
        drop(second);
        assert_eq!(living_pins(&tree).unwrap().digests, HashSet::from([other]));
        drop(third);
        assert_eq!(living_pins(&tree).unwrap(), LivingPins::default());
    }

    #[test]
    fn a_lease_of_many_pins_does_not_grow_for_ever() {
        let (_directory, tree, lease) = setup();
        let file = || fs::read_dir(tree.leases()).unwrap().next().unwrap().unwrap();
        for number in 0..3 * LONGEST / RECORD {
            drop(lease.pin(Digest::of(&number.to_le_bytes())).unwrap());
            assert!(file().metadata().unwrap().len() <= (LONGEST + RECORD) as u64);
        }
        let kept = lease.pin(Digest::of(b"kept")).unwrap();
        assert_eq!(living_pins(&tree).unwrap().digests, HashSet::from([kept.digest]));
    }

    #[test]
    fn the_lease_of_a_dead_process_is_reclaimed() {
        let (_directory, tree, _lease) = setup();
        let mut record = vec![b'+'];
        record.extend(Digest::of(b"left behind").as_bytes());
        fs::write(tree.leases().join("4711-dead"), record).unwrap();

        assert_eq!(living_pins(&tree).unwrap(), LivingPins { dead: 1, ..LivingPins::default() });
        assert!(!tree.leases().join("4711-dead").exists());
    }
}
