//! Masks values and texts: what a [`Masking`](super::Masking) asks for, with the key of one run.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use globset::GlobMatcher;

use super::dictionary::Dictionary;
use super::pattern::Pattern;
use super::shape::fake;
use super::{Mask, Secret};
use crate::Result;

/// What stands for a value that is not shown at all.
pub(super) const REDACTED: &str = "<redacted>";
/// What stands for a text in which private values could not be looked for.
const WITHHELD: &str =
    "<withheld: the masked columns hold more values than are looked for in free text>";
/// Whole numbers below this are exact in every format.
const NUMBERS: u64 = 1 << 53;

/// What is masked in one run, and how.
#[derive(Debug)]
pub(crate) struct Masker {
    secret: Secret,
    columns: Vec<(GlobMatcher, Mask)>,
    patterns: Vec<Pattern>,
    dictionary: RwLock<Dictionary>,
}

impl Masker {
    pub(super) fn new(
        secret: Secret,
        columns: Vec<(GlobMatcher, Mask)>,
        patterns: Vec<Pattern>,
    ) -> Self {
        Self { secret, columns, patterns, dictionary: RwLock::default() }
    }

    /// Returns the mask of a column, or of the struct or object that it is in.
    pub(crate) fn column(&self, name: &str) -> Option<Mask> {
        let around = name.rmatch_indices('.').map(|(dot, _)| &name[..dot]);
        let mut names = std::iter::once(name).chain(around);
        names
            .find_map(|name| self.columns.iter().find(|(glob, _)| glob.is_match(name)))
            .map(|(_, mask)| *mask)
    }

    /// Tells whether a mask is for the column of this very name, rather than for all that fit a pattern.
    pub(crate) fn asks_for(&self, name: &str) -> bool {
        self.columns.iter().any(|(glob, _)| glob.glob().glob().eq_ignore_ascii_case(name))
    }

    /// Tells whether any column is masked.
    pub(crate) fn has_columns(&self) -> bool {
        !self.columns.is_empty()
    }

    /// Remembers values of masked columns, so that they are found in free text.
    pub(crate) fn learn<'a>(
        &self,
        values: impl IntoIterator<Item = (&'a str, Mask)>,
    ) -> Result<()> {
        let mut dictionary = self.dictionary.write().unwrap_or_else(PoisonError::into_inner);
        for (value, mask) in values {
            dictionary.add(value, mask);
        }
        dictionary.compile()
    }

    /// Returns what is shown in the place of `value`.
    pub(crate) fn show(&self, value: &str, mask: Mask) -> String {
        match (mask, number(value)) {
            (Mask::Bucket(width), Some(number)) => {
                let low = bucket(number, width);
                format!("[{low}, {})", low + width)
            }
            _ => self.stage(value, mask, NUMBERS).unwrap_or_else(|| REDACTED.to_owned()),
        }
    }

    /// Returns what a step sees in the place of `value`, in a column whose whole numbers are below `numbers`; nothing for null.
    pub(crate) fn stage(&self, value: &str, mask: Mask, numbers: u64) -> Option<String> {
        match mask {
            Mask::Redact => None,
            Mask::Bucket(width) => number(value).map(|number| bucket(number, width).to_string()),
            Mask::Fake => Some(fake(value, self.secret.stream(value))),
            Mask::Hash => Some(match number(value) {
                Some(number) => {
                    (self.secret.number(&number.to_string()) % numbers.min(NUMBERS)).to_string()
                }
                None => format!("{:016x}", self.secret.number(value)),
            }),
        }
    }

    /// Masks what patterns find in a text.
    pub(crate) fn scrub_patterns<'a>(&self, text: &'a str) -> Cow<'a, str> {
        replace(text, self.pattern_matches(text))
    }

    /// Masks what patterns find in a text, and every value of a masked column that is known.
    pub(crate) fn scrub<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if text.is_empty() {
            return Cow::Borrowed(text);
        }
        let dictionary = self.dictionary.read().unwrap_or_else(PoisonError::into_inner);
        if dictionary.overflows() {
            return Cow::Borrowed(WITHHELD);
        }
        let known =
            dictionary.matches(text).map(|(range, value, mask)| (range, self.show(value, mask)));
        let found = self.pattern_matches(text).into_iter().chain(known).collect();
        replace(text, found)
    }

    fn pattern_matches(&self, text: &str) -> Vec<(Range<usize>, String)> {
        let found = self.patterns.iter().flat_map(|pattern| {
            pattern.matches(text).map(|range| (range, pattern.mask)).collect::<Vec<_>>()
        });
        found.map(|(range, mask)| (range.clone(), self.show(&text[range], mask))).collect()
    }
}

/// Replaces what was found; of what overlaps the first, then the longest is shown, and all of it goes.
fn replace(text: &str, mut found: Vec<(Range<usize>, String)>) -> Cow<'_, str> {
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    let (mut clean, mut end) = (String::with_capacity(text.len()), 0);
    for (range, shown) in found {
        if range.start >= end {
            clean.push_str(&text[end..range.start]);
            clean.push_str(&shown);
        }
        end = end.max(range.end);
    }
    clean.push_str(&text[end..]);
    Cow::Owned(clean)
}

/// Reads a value as a number, if it is a finite one; `1`, `1.0` and `1e0` are the same.
fn number(value: &str) -> Option<f64> {
    let starts =
        value.starts_with(|letter: char| letter.is_ascii_digit() || letter == '-' || letter == '.');
    let leading_zero = value.len() > 1 && value.starts_with('0') && !value.starts_with("0.");
    if !starts || leading_zero {
        return None;
    }
    value.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Returns the lower end of the range that a number lies in.
fn bucket(number: f64, width: f64) -> f64 {
    (number / width).floor() * width
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::masking::Masking;

    fn masker() -> Masker {
        Masking::new()
            .with_column("name", Mask::Fake)
            .with_column("*_id", Mask::Hash)
            .with_pattern("email", Mask::Redact)
            .with_key("k")
            .compile()
            .unwrap()
    }

    #[test]
    fn hashes_depend_on_the_value_and_the_key_alone_so_joins_hold() {
        let (one, other) = (masker(), masker());
        let hash = |masker: &Masker, value| masker.show(value, Mask::Hash);
        assert_eq!(hash(&one, "C-17"), hash(&other, "C-17"));
        assert_ne!(hash(&one, "C-17"), hash(&one, "C-18"));
        assert_eq!(hash(&one, "C-17").len(), 16);
        assert_eq!(hash(&one, "17"), hash(&one, "17.0"), "a number and its text");
        assert!(hash(&one, "17").parse::<u64>().unwrap() < NUMBERS);
        assert_ne!(hash(&one, "017"), hash(&one, "17"), "a text with a leading zero is no number");
        let foreign =
            Masking::new().with_column("x", Mask::Hash).with_key("other").compile().unwrap();
        assert_ne!(hash(&foreign, "C-17"), hash(&one, "C-17"));
    }

    #[test]
    fn each_mask_is_shown_and_staged() {
        let masker = masker();
        assert_eq!(masker.show("37", Mask::Bucket(10.0)), "[30, 40)");
        assert_eq!(masker.stage("-3.5", Mask::Bucket(10.0), NUMBERS).as_deref(), Some("-10"));
        assert_eq!(masker.show("Ada", Mask::Bucket(10.0)), REDACTED);
        assert_eq!(masker.show("Ada", Mask::Redact), REDACTED);
        assert_eq!(masker.stage("Ada", Mask::Redact, NUMBERS), None);
        assert!(masker.stage("99", Mask::Hash, 100).unwrap().parse::<u64>().unwrap() < 100);
    }

    #[test]
    fn a_column_is_masked_by_its_name_and_else_by_the_first_pattern_that_fits() {
        let masker = masker();
        assert_eq!(masker.column("customer_id"), Some(Mask::Hash));
        assert_eq!(masker.column("name"), Some(Mask::Fake));
        assert_eq!(masker.column("Name"), Some(Mask::Fake), "case does not hide a column");
        assert_eq!(masker.column("names"), None);
        assert_eq!(masker.column("name.first"), Some(Mask::Fake), "with all that is in it");
        assert_eq!(masker.column("first.name"), None);
    }

    #[test]
    fn free_text_loses_patterns_and_known_values_and_nothing_else() {
        let masker = masker();
        masker
            .learn([("Ada Lovelace", Mask::Redact), ("Ada", Mask::Redact), ("al", Mask::Redact)])
            .unwrap();
        let clean = masker.scrub("ADA LOVELACE (ada@example.org) has Adamant gall; Ada's fault");
        assert_eq!(clean, "<redacted> (<redacted>) has Adamant gall; <redacted>'s fault");
        assert_eq!(masker.scrub_patterns("Ada: a@b.org"), "Ada: <redacted>");
        assert!(matches!(masker.scrub("nothing"), Cow::Borrowed("nothing")));
    }

    #[test]
    fn text_is_withheld_when_there_are_too_many_values_to_look_for() {
        let masker = masker();
        let values: Vec<String> = (100_000..400_000).map(|id| id.to_string()).collect();
        masker.learn(values.iter().map(|value| (value.as_str(), Mask::Redact))).unwrap();
        assert_eq!(masker.scrub("399999 is here"), WITHHELD);
        assert_eq!(masker.scrub(""), "");
    }
}
