//! Files without a name, which get one when they are complete, where the system has such files.

#[cfg(target_os = "linux")]
pub(super) use linux::{create, link};

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::{create, link};

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::os::fd::AsRawFd;
    use std::path::Path;
    use std::sync::LazyLock;

    use rustix::fs::{self, AtFlags, CWD, OFlags};
    use rustix::io::{self, Errno};

    use crate::directory::Directory;
    use crate::transfer::created::FILE_MODE;

    const UNNAMED: OFlags = OFlags::RDWR.union(OFlags::TMPFILE).union(OFlags::CLOEXEC);
    /// Where the open files of this process have names. Some systems give a file a name only by that one.
    const OPEN_FILES: &str = "/proc/self/fd";

    /// Creates a file without a name; nothing if the file system knows none, or if it could not get a name here.
    pub(crate) fn create(directory: &Directory) -> Option<File> {
        static MAY_BE_NAMED: LazyLock<bool> = LazyLock::new(|| Path::new(OPEN_FILES).exists());
        MAY_BE_NAMED
            .then(|| fs::openat(directory.handle(), ".", UNNAMED, FILE_MODE).ok())?
            .map(File::from)
    }

    /// Gives a file without a name one that nothing else has.
    pub(crate) fn link(file: &File, directory: &Directory, name: &OsStr) -> io::Result<()> {
        match fs::linkat(file, "", directory.handle(), name, AtFlags::EMPTY_PATH) {
            // Not allowed in this way.
            Err(Errno::NOENT) => {
                let open = format!("{OPEN_FILES}/{}", file.as_raw_fd());
                fs::linkat(CWD, open, directory.handle(), name, AtFlags::SYMLINK_FOLLOW)
            }
            linked => linked,
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::ffi::OsStr;
    use std::fs::File;

    use rustix::io::{self, Errno};

    use crate::directory::Directory;

    pub(crate) fn create(_: &Directory) -> Option<File> {
        None
    }

    pub(crate) fn link(_: &File, _: &Directory, _: &OsStr) -> io::Result<()> {
        Err(Errno::NOTSUP)
    }
}
