//! `Mismatch`: why a key does not fit a layout. Data, since most keys of a bucket are none of our concern.

use crate::text::Visible;

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a key does not fit a layout, and where it stops fitting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    pub(super) key: String,
    pub(super) position: usize,
    pub(super) reason: MismatchReason,
}

/// What is wrong at the position where a key stops fitting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MismatchReason {
    /// The key fits, but one of the layout's globs excludes it.
    Excluded {
        /// The glob.
        glob: String,
    },
    /// A segment of the key is not what the layout has there.
    Expected {
        /// The part of the template for this segment.
        expected: String,
        /// The segment of the key.
        found: String,
    },
    /// The key goes on although the layout ends.
    Longer,
    /// The text in the place of a variable cannot be its value.
    Name {
        /// The variable.
        variable: String,
        /// What is wrong with the text.
        reason: String,
    },
    /// A variable that is there twice has two values.
    Repeated {
        /// The variable.
        variable: String,
    },
    /// The key ends although the layout goes on.
    Shorter {
        /// The part of the template that the key lacks.
        expected: String,
    },
}

impl Mismatch {
    /// Returns the key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the byte offset in the key up to which it fits.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Returns what is wrong there.
    pub fn reason(&self) -> &MismatchReason {
        &self.reason
    }
}

impl std::error::Error for Mismatch {}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, position, reason } = self;
        write!(f, "key `{}` ", Visible(key))?;
        if let MismatchReason::Excluded { glob } = reason {
            return write!(f, "is excluded by `{glob}`");
        }
        let column = key.get(..*position).map_or(0, |before| before.chars().count()) + 1;
        write!(f, "stops fitting at character {column}: ")?;
        match reason {
            MismatchReason::Expected { expected, found } => {
                write!(f, "expected `{expected}`, found `{found}`")
            }
            MismatchReason::Excluded { .. } => Ok(()),
            MismatchReason::Longer => f.write_str("the layout ends here"),
            MismatchReason::Name { variable, reason } => {
                write!(f, "in the place of `{{{variable}}}`, {reason}")
            }
            MismatchReason::Repeated { variable } => {
                write!(f, "`{{{variable}}}` had another value before")
            }
            MismatchReason::Shorter { expected } => write!(f, "it ends, expected `{expected}`"),
        }
    }
}
