//! The private values that are known, to be found again in free text.

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::Mask;
use crate::{Error, ErrorKind, Result};

/// Shorter values would be found everywhere.
const SHORTEST: usize = 3;
/// Values from this length are found within words too.
const WITHIN_WORDS: usize = 8;
/// More values than this are not looked for.
pub(crate) const MOST_VALUES: usize = 200_000;

/// Values of masked columns with their masks.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    values: BTreeMap<String, Mask>,
    overflows: bool,
    finder: Option<(AhoCorasick, Vec<(String, Mask)>)>,
}

impl Dictionary {
    /// Adds a value; its mask is looked up when the dictionary is [compiled](Self::compile).
    pub(super) fn add(&mut self, value: &str, mask: Mask) {
        let value = value.trim();
        if value.chars().count() < SHORTEST || self.values.contains_key(value) {
            return;
        }
        if self.values.len() < MOST_VALUES {
            self.values.insert(value.to_owned(), mask);
        } else {
            self.overflows = true;
        }
    }

    /// Makes ready what was added.
    pub(super) fn compile(&mut self) -> Result<()> {
        let values: Vec<(String, Mask)> =
            self.values.iter().map(|(value, mask)| (value.clone(), *mask)).collect();
        let finder = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(values.iter().map(|(value, _)| value))
            .map_err(|error| {
                Error::caused(
                    ErrorKind::Scenario,
                    "the masked columns hold too much to look for",
                    error,
                )
            })?;
        self.finder = Some((finder, values));
        Ok(())
    }

    /// Tells whether there were more values than are looked for.
    pub(super) fn overflows(&self) -> bool {
        self.overflows
    }

    /// Lists where known values stand, with the value and its mask; they may overlap.
    pub(super) fn matches<'a>(
        &'a self,
        text: &'a str,
    ) -> impl Iterator<Item = (Range<usize>, &'a str, Mask)> {
        self.finder.iter().flat_map(move |(finder, values)| {
            finder.find_overlapping_iter(text).filter_map(move |found| {
                let (value, mask) = &values[found.pattern().as_usize()];
                let whole = value.len() >= WITHIN_WORDS || stands_alone(text, found.range());
                whole.then(|| (found.range(), value.as_str(), *mask))
            })
        })
    }
}

/// Tells whether no letter or digit touches a range from outside.
fn stands_alone(text: &str, range: Range<usize>) -> bool {
    let before = text[..range.start].chars().next_back();
    let after = text[range.end..].chars().next();
    ![before, after].into_iter().flatten().any(char::is_alphanumeric)
}
