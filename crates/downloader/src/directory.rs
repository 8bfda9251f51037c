//! Directories held open, below which no symbolic link is ever followed.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{self, Mode, OFlags};
use rustix::io::Errno;

const OPEN_DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// What the process's umask leaves of this is what new directories get.
const DIRECTORY_MODE: Mode = Mode::from_bits_retain(0o777);

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

    pub(crate) fn handle(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
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
            let open =
                || fs::openat(&here.handle, name, OPEN_DIRECTORY | OFlags::NOFOLLOW, Mode::empty());
            let handle = match open() {
                Err(Errno::NOENT) if create => {
                    match fs::mkdirat(&here.handle, name, DIRECTORY_MODE) {
                        Ok(()) | Err(Errno::EXIST) => open()?,
                        Err(error) => return Err(error.into()),
                    }
                }
                opened => opened?,
            };
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

/// A directory in which a tree of files is to appear.
#[derive(Debug)]
pub(crate) struct Tree {
    root: Directory,
    /// The directory below the root that was opened last. Files come in the order of their paths, so it mostly is the next, too.
    latest: Mutex<Option<(PathBuf, Arc<Directory>)>>,
}

impl Tree {
    pub(crate) fn new(root: Directory) -> Self {
        Self { root, latest: Mutex::default() }
    }

    /// Opens the directory at `relative`, following no link and making what is missing.
    fn directory(&self, relative: &Path) -> io::Result<Arc<Directory>> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((path, directory)) = &*latest
            && path == relative
        {
            return Ok(Arc::clone(directory));
        }
        let directory = Arc::new(self.root.create_below(relative)?);
        *latest = Some((relative.to_owned(), Arc::clone(&directory)));
        Ok(directory)
    }
}

/// Where a file is to appear.
#[derive(Clone, Debug)]
pub(crate) enum Destination {
    /// At a path that the user or a cache named.
    At(PathBuf),
    /// At a relative path below a directory; missing directories are made, links are not followed.
    Below(Arc<Tree>, PathBuf),
}

impl Destination {
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Self::At(path) => path.clone(),
            Self::Below(tree, relative) => tree.root.path.join(relative),
        }
    }

    /// Opens the directory that the file will be in, and tells the file's name there.
    pub(crate) fn open(&self) -> io::Result<(Arc<Directory>, OsString)> {
        let (Self::At(path) | Self::Below(_, path)) = self;
        let name = path.file_name().ok_or(Errno::ISDIR)?.to_owned();
        let parent = path.parent().unwrap_or_else(|| Path::new(""));
        let directory = match self {
            Self::At(_) if parent.as_os_str().is_empty() => Directory::open(Path::new("."))?.into(),
            Self::At(_) => Directory::open(parent)?.into(),
            Self::Below(tree, _) => tree.directory(parent)?,
        };
        Ok((directory, name))
    }
}
