//! What a command answers: the same thing as text for people and as JSON for programs.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::exit;

/// The answer of a command.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) json: Value,
    pub(crate) exit: u8,
}

/// Whatever keeps a command from answering, with its causes.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

impl Answer {
    /// Answers with `value`, shown to people as `text`.
    pub(crate) fn new(value: &impl Serialize, text: impl Into<String>) -> Result<Self, Failure> {
        Ok(Self { text: text.into(), json: serde_json::to_value(value)?, exit: exit::MATCH })
    }

    /// Ends with `exit`.
    pub(crate) fn with_exit(self, exit: u8) -> Self {
        Self { exit, ..self }
    }
}

/// Returns a number with its noun: `1 object`, `2 objects`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// A failure of the command line's own: something was not given.
#[derive(Debug)]
pub(crate) struct Missing(pub(crate) &'static str);

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl Error for Missing {}

/// A file that was given cannot be understood.
#[derive(Debug)]
pub(crate) struct Unusable {
    what: &'static str,
    path: PathBuf,
    source: Failure,
}

impl Unusable {
    pub(crate) fn new(what: &'static str, path: &Path, source: impl Into<Failure>) -> Self {
        Self { what, path: path.to_owned(), source: source.into() }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the {} in {} cannot be used", self.what, self.path.display())
    }
}

impl Error for Unusable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
