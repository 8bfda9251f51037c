//! The one error of this crate: a kind to act on, and where it happened.

use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn StdError + Send + Sync + 'static>;

/// Why a comparison could not be made.
///
/// Differences between the two sides are never errors: they are findings of a
/// [`Judgement`](crate::Judgement). An error means that the question could not be answered.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    path: Option<PathBuf>,
    line: Option<u64>,
    character: Option<u64>,
    offset: Option<u64>,
    column: Option<String>,
    source: Option<Source>,
}

/// What an [`Error`] means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A candidate or reference path does not exist.
    NotFound,
    /// A file or directory exists but the system refused to read it.
    Unreadable,
    /// A file is broken: truncated, ragged, or not of the format its name claims.
    Malformed,
    /// The part files of one table do not have the same columns.
    InconsistentParts,
    /// A rule names a table or column that is on neither side.
    UnknownName,
    /// The rules contradict themselves or contain a value out of range.
    InvalidRules,
    /// A business rule gave up instead of answering.
    BusinessRule,
    /// A profile was written by a newer release.
    Newer,
    /// A profile can't be written where it was to go.
    NotWritable,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let inner = Inner {
            kind,
            message: message.into(),
            path: None,
            line: None,
            character: None,
            offset: None,
            column: None,
            source: None,
        };
        Self(Box::new(inner))
    }

    pub(crate) fn malformed(path: &Path, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Malformed, message).at_path(path)
    }

    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        let (kind, message) = match source.kind() {
            std::io::ErrorKind::NotFound => (ErrorKind::NotFound, "there is nothing at"),
            _ => (ErrorKind::Unreadable, "cannot read"),
        };
        Self::new(kind, message).at_path(path).because(source)
    }

    pub(crate) fn not_writable(path: &Path, source: std::io::Error) -> Self {
        Self::new(ErrorKind::NotWritable, "cannot write").at_path(path).because(source)
    }

    /// Puts an error of a text below one that names the file it came from.
    pub(crate) fn in_file(self, path: &Path) -> Self {
        Self::new(self.kind(), "cannot use").at_path(path).because(self)
    }

    pub(crate) fn at_path(mut self, path: &Path) -> Self {
        self.0.path = Some(path.to_path_buf());
        self
    }

    pub(crate) fn at_line(mut self, line: u64) -> Self {
        self.0.line = Some(line);
        self
    }

    pub(crate) fn at_character(mut self, character: u64) -> Self {
        self.0.character = Some(character);
        self
    }

    pub(crate) fn at_offset(mut self, offset: u64) -> Self {
        self.0.offset = Some(offset);
        self
    }

    pub(crate) fn in_column(mut self, column: &str) -> Self {
        self.0.column = Some(column.to_owned());
        self
    }

    pub(crate) fn because(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Creates the error of a business rule that could not be evaluated.
    pub fn business_rule(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::BusinessRule, message)
    }

    /// Returns what the error means.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the file or directory concerned.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// Returns the line of a text file, counted from 1.
    pub fn line(&self) -> Option<u64> {
        self.0.line
    }

    /// Returns the character in the line of a rule file, counted from 1.
    pub fn character(&self) -> Option<u64> {
        self.0.character
    }

    /// Returns the byte at or just before which a file is broken, counted from 0: of a compressed file that
    /// can't be decompressed as it is on disk, otherwise of its content.
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// Returns the column concerned.
    pub fn column(&self) -> Option<&str> {
        self.0.column.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(path) = &self.0.path {
            write!(f, " {}", path.display())?;
        }
        if let Some(line) = self.0.line {
            write!(f, ", line {line}")?;
        }
        if let Some(character) = self.0.character {
            write!(f, ", character {character}")?;
        }
        if let Some(offset) = self.0.offset {
            write!(f, ", byte {offset}")?;
        }
        if let Some(column) = &self.0.column {
            write!(f, ", column `{column}`")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("path", &self.0.path)
            .field("line", &self.0.line)
            .field("character", &self.0.character)
            .field("offset", &self.0.offset)
            .field("column", &self.0.column)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
