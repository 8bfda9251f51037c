//! Reads rules from TOML and JSON, and says where and what is wrong with them.

use std::path::Path;

use super::Rules;
use super::nearest::nearest_in_error;
use crate::{Error, ErrorKind, Result};

impl Rules {
    /// Reads rules from TOML.
    ///
    /// ```
    /// # use reenact_validator::Rules;
    /// let error = Rules::from_toml("confidence = 0.95\nkeys = ['id']\n").unwrap_err();
    /// assert_eq!((error.line(), error.character()), (Some(2), Some(1)));
    /// assert!(error.to_string().starts_with("unknown field `keys`, did you mean `key`?"));
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRules`] with line and character: for what is no TOML, for an unknown field or type, and for a value out of
    /// range.
    pub fn from_toml(text: &str) -> Result<Self> {
        let rules: Self = toml::from_str(text).map_err(|error| {
            let invalid = invalid(error.message());
            match error.span() {
                Some(span) => {
                    let (line, character) = position(text, span.start);
                    invalid.at_line(line).at_character(character)
                }
                None => invalid,
            }
        })?;
        rules.check()?;
        Ok(rules)
    }

    /// Reads rules from JSON.
    ///
    /// # Errors
    /// As [`Rules::from_toml`].
    pub fn from_json(text: &str) -> Result<Self> {
        let rules: Self = serde_json::from_str(text).map_err(|error| {
            let place = format!(" at line {} column {}", error.line(), error.column());
            let message = error.to_string();
            invalid(message.strip_suffix(&place).unwrap_or(&message))
                .at_line(error.line() as u64)
                .at_character(error.column() as u64)
        })?;
        rules.check()?;
        Ok(rules)
    }

    /// Reads rules from a file: JSON if its name ends in `.json`, else TOML.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] or [`ErrorKind::Unreadable`], else as [`Rules::from_toml`], with the path.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs_err::read_to_string(path).map_err(|error| Error::io(path, error))?;
        let is_json =
            path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        let rules = if is_json { Self::from_json(&text) } else { Self::from_toml(&text) };
        rules.map_err(|error| error.at_path(path))
    }

    /// Writes the rules as TOML, without what is as by default.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRules`] if a value is not in range.
    pub fn to_toml(&self) -> Result<String> {
        self.check()?;
        toml::to_string(self).map_err(|error| {
            Error::new(ErrorKind::InvalidRules, "cannot write the rules as TOML").because(error)
        })
    }
}

fn invalid(message: &str) -> Error {
    let text = match nearest_in_error(message) {
        // What was meant says more than the list of all names.
        Some(name) => {
            let known = message.split_once(", expected").map_or(message, |(start, _)| start);
            format!("{known}, did you mean `{name}`?")
        }
        None => message.trim_end().to_owned(),
    };
    Error::new(ErrorKind::InvalidRules, text)
}

/// Returns line and character of a byte, both counted from 1.
fn position(text: &str, offset: usize) -> (u64, u64) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() as u64 + 1;
    let start = before.rfind('\n').map_or(0, |index| index + 1);
    (line, before[start..].chars().count() as u64 + 1)
}
