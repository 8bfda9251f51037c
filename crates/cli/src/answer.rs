//! What a command answers: the same thing as text for people and as JSON for programs.

use std::fmt;

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
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

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

/// A failure of the command line's own: something was not given.
#[derive(Debug)]
pub(crate) struct Missing(pub(crate) &'static str);

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for Missing {}
