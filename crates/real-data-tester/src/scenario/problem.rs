//! Something wrong with a value of a scenario, and the keys that lead to it.

use super::diagnostic::Position;
use crate::{Error, ErrorKind};

/// An error at a value, which is known by the keys that lead to it.
#[derive(Debug)]
pub(super) struct Problem {
    path: Vec<String>,
    error: Error,
}

/// The result of looking at a value.
pub(super) type Checked<T> = Result<T, Problem>;

impl Problem {
    /// Takes what is wrong with the value below `key`.
    pub(super) fn at(key: impl Into<String>, error: Error) -> Self {
        Self { path: vec![key.into()], error }
    }

    /// Says that the value is below `key` of something larger.
    pub(super) fn below(mut self, key: impl Into<String>) -> Self {
        self.path.insert(0, key.into());
        self
    }

    /// Tells it with the line and column that the value has in `text`.
    pub(super) fn within(self, text: &str) -> Error {
        let place = Position::of_value(text, &self.path)
            .map_or_else(String::new, |position| format!("{position}: "));
        self.into_error_at(&place)
    }

    fn into_error_at(self, place: &str) -> Error {
        let path: Vec<String> = self.path.iter().map(|key| quoted(key)).collect();
        let message = format!("{place}`{}` is not valid", path.join("."));
        Error::caused(ErrorKind::Scenario, message, self.error)
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        problem.into_error_at("")
    }
}

/// Writes a key as TOML would.
fn quoted(key: &str) -> String {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { format!("{key:?}") }
}
