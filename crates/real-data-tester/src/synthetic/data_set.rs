//! Kinds of made-up data.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A kind of made-up data: the ordinary case, or one that often breaks steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DataSet {
    /// As the columns say.
    #[default]
    Ordinary,
    /// No row.
    Empty,
    /// One row.
    OneRow,
    /// Every value null.
    AllNull,
    /// The largest and smallest values of each kind, negative zero, infinities and not-a-number.
    Extreme,
    /// Texts that are easily cut, folded, reordered, escaped or taken for something else.
    Unicode,
    /// Texts of up to 64 KiB.
    LongText,
    /// Every unique value three times, in rows that otherwise differ.
    DuplicateKeys,
    /// Times at which clocks change, days begin twice and years turn.
    TimeZones,
}

impl DataSet {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::Ordinary,
        Self::Empty,
        Self::OneRow,
        Self::AllNull,
        Self::Extreme,
        Self::Unicode,
        Self::LongText,
        Self::DuplicateKeys,
        Self::TimeZones,
    ];

    /// Returns the word used in scenarios and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Empty => "empty",
            Self::OneRow => "one_row",
            Self::AllNull => "all_null",
            Self::Extreme => "extreme",
            Self::Unicode => "unicode",
            Self::LongText => "long_text",
            Self::DuplicateKeys => "duplicate_keys",
            Self::TimeZones => "time_zones",
        }
    }

    /// Returns how many rows it has where `rows` are asked for.
    pub(super) fn rows(self, rows: u64) -> u64 {
        match self {
            Self::Empty => 0,
            Self::OneRow => 1,
            _ => rows,
        }
    }
}

impl fmt::Display for DataSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for DataSet {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|set| set.as_str() == text).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|set| set.as_str()).collect();
            Error::scenario(format!(
                "there is no data set `{text}`; there are {}",
                known.join(", ")
            ))
        })
    }
}
