//! What private values look like in a text.

use std::ops::Range;

use regex::Regex;

use super::{Mask, card_number};
use crate::{Error, ErrorKind, Result};

/// The patterns that are known by name: what they match, and what of a match is meant.
const KNOWN: [(&str, &str, Meant); 6] = [
    ("email", r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", all),
    // Within a binary log letters may touch it.
    ("card_number", r"\d(?:[ -]?\d){12,}", card_number::within),
    ("iban", r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b", iban),
    ("phone_number", r"\+\d(?:[ ()./-]{0,2}\d){6,14}\b", all),
    ("ip_address", r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b", all),
    ("access_key", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", all),
];

/// Lists what is meant of a text that a pattern matches.
type Meant = fn(&str) -> Vec<Range<usize>>;

/// A pattern and the mask of what it matches.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    regex: Regex,
    meant: Meant,
    pub(super) mask: Mask,
}

impl Pattern {
    /// Takes the pattern that is known as `name` or, with one, the regular expression.
    pub(super) fn new(name: &str, regex: Option<&str>, mask: Mask) -> Result<Self> {
        if matches!(mask, Mask::Bucket(_)) {
            return Err(Error::scenario(
                "what a pattern finds in a text cannot be put into buckets",
            ));
        }
        let (regex, meant) = match regex {
            Some(regex) => (regex, all as Meant),
            None => known(name)?,
        };
        let regex = Regex::new(regex).map_err(|error| {
            Error::caused(ErrorKind::Scenario, format!("`{regex}` is no regular expression"), error)
        })?;
        Ok(Self { regex, meant, mask })
    }

    /// Lists where the pattern matches.
    pub(super) fn matches<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let found = self.regex.find_iter(text).filter(|found| !found.is_empty());
        found.flat_map(|found| {
            let meant = (self.meant)(found.as_str()).into_iter();
            meant.map(move |range| found.start() + range.start..found.start() + range.end)
        })
    }
}

/// Returns the pattern that is known by a name.
fn known(name: &str) -> Result<(&'static str, Meant)> {
    let found = KNOWN.iter().find(|(known, ..)| *known == name);
    found.map(|(_, regex, meant)| (*regex, *meant)).ok_or_else(|| {
        let names: Vec<&str> = KNOWN.iter().map(|(name, ..)| *name).collect();
        Error::scenario(format!(
            "no pattern is known as `{name}`: give it a `regex`, or use one of: {}",
            names.join(", ")
        ))
    })
}

fn all(text: &str) -> Vec<Range<usize>> {
    std::iter::once(0..text.len()).collect()
}

/// Leaves a text whose check digits are not those of an account number.
fn iban(text: &str) -> Vec<Range<usize>> {
    if is_iban(text) { all(text) } else { Vec::new() }
}

/// Tells whether the check digits of an account number are right: ISO 13616.
fn is_iban(text: &str) -> bool {
    let compact: String = text.chars().filter(|letter| *letter != ' ').collect();
    let Some((head, tail)) = compact.split_at_checked(4) else { return false };
    let digits = tail.chars().chain(head.chars()).filter_map(|letter| letter.to_digit(36));
    let rest = digits.fold(0, |rest, digit| {
        let shift = if digit < 10 { 10 } else { 100 };
        (rest * shift + digit) % 97
    });
    rest == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(name: &str, text: &'a str) -> Vec<&'a str> {
        let pattern = Pattern::new(name, None, Mask::Redact).unwrap();
        pattern.matches(text).map(|range| &text[range]).collect()
    }

    #[test]
    fn each_known_pattern_finds_its_own_and_leaves_look_alikes() {
        assert_eq!(found("email", "to ada@example.org, or a@b"), ["ada@example.org"]);
        assert_eq!(
            found("card_number", "4111 1111 1111 1111 and 4111111111111112"),
            ["4111 1111 1111 1111"]
        );
        assert_eq!(found("card_number", "orgcard4111111111111111none"), ["4111111111111111"]);
        assert_eq!(
            found("iban", "GB82 WEST 1234 5698 7654 32; GB83WEST12345698765432"),
            ["GB82 WEST 1234 5698 7654 32"]
        );
        assert_eq!(
            found("phone_number", "call +49 (170) 123-4567 or 12345"),
            ["+49 (170) 123-4567"]
        );
        assert_eq!(found("ip_address", "10.0.0.254, 10.0.0.256"), ["10.0.0.254"]);
        assert_eq!(found("access_key", "AKIAIOSFODNN7EXAMPLE"), ["AKIAIOSFODNN7EXAMPLE"]);
    }

    #[test]
    fn an_unknown_name_and_a_broken_expression_are_refused() {
        let error = Pattern::new("mail", None, Mask::Redact).unwrap_err();
        assert!(error.to_string().contains("use one of: email, card_number"), "{error}");
        assert!(Pattern::new("x", Some("("), Mask::Redact).is_err());
        assert!(Pattern::new("email", None, Mask::Bucket(1.0)).is_err());
    }
}
