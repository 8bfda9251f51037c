//! How text files are read.

use std::collections::BTreeSet;

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
}

impl Default for TextFormat {
    fn default() -> Self {
        let null_tokens = ["", "NA", "N/A", "null", "NULL", "None"];
        Self { null_tokens: null_tokens.map(str::to_owned).into(), header: true }
    }
}
