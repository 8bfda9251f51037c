//! How text files are read.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// How text files are read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TextFormat {
    /// The cells of CSV and TSV files that mean null, exactly as written. By default the empty
    /// cell, `NA`, `N/A`, `null`, `NULL` and `None`.
    pub null_tokens: BTreeSet<String>,
    /// Whether CSV and TSV files start with a line of column names. By default true; otherwise the
    /// columns are called `column_1`, `column_2` and so on.
    pub header: bool,
    /// What stands between the cells of a CSV or TSV file, an ASCII character. By default what the name and
    /// the first line of the file tell: comma, semicolon, tab or vertical bar.
    pub delimiter: Option<char>,
    /// What cells that hold a delimiter are put into, an ASCII character; `None` if cells are never quoted. By default `"`.
    pub quote: Option<char>,
    /// What stands before a quote within quotes, an ASCII character. By default nothing: a quote is doubled.
    pub escape: Option<char>,
    /// What starts a line that is no record, an ASCII character. By default nothing.
    pub comment: Option<char>,
    /// The types of columns whose cells are not to be taken for what they look like. By default none.
    pub types: BTreeMap<String, CellType>,
}

/// The type of a column of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CellType {
    /// `true` and `false`, in lower, upper or title case.
    Boolean,
    /// A day such as `2013-01-31`.
    Date,
    /// A number with a point or an exponent.
    Float,
    /// Date and time with a zone.
    Instant,
    /// Digits with an optional sign that fit 64 bits.
    Integer,
    /// Whatever it looks like.
    Text,
    /// Date and time without a zone.
    Timestamp,
}

impl Default for TextFormat {
    fn default() -> Self {
        let null_tokens = ["", "NA", "N/A", "null", "NULL", "None"];
        Self {
            null_tokens: null_tokens.map(str::to_owned).into(),
            header: true,
            delimiter: None,
            quote: Some('"'),
            escape: None,
            comment: None,
            types: BTreeMap::new(),
        }
    }
}
