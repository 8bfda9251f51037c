//! Directories held open, below which no symbolic link is ever followed, and files that appear there whole or not at all.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{self, AtFlags, Mode, OFlags};
use rustix::io::Errno;

use crate::error::{Error, Result};

const OPEN_DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// What the process's umask leaves of these is what new directories and files get.
const DIRECTORY_MODE: u32 = 0o777;
const FILE_MODE: u32 = 0o666;

/// A directory held open.
#[derive(Debug)]
pub(crate) struct Directory {
    handle: OwnedFd,
    path: PathBuf,
}

impl Directory {
    /// Opens a directory that the user named; links in this path are the user's own and are followed.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let handle = fs::open(path, OPEN_DIRECTORY, Mode::empty())?;
        Ok(Self { handle, path: path.to_owned() })
    }

    /// Opens the directory at `relative`, following no link.
    pub(crate) fn open_below(&self, relative: &Path) -> io::Result<Self> {
        self.descend(relative, false)
    }

    /// Opens the directory at `relative`, following no link and making what is missing.
    pub(crate) fn create_below(&self, relative: &Path) -> io::Result<Self> {
        self.descend(relative, true)
    }

    fn descend(&self, relative: &Path, create: bool) -> io::Result<Self> {
        let mut here = Self { handle: self.handle.try_clone()?, path: self.path.clone() };
        for component in relative.components() {
            let Component::Normal(name) = component else { return Err(Errno::INVAL.into()) };
            if create {
                match fs::mkdirat(&here.handle, name, Mode::from_raw_mode(DIRECTORY_MODE)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            let handle =
                fs::openat(&here.handle, name, OPEN_DIRECTORY | OFlags::NOFOLLOW, Mode::empty())?;
            here = Self { handle, path: here.path.join(name) };
        }
        Ok(here)
    }

    /// Opens the file `name` for reading, if it is not a link. It may turn out to be something else than a file, such as a
    /// pipe, which is not waited for.
    pub(crate) fn open_file(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(fs::openat(&self.handle, name, flags, Mode::empty())?.into())
    }
}

/// Where a file is to appear.
#[derive(Clone, Debug)]
pub(crate) enum Destination {
    /// At a path that the user or a cache named.
    At(PathBuf),
    /// At a relative path below a directory; missing directories are made, links are not followed.
    Below(Arc<Directory>, PathBuf),
}

impl Destination {
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Self::At(path) => path.clone(),
            Self::Below(root, relative) => root.path.join(relative),
        }
    }

    /// Opens the directory that the file will be in, and tells the file's name there.
    fn open(&self) -> io::Result<(Directory, OsString)> {
        let (Self::At(path) | Self::Below(_, path)) = self;
        let name = path.file_name().ok_or(Errno::ISDIR)?.to_owned();
        let parent = path.parent().unwrap_or_else(|| Path::new(""));
        let directory = match self {
            Self::At(_) if parent.as_os_str().is_empty() => Directory::open(Path::new("."))?,
            Self::At(_) => Directory::open(parent)?,
            Self::Below(root, _) => root.create_below(parent)?,
        };
        Ok((directory, name))
    }
}

/// A file in the making.
///
/// It is created beside its destination, under a name of its own, when it is first written to. Dropped before
/// [`commit`](Self::commit), it is gone.
#[derive(Debug)]
pub(crate) struct PartFile {
    destination: Destination,
    created: Mutex<Option<Created>>,
}

#[derive(Debug)]
struct Created {
    directory: Directory,
    name: OsString,
    part_name: OsString,
    file: Arc<File>,
}

impl PartFile {
    pub(crate) fn new(destination: Destination) -> Self {
        Self { destination, created: Mutex::new(None) }
    }

    /// Returns the open file, which exists from now on. Blocks.
    pub(crate) fn file(&self) -> Result<Arc<File>> {
        let mut created = self.created.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(created) = &*created {
            return Ok(Arc::clone(&created.file));
        }
        let new = Created::new(&self.destination).map_err(|error| self.error(error))?;
        Ok(Arc::clone(&created.insert(new).file))
    }

    /// Gives the file its name, over whatever file had it. The content has to be complete and synced.
    pub(crate) fn commit(&self) -> Result<()> {
        let created = self.created.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(created) = created else { return Err(self.error(Errno::NOENT.into())) };
        let handle = &created.directory.handle;
        fs::renameat(handle, &created.part_name, handle, &created.name).map_err(|error| {
            created.remove();
            self.error(error.into())
        })
    }

    pub(crate) fn error(&self, source: io::Error) -> Error {
        Error::io(self.destination.path(), source)
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if let Some(created) = self.created.get_mut().unwrap_or_else(PoisonError::into_inner).take()
        {
            created.remove();
        }
    }
}

impl Created {
    fn new(destination: &Destination) -> io::Result<Self> {
        let (directory, name) = destination.open()?;
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        loop {
            let part_name = OsString::from(format!(".reenact-{:016x}.part", fastrand::u64(..)));
            match fs::openat(&directory.handle, &part_name, flags, Mode::from_raw_mode(FILE_MODE)) {
                Ok(file) => {
                    return Ok(Self { directory, name, part_name, file: Arc::new(file.into()) });
                }
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn remove(&self) {
        if let Err(error) = fs::unlinkat(&self.directory.handle, &self.part_name, AtFlags::empty())
        {
            tracing::warn!(directory = %self.directory.path.display(), %error, "a part file could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{FileExt, symlink};

    use super::*;

    fn names(directory: &Path) -> Vec<OsString> {
        let mut names: Vec<_> =
            std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn d13_a_file_appears_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data.csv");
        let part = PartFile::new(Destination::At(path.clone()));
        part.file().unwrap().write_all_at(b"half", 0).unwrap();
        assert!(!path.exists());
        drop(part);
        assert!(names(directory.path()).is_empty());

        let part = PartFile::new(Destination::At(path.clone()));
        part.file().unwrap().write_all_at(b"whole", 0).unwrap();
        part.commit().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(directory.path()), ["data.csv"]);
    }

    #[test]
    fn h21_a_link_in_the_destination_does_not_redirect_a_write() {
        let directory = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        symlink(elsewhere.path(), directory.path().join("train")).unwrap();
        let root = Arc::new(Directory::open(directory.path()).unwrap());
        let part = PartFile::new(Destination::Below(root, "train/data.csv".into()));
        let error = part.file().expect_err("the link must not be followed");
        assert_eq!(error.path(), Some(directory.path().join("train/data.csv").as_path()));
        assert!(names(elsewhere.path()).is_empty());
    }

    #[test]
    fn a_destination_that_is_a_directory_leaves_no_debris() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("taken")).unwrap();
        let part = PartFile::new(Destination::At(directory.path().join("taken")));
        part.file().unwrap();
        part.commit().expect_err("a directory cannot be replaced by a file");
        assert_eq!(names(directory.path()), ["taken"]);
    }
}
