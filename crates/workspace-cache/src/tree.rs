//! The cache directory: which file lies where, and how files get there whole.
//!
//! ```text
//! CACHE/                         0700
//!   CACHEDIR.TAG                 tells backup programs to skip this directory
//!   v1/                          everything of format 1; other versions' directories are left alone
//!     index.sqlite               which identity is which blob, and when each was last used (and -wal, -shm)
//!     journal                    one line per stored object; the index is rebuilt from it (and journal.new)
//!     blobs/3f/3f9a...           0400; immutable bytes, named by their BLAKE3 digest
//!     fills/<identity>/          what one reservation is being filled with: `object`, and the filler's own part files
//!     fills/<identity>.lock      held while that is so
//!     leases/<process>-<random>  which blobs one living process reads; held by it while it lives
//!     locks/gate                 shared while a blob is pinned, exclusive while blobs are removed
//!     locks/index                held while the index is created or rebuilt
//!     locks/sweep                held while garbage is collected
//!     quarantine/<digest>        blobs whose bytes no longer have the digest they are named by
//!     damaged/<time>/            indexes that could not be read any more
//!     tmp/                       the index that is being built, under `locks/index`
//! ```

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, StatVfs, access, statvfs};

use crate::digest::Digest;
use crate::error::{IoContext, Result};
use crate::identity::Identity;

const CACHE_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # This directory is a cache of reenact. What is in it can be fetched again.\n\
    # For information about cache directory tags, see https://bford.info/cachedir/\n";

/// The paths of one cache of format 1.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    root: PathBuf,
}

impl Tree {
    /// Creates what is missing of the cache in `directory`.
    pub(crate) fn create(directory: &Path) -> Result<Self> {
        create_private(directory)?;
        let directory = directory.canonicalize().during("find", directory)?;
        let tree = Self { root: directory.join("v1") };
        for path in [
            tree.blobs(),
            tree.fills(),
            tree.leases(),
            tree.root.join("locks"),
            tree.quarantine(),
            tree.damaged(),
            tree.temporary(),
        ] {
            create_private(&path)?;
        }
        write_once(&directory.join("CACHEDIR.TAG"), CACHE_TAG.as_bytes())?;
        Ok(tree)
    }

    /// The directory that holds everything of this format.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.root.join("index.sqlite")
    }

    /// `SQLite`'s write-ahead log.
    pub(crate) fn index_log(&self) -> PathBuf {
        self.root.join("index.sqlite-wal")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    pub(crate) fn blob(&self, digest: &Digest) -> PathBuf {
        let mut path = self.blobs();
        path.push(digest.shard());
        path.push(digest.to_string());
        path
    }

    pub(crate) fn fills(&self) -> PathBuf {
        self.root.join("fills")
    }

    /// The lock file and the directory of the reservation of an identity.
    pub(crate) fn fill(&self, identity: &Identity) -> (PathBuf, PathBuf) {
        let directory = self.fills().join(identity.id().to_string());
        (directory.with_extension("lock"), directory)
    }

    pub(crate) fn leases(&self) -> PathBuf {
        self.root.join("leases")
    }

    pub(crate) fn quarantine(&self) -> PathBuf {
        self.root.join("quarantine")
    }

    pub(crate) fn damaged(&self) -> PathBuf {
        self.root.join("damaged")
    }

    pub(crate) fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(crate) fn gate(&self) -> PathBuf {
        self.root.join("locks/gate")
    }

    pub(crate) fn index_lock(&self) -> PathBuf {
        self.root.join("locks/index")
    }

    pub(crate) fn sweep_lock(&self) -> PathBuf {
        self.root.join("locks/sweep")
    }

    /// Returns how many bytes of the disk this user may still fill.
    pub(crate) fn free_bytes(&self) -> Result<Option<u64>> {
        let disk = self.disk()?;
        Ok(disk.f_bavail.checked_mul(disk.f_frsize))
    }

    /// Returns whether the disk has no room for another byte, or for another file if it counts them.
    pub(crate) fn is_disk_full(&self) -> bool {
        let full = |disk: StatVfs| disk.f_bavail == 0 || (disk.f_files > 0 && disk.f_favail == 0);
        self.disk().is_ok_and(full)
    }

    /// Returns whether this user may make files here.
    pub(crate) fn is_writable(&self) -> bool {
        access(&self.root, Access::WRITE_OK).is_ok()
    }

    fn disk(&self) -> Result<StatVfs> {
        statvfs(&self.root).map_err(io::Error::from).during("look at the disk of", &self.root)
    }

    /// Moves a finished file to its place among the blobs, so that it is there whole or not at all, even after a power
    /// cut: bytes first, then the name, then the directory that holds the name.
    ///
    /// A blob that is already there is replaced: it has the same bytes, or it ought to have.
    pub(crate) fn store(&self, finished: &Path, digest: &Digest) -> Result<PathBuf> {
        fs::set_permissions(finished, Permissions::from_mode(0o400)).during("protect", finished)?;
        flush(finished)?;
        let blob = self.blob(digest);
        let shard = self.blobs().join(digest.shard());
        if create_private(&shard)? {
            flush(&self.blobs())?;
        }
        fs::rename(finished, &blob).during("store", &blob)?;
        flush(&shard)?;
        Ok(blob)
    }
}

/// Creates a directory that only its owner may enter, and its parents. Says whether it was missing.
pub(crate) fn create_private(path: &Path) -> Result<bool> {
    if path.is_dir() {
        return Ok(false);
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path).during("create", path)?;
    Ok(true)
}

/// Opens a file that only its owner may read, creating it if it is missing.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)
}

/// Makes sure that the bytes of a file, or the names in a directory, are there after a power cut.
pub(crate) fn flush(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).during("flush", path)
}

/// When a file's bytes, name or mode last changed, in nanoseconds since 1970. Unlike the mtime it cannot be set.
pub(crate) fn changed(metadata: &Metadata) -> i64 {
    metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec())
}

/// Removes a file; that it is gone already is as good.
pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes a small file unless it is there.
fn write_once(path: &Path, content: &[u8]) -> Result<()> {
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = created.and_then(|mut file| file.write_all(content));
    match written {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        written => written.during("write", path),
    }
}
