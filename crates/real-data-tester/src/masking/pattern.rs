//! What private values look like in a text.

use regex::Regex;

use super::Mask;
use crate::{Error, ErrorKind, Result};

/// The patterns that are known by name: what they match, and what tells a true match from a look-alike.
const KNOWN: [(&str, &str, Check); 6] = [
    ("email", r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", always),
    ("card_number", r"\b\d(?:[ -]?\d){12,18}\b", luhn),
    ("iban", r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b", iban),
    ("phone_number", r"\+\d(?:[ ()./-]{0,2}\d){6,14}\b", always),
    (
        "ip_address",
        r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b",
        always,
    ),
    ("access_key", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", always),
];

type Check = fn(&str) -> bool;

/// A pattern and the mask of what it matches.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    regex: Regex,
    check: Check,
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
        let (regex, check) = match regex {
            Some(regex) => (regex, always as Check),
            None => known(name)?,
        };
        let regex = Regex::new(regex).map_err(|error| {
            Error::caused(ErrorKind::Scenario, format!("`{regex}` is no regular expression"), error)
        })?;
        Ok(Self { regex, check, mask })
    }

    /// Lists where the pattern matches.
    pub(super) fn matches<'a>(
        &'a self,
        text: &'a str,
    ) -> impl Iterator<Item = std::ops::Range<usize>> + 'a {
        let found = self.regex.find_iter(text);
        found
            .filter(|found| !found.is_empty() && (self.check)(found.as_str()))
            .map(|found| found.range())
    }
}

/// Returns the pattern that is known by a name.
fn known(name: &str) -> Result<(&'static str, Check)> {
    let found = KNOWN.iter().find(|(known, ..)| *known == name);
    found.map(|(_, regex, check)| (*regex, *check)).ok_or_else(|| {
        let names: Vec<&str> = KNOWN.iter().map(|(name, ..)| *name).collect();
        Error::scenario(format!(
            "no pattern is known as `{name}`: give it a `regex`, or use one of: {}",
            names.join(", ")
        ))
    })
}

fn always(_: &str) -> bool {
    true
}

/// Tells whether the check digit of a card number is right: ISO/IEC 7812-1, annex B.
fn luhn(text: &str) -> bool {
    let digits = text.chars().rev().filter_map(|letter| letter.to_digit(10));
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    sum.is_multiple_of(10)
}

/// Tells whether the check digits of an account number are right: ISO 13616.
fn iban(text: &str) -> bool {
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
