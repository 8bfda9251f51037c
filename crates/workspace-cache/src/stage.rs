//! Staging: gives a program its inputs as files of its own, so that whatever it does to them cannot harm the cache.
//!
//! A staged file is a reflink of its blob where the file system can do that (btrfs, XFS, APFS), which costs no space, and
//! a copy elsewhere. It is never a hard link. A hard link is the blob itself under a second name: whoever may write
//! to it, and root always may, whatever its mode says, changes the cache. Containers commonly run steps as root. So
//! a hard link cannot be made safe, and none is made.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use serde::Serialize;

use crate::entry::Entry;
use crate::error::{IoContext, Problem, Result};
use crate::tree::create_private;

/// How a staged file came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LinkKind {
    /// It has its own bytes.
    Copy,
    /// It shares its bytes with the cache until one of the two is written to.
    Reflink,
}

/// A directory of staged files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Staged {
    /// The directory they lie in.
    pub directory: PathBuf,
    /// The files, in the order in which they were given.
    pub files: Vec<StagedFile>,
}

impl Staged {
    /// Returns how many bytes the files have.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

/// One staged file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StagedFile {
    /// Its path below the directory.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// How it came to be.
    pub kind: LinkKind,
}

/// Puts entries into a directory under the given relative paths.
///
/// `directory` must be missing or empty; it appears with all files or not at all. The files may be read by their owner
/// only and written by nobody; that root may write to them nevertheless, or anyone may replace them, does no harm.
///
/// # Errors
/// [`ErrorKind::UnsafePath`](crate::ErrorKind::UnsafePath) if a path is empty, absolute or has a component such as `..`, if
/// two paths are the same or one lies below the other, and the kinds of a file system that refuses, for example because
/// the directory is not empty.
///
/// # Examples
/// ```
/// use reenact_workspace_cache::{Cache, CacheOptions, Identity, Reserved, Revision, stage};
///
/// let directory = tempfile::tempdir()?;
/// let cache = Cache::open(CacheOptions::default().with_location(directory.path().join("cache")))?;
/// let identity = Identity::new("lake", "flights/part-0.csv", Revision::ETag("9b2cf535".into()), 6)?;
/// if let Reserved::Fill(reservation) = cache.reserve(&identity)? {
///     std::fs::write(reservation.path(), "a,b\n1,")?;
///     reservation.commit()?;
/// }
///
/// let entry = cache.lookup(&identity)?.expect("it was just stored");
/// let staged = stage([("2013/part-0.csv", entry)], &directory.path().join("inputs/flights"))?;
/// assert_eq!(std::fs::read_to_string(staged.directory.join("2013/part-0.csv"))?, "a,b\n1,");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn stage<P: Into<PathBuf>>(
    entries: impl IntoIterator<Item = (P, Entry)>,
    directory: &Path,
) -> Result<Staged> {
    let entries: Vec<(PathBuf, Entry)> =
        entries.into_iter().map(|(path, entry)| (path.into(), entry)).collect();
    check(entries.iter().map(|(path, _)| &**path))?;
    let parent = directory
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    create_private(parent)?;
    let place = tempfile::Builder::new()
        .prefix(".staging-")
        .tempdir_in(parent)
        .during("create a directory in", parent)?;
    let mut files = Vec::with_capacity(entries.len());
    let mut reflinks = true;
    for (path, entry) in entries {
        let target = place.path().join(&path);
        if let Some(above) = target.parent() {
            create_private(above)?;
        }
        let kind = materialise(entry.path(), &target, &mut reflinks)?;
        files.push(StagedFile { path, size: entry.size(), kind });
    }
    let place = place.keep();
    if let Err(error) = fs::rename(&place, directory) {
        fs::remove_dir_all(&place).during("remove", &place)?;
        return Err(error).during("create, as it must be missing or empty,", directory);
    }
    Ok(Staged { directory: directory.to_path_buf(), files })
}

/// Makes one file. `reflinks` says whether to try that first, and is cleared when the file system cannot do it.
fn materialise(blob: &Path, target: &Path, reflinks: &mut bool) -> Result<LinkKind> {
    if *reflinks && reflink_copy::reflink(blob, target).is_ok() {
        fs::set_permissions(target, Permissions::from_mode(0o400)).during("protect", target)?;
        return Ok(LinkKind::Reflink);
    }
    *reflinks = false;
    let copy = || -> io::Result<()> {
        let mut from = fs::File::open(blob)?;
        let mut to = fs::File::create_new(target)?;
        io::copy(&mut from, &mut to)?;
        to.set_permissions(Permissions::from_mode(0o400))
    };
    copy().during("stage", target)?;
    Ok(LinkKind::Copy)
}

/// Refuses paths that leave the directory or get in each other's way.
fn check<'a>(paths: impl Iterator<Item = &'a Path>) -> Result<()> {
    let refuse =
        |path: &Path, why| Err(Problem::UnsafePath { path: path.to_path_buf(), why }.into());
    let mut files = BTreeSet::new();
    let mut directories = BTreeSet::new();
    for path in paths {
        // Compared as text, since the components of a path skip a `.` in the middle and a `/` at the end.
        let plain: PathBuf =
            path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
        if plain.as_os_str().is_empty() || plain.as_os_str() != path.as_os_str() {
            return refuse(path, "is not a plain relative path");
        }
        directories.extend(path.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty()));
        if !files.insert(path) {
            return refuse(path, "is given twice");
        }
    }
    match files.intersection(&directories).next() {
        Some(both) => refuse(both, "would have to be a file and a directory"),
        None => Ok(()),
    }
}
