//! What a command answers: the same thing as text for people and as JSON for programs.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::path::Path;

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
pub(crate) fn count<N: Copy + fmt::Display + PartialEq + From<u8>>(
    number: N,
    noun: &str,
) -> String {
    let plural = if number == N::from(1) { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// A failure of the command line's own: something was not given, or is not there.
#[derive(Debug)]
pub(crate) struct Missing(Cow<'static, str>);

impl Missing {
    /// Says what is missing, and what to do.
    pub(crate) fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for Missing {}

/// What could not be done because of something else.
#[derive(Debug)]
pub(crate) struct Prevented {
    text: String,
    source: Failure,
}

impl Prevented {
    /// Says what could not be done.
    pub(crate) fn new(text: impl Into<String>, source: impl Into<Failure>) -> Self {
        Self { text: text.into(), source: source.into() }
    }

    /// Says that a file that was given cannot be used.
    pub(crate) fn by_file(what: &str, path: &Path, source: impl Into<Failure>) -> Self {
        Self::new(format!("the {what} in {} cannot be used", path.display()), source)
    }
}

impl fmt::Display for Prevented {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Error for Prevented {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
