//! What can go wrong on the disk, as meanings a caller can act on.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::identity::Identity;

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a question to the cache or a workspace could not be answered.
///
/// [`kind`](Self::kind) is what to match on; [`path`](Self::path) and [`identity`](Self::identity) say which file and
/// which object it was about. The text never repeats the text of its [source](std::error::Error::source).
pub struct Error(Box<Problem>);

/// What an [`Error`] means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller's own callback ended the waiting.
    Cancelled,
    /// The disk or the quota is full.
    DiskFull,
    /// What was given to be read into the cache could not be read.
    Input,
    /// The file system refused something, for another reason than a full or a read-only disk.
    FileSystem,
    /// The index could not be read or written, and rebuilding it did not help.
    Index,
    /// An identity lacks what makes it one: its bucket, its key or its revision is empty or says nothing.
    InvalidIdentity,
    /// A name is empty, too long, or has characters that could lead out of its directory.
    InvalidName,
    /// An option was given a value that makes no sense, such as a size limit of zero.
    InvalidOption,
    /// The files were written by a newer version of this crate and are left alone.
    NewerFormat,
    /// No cache directory was given and the platform names none.
    NoLocation,
    /// The directory is not a workspace, or is a symbolic link.
    NotAWorkspace,
    /// The directory exists but may not be written by this user.
    NotWritable,
    /// Another process kept something locked for longer than the wait limit.
    TimedOut,
    /// A relative path would leave the directory it belongs to, or collides with another; or what was filled in is no
    /// regular file.
    UnsafePath,
    /// What was filled in is shorter or longer than the identity says.
    WrongLength,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("gave up waiting for {0}, as the caller asked")]
    Cancelled(Identity),
    #[error("cannot {action} `{}`", path.display())]
    FileSystem { action: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot {action} the cache index `{}`", path.display())]
    Index { action: &'static str, path: PathBuf, disk_full: bool, source: rusqlite::Error },
    #[error("cannot read what is to be stored as {identity}")]
    Input { identity: Identity, source: io::Error },
    #[error("an object identity needs {needs} (bucket `{bucket}`, key `{key}`)")]
    InvalidIdentity { bucket: String, key: String, needs: &'static str },
    #[error(
        "`{name}` is no workspace name: use 1 to 100 of A-Z a-z 0-9 . _ - and start with a letter or digit"
    )]
    InvalidName { name: String },
    #[error("{option} must be {must}")]
    InvalidOption { option: &'static str, must: &'static str },
    #[error("no place for the cache: give a directory or set {}", crate::location::VARIABLE)]
    NoLocation,
    #[error("`{}` has format {found}, newer than {known}: use a newer reenact or another cache directory", path.display())]
    NewerFormat { path: PathBuf, found: i64, known: i64 },
    #[error("`{}` is not a workspace: it {why}", path.display())]
    NotAWorkspace { path: PathBuf, why: &'static str },
    #[error("another process has held `{}` for {} s; end it or raise the wait limit", path.display(), waited.as_secs())]
    TimedOut { path: PathBuf, waited: Duration },
    #[error("`{}` is refused: it {why}", path.display())]
    UnsafePath { path: PathBuf, why: &'static str },
    #[error("{identity} has more than {} bytes; fetch it again", identity.size())]
    TooLong { identity: Identity },
    #[error("{identity} has {found} bytes instead of {}; fetch it again", identity.size())]
    WrongLength { identity: Identity, found: u64 },
}

impl Error {
    /// Returns what this error means.
    pub fn kind(&self) -> ErrorKind {
        match &*self.0 {
            Problem::Cancelled(_) => ErrorKind::Cancelled,
            Problem::FileSystem { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::DiskFull,
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    ErrorKind::NotWritable
                }
                _ => ErrorKind::FileSystem,
            },
            Problem::Index { disk_full: true, .. } => ErrorKind::DiskFull,
            Problem::Index { source, .. } => match source.sqlite_error_code() {
                Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                    ErrorKind::TimedOut
                }
                Some(rusqlite::ErrorCode::DiskFull) => ErrorKind::DiskFull,
                Some(rusqlite::ErrorCode::ReadOnly) => ErrorKind::NotWritable,
                _ => ErrorKind::Index,
            },
            Problem::Input { .. } => ErrorKind::Input,
            Problem::InvalidIdentity { .. } => ErrorKind::InvalidIdentity,
            Problem::InvalidName { .. } => ErrorKind::InvalidName,
            Problem::InvalidOption { .. } => ErrorKind::InvalidOption,
            Problem::NoLocation => ErrorKind::NoLocation,
            Problem::NewerFormat { .. } => ErrorKind::NewerFormat,
            Problem::NotAWorkspace { .. } => ErrorKind::NotAWorkspace,
            Problem::TimedOut { .. } => ErrorKind::TimedOut,
            Problem::UnsafePath { .. } => ErrorKind::UnsafePath,
            Problem::TooLong { .. } | Problem::WrongLength { .. } => ErrorKind::WrongLength,
        }
    }

    /// Returns the file or directory this error is about, if it is about one.
    pub fn path(&self) -> Option<&Path> {
        match &*self.0 {
            Problem::FileSystem { path, .. }
            | Problem::Index { path, .. }
            | Problem::NewerFormat { path, .. }
            | Problem::NotAWorkspace { path, .. }
            | Problem::TimedOut { path, .. }
            | Problem::UnsafePath { path, .. } => Some(path),
            _ => None,
        }
    }

    /// Returns what SQLite said, if it did.
    pub(crate) fn sqlite(&self) -> Option<&rusqlite::Error> {
        match &*self.0 {
            Problem::Index { source, .. } => Some(source),
            _ => None,
        }
    }

    /// Returns the object this error is about, if it is about one.
    pub fn identity(&self) -> Option<&Identity> {
        match &*self.0 {
            Problem::Cancelled(identity)
            | Problem::Input { identity, .. }
            | Problem::TooLong { identity }
            | Problem::WrongLength { identity, .. } => Some(identity),
            _ => None,
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// Gives an I/O error the words that make it useful: what was being done, to which file.
pub(crate) trait IoContext<T> {
    /// Wraps the error as "cannot `action` `path`".
    fn during(self, action: &'static str, path: &Path) -> Result<T>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn during(self, action: &'static str, path: &Path) -> Result<T> {
        self.map_err(|source| {
            Problem::FileSystem { action, path: path.to_path_buf(), source }.into()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn the_text_names_the_file_and_leaves_the_cause_to_the_source() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let error = Err::<(), _>(full).during("write", Path::new("blobs/ab")).unwrap_err();

        assert_eq!(error.kind(), ErrorKind::DiskFull);
        assert_eq!(error.to_string(), "cannot write `blobs/ab`");
        assert_eq!(error.path(), Some(Path::new("blobs/ab")));
        assert!(!error.to_string().contains(&error.source().unwrap().to_string()));
    }
}
