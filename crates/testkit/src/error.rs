//! What can go wrong while a test is being set up.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the test kit could not do what a test asked for.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    path: Option<PathBuf>,
    source: io::Error,
}

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The server could not open its port or start its thread.
    Start,
    /// A file or directory to publish could not be read.
    Read,
}

impl Error {
    pub(crate) fn start(source: io::Error) -> Self {
        Self(Box::new(Inner { kind: ErrorKind::Start, path: None, source }))
    }

    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        Self(Box::new(Inner { kind: ErrorKind::Read, path: Some(path.to_owned()), source }))
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The file or directory that could not be read.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0.kind, &self.0.path) {
            (ErrorKind::Read, Some(path)) => {
                write!(formatter, "could not read {} to publish it", path.display())
            }
            _ => formatter.write_str("could not start the S3 server on 127.0.0.1"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0.source)
    }
}
