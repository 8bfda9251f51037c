//! Reads TOML, and says of what is wrong in it the line, the column and the nearest key that would be right.

use std::fmt;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use crate::{Error, Result};

/// How alike two keys must be for one to be a slip of the other, from 0 to 1.
const ALIKE: f64 = 0.6;

/// Reads a TOML text.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let place = error.span().map(|span| format!("{}: ", Position::of(text, span.start)));
        let message = Unknown::parse(error.message())
            .map_or_else(|| error.message().replace('\n', ", "), |unknown| unknown.to_string());
        Error::scenario(format!("{}{message}", place.unwrap_or_default()))
    })
}

/// A place in a text; lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    line: usize,
    column: usize,
}

impl Position {
    fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// Finds the value that the keys of `path` lead to or, of a table, its name.
    pub(super) fn of_value(text: &str, path: &[String]) -> Option<Self> {
        let document = DeTable::parse(text).ok()?;
        let mut table = document.get_ref();
        let mut found = None;
        for key in path {
            let Some((name, value)) = table.iter().find(|(name, _)| name.get_ref() == key) else {
                break;
            };
            let is_table = matches!(value.get_ref(), DeValue::Table(_));
            found = Some(if is_table { name.span().start } else { value.span().start });
            match value.get_ref() {
                DeValue::Table(inner) => table = inner,
                _ => break,
            }
        }
        found.map(|offset| Self::of(text, offset))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// A key or word that is not known where it stands, and those that are.
#[derive(Debug)]
pub(super) struct Unknown<'a> {
    what: &'static str,
    name: &'a str,
    pub(super) known: Vec<&'a str>,
}

impl<'a> Unknown<'a> {
    /// Reads what serde says of an unknown field or variant: its names are in backticks, the unknown one first.
    pub(super) fn parse(message: &'a str) -> Option<Self> {
        let what = match message {
            _ if message.starts_with("unknown field ") => "key",
            _ if message.starts_with("unknown variant ") => "value",
            _ => return None,
        };
        let mut names = message.split('`').skip(1).step_by(2);
        Some(Self { what, name: names.next()?, known: names.collect() })
    }

    fn nearest(&self) -> Option<&str> {
        let likeness = |known: &str| strsim::normalized_damerau_levenshtein(self.name, known);
        let alike = self.known.iter().map(|known| (likeness(known), *known));
        alike
            .filter(|(likeness, _)| *likeness >= ALIKE)
            .max_by(|one, other| one.0.total_cmp(&other.0))
            .map(|(_, known)| known)
    }
}

impl fmt::Display for Unknown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "unknown {} `{}`", self.what, self.name)?;
        if let Some(nearest) = self.nearest() {
            write!(formatter, "; did you mean `{nearest}`?")?;
        }
        if self.known.is_empty() {
            return formatter.write_str("; none is known here");
        }
        write!(formatter, "; known here: {}", self.known.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use crate::Scenario;

    /// Returns the whole chain of what is said of a text.
    fn said_of(text: &str) -> String {
        format!("{:?}", Scenario::from_toml(text).unwrap_err())
    }

    #[test]
    fn an_unknown_key_gets_its_place_and_the_nearest_known_key() {
        let said = said_of("pipeline = 'p'\n\n[steps.clean]\n  imputs = { a = 'b.c' }\n");
        assert!(
            said.starts_with("line 4, column 3: unknown key `imputs`; did you mean `inputs`?"),
            "{said}"
        );
        assert!(said.contains("known here: command, "), "{said}");
    }

    #[test]
    fn an_unknown_key_of_the_rules_gets_its_place_too() {
        let said = said_of("pipeline = 'p'\n[steps.clean.rules.flights]\nkeys = ['id']\n");
        assert!(
            said.starts_with("line 3, column 1: unknown key `keys`; did you mean `key`?"),
            "{said}"
        );
    }

    #[test]
    fn a_value_of_another_type_and_broken_toml_get_their_place() {
        let said = said_of("pipeline = 'p'\n[steps.clean]\ntime_limit_seconds = 'long'\n");
        assert!(said.starts_with("line 3, column 22: invalid type: string"), "{said}");
        let said = said_of("pipeline = 'p'\nbucket = \n");
        assert!(said.starts_with("line 2, column "), "{said}");
    }

    #[test]
    fn what_is_wrong_with_a_value_is_told_with_its_place_and_its_keys() {
        let said = said_of(
            "pipeline = 'é'\n[steps.clean]\ncommand = ['true']\ninputs = { weather = 'i.w', flights = 'ingest' }\n",
        );
        assert!(
            said.starts_with("line 4, column 39: `steps.clean.inputs.flights` is not valid: "),
            "{said}"
        );
        let said = said_of("pipeline = 'p'\n[steps.\"a b@c@d\"]\ncommand = ['true']\n");
        assert!(said.starts_with("line 2, column 8: `steps.\"a b@c@d\"` is not valid: "), "{said}");
        let said = said_of("layout = 'sed'\npipeline = 'p'\n");
        assert!(said.starts_with("line 1, column 10: `layout` is not valid: "), "{said}");
    }

    #[test]
    fn what_is_missing_has_no_line() {
        let said = said_of("pipeline = 'p'\n[steps.clean]\ninputs = {}\n");
        assert!(said.starts_with("`steps.clean.command` is not valid: "), "{said}");
    }
}
