//! The crate's one error: a kind to act on, what was being done, and the cause.

use std::error::Error as StdError;
use std::fmt;
use std::path::Path;

/// What a caller may do about an [`Error`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The cache refused: its place, its index or its disk.
    Cache,
    /// The source refused or what was asked for is not there; the chain holds the downloader's error.
    Source,
    /// The program of a step could not be started.
    Executor,
    /// The scenario contradicts itself or names what does not exist.
    Scenario,
    /// The report or the run directory could not be written.
    Workspace,
}

/// Why a run could not be carried out; a step that fails or an output that differs is no error but part of the report.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The result of this crate's operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Returns what kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    pub(crate) fn scenario(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Scenario, message)
    }

    /// For what has no cause but itself.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), source: None }))
    }

    pub(crate) fn caused(
        kind: ErrorKind,
        message: impl Into<String>,
        source: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), source: Some(Box::new(source)) }))
    }

    /// For what was to run and cannot be started.
    pub(crate) fn not_started(
        what: impl fmt::Display,
        source: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self::caused(ErrorKind::Executor, format!("cannot start {what}"), source)
    }

    /// For a file or directory of the run itself.
    pub(crate) fn workspace(
        doing: &str,
        path: &Path,
        source: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self::caused(ErrorKind::Workspace, format!("cannot {doing} {}", path.display()), source)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    /// Shows the whole chain in words: this is what a test that ends with `?` prints.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&chain(self))
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}

/// Joins an error and its causes.
pub(crate) fn chain(error: &dyn StdError) -> String {
    std::iter::successors(Some(error), |error| (*error).source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t13_an_error_keeps_its_kind_and_its_whole_chain() {
        let cause = std::io::Error::other("disk is gone");
        let error = Error::workspace("write", Path::new("/run/report.json"), cause);
        assert_eq!(error.kind(), ErrorKind::Workspace);
        assert_eq!(error.to_string(), "cannot write /run/report.json");
        assert_eq!(format!("{error:?}"), "cannot write /run/report.json: disk is gone");
    }
}
