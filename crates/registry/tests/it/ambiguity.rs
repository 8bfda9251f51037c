//! Whether a template is ambiguous, against counting all readings of all short keys.

use std::collections::BTreeSet;

use proptest::prelude::*;
use reenact_registry::{ErrorKind, Layout};

/// A part of a template, as this test reads it.
#[derive(Clone, Debug)]
enum Part {
    Literal(&'static str),
    /// One of [`VALUES`].
    Variable(usize),
    Group(Vec<Self>),
}

/// A constraint, and what it means.
type Values = (&'static str, fn(&str) -> bool);

const VALUES: [Values; 4] = [
    ("", |text| !text.is_empty() && !text.contains('/')),
    (":[ab]+", |text| !text.is_empty() && text.chars().all(|c| "ab".contains(c))),
    (":a-?", |text| matches!(text, "a" | "a-")),
    (":a|ab|b-b", |text| matches!(text, "a" | "ab" | "b-b")),
];

/// Where each variable starts and ends, by the order in which they are spelled.
type Reading = Vec<Option<(usize, usize)>>;

fn write(parts: &[Part], number: &mut usize) -> String {
    let write_one = |part: &Part| match part {
        Part::Literal(text) => (*text).to_owned(),
        Part::Variable(values) => {
            *number += 1;
            format!("{{v{number}{}}}", VALUES[*values].0)
        }
        Part::Group(inner) => format!("[{}]", write(inner, number)),
    };
    parts.iter().map(write_one).collect()
}

fn variables(parts: &[Part]) -> usize {
    let count = |part: &Part| match part {
        Part::Literal(_) => 0,
        Part::Variable(_) => 1,
        Part::Group(inner) => variables(inner),
    };
    parts.iter().map(count).sum()
}

/// Adds all ways to read `key` from `at` on.
fn read(parts: &[Part], key: &str, at: usize, so_far: &Reading, readings: &mut BTreeSet<Reading>) {
    let Some((first, rest)) = parts.split_first() else {
        if at == key.len() {
            readings.insert(so_far.clone());
        }
        return;
    };
    match first {
        Part::Literal(text) => {
            if key[at..].starts_with(text) {
                read(rest, key, at + text.len(), so_far, readings);
            }
        }
        Part::Variable(values) => {
            for end in (at + 1..=key.len()).filter(|end| key.is_char_boundary(*end)) {
                if VALUES[*values].1(&key[at..end]) {
                    let extended = so_far.iter().copied().chain([Some((at, end))]).collect();
                    read(rest, key, end, &extended, readings);
                }
            }
        }
        Part::Group(inner) => {
            let present: Vec<_> = inner.iter().chain(rest).cloned().collect();
            read(&present, key, at, so_far, readings);
            let absent = so_far.iter().copied().chain(vec![None; variables(inner)]).collect();
            read(rest, key, at, &absent, readings);
        }
    }
}

fn readings(parts: &[Part], key: &str) -> usize {
    let mut all = BTreeSet::new();
    read(parts, key, 0, &Vec::new(), &mut all);
    all.len()
}

/// All keys of up to five of these characters.
fn short_keys() -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut longest = keys.clone();
    for _ in 0..5 {
        longest = longest
            .iter()
            .flat_map(|key| ["a", "b", "-", "/"].map(|next| format!("{key}{next}")))
            .collect();
        keys.extend(longest.iter().cloned());
    }
    keys
}

fn literal_or_variable() -> impl Strategy<Value = Part> {
    prop_oneof![
        prop::sample::select(vec!["-", "/", "a"]).prop_map(Part::Literal),
        (0..VALUES.len()).prop_map(Part::Variable),
    ]
}

fn part() -> impl Strategy<Value = Part> {
    let group = prop::collection::vec(literal_or_variable(), 1..4)
        .prop_filter("a group has a variable", |inner| variables(inner) > 0)
        .prop_map(Part::Group);
    prop_oneof![3 => literal_or_variable(), 1 => group]
}

proptest! {
    #[test]
    fn exactly_the_ambiguous_templates_are_refused(parts in prop::collection::vec(part(), 1..6)) {
        let text = format!("{}{{execution=x}}{{step=y}}{{output=z}}", write(&parts, &mut 0));
        match Layout::parse(&text) {
            Ok(layout) => {
                for key in short_keys() {
                    let count = readings(&parts, &key);
                    prop_assert!(count <= 1, "{} reads `{}` in {} ways", text, key, count);
                    prop_assert_eq!(layout.match_key(&key).is_ok(), count == 1, "{} on `{}`", text, key);
                }
            }
            Err(error) => {
                prop_assert_eq!(error.kind(), ErrorKind::Ambiguous, "{}", error);
                let message = error.to_string();
                let key = message.split("it reads key `").nth(1).and_then(|rest| rest.split("` with two").next());
                prop_assert!(readings(&parts, key.unwrap()) > 1, "{}", message);
            }
        }
    }
}
