//! Two JSON documents, compared by structure with tolerances.

use std::borrow::Cow;
use std::io::Read as _;

use arrow::datatypes::DataType;
use serde_json::Value;

use crate::Result;
use crate::budget::{Budget, Holding};
use crate::judgement::DocumentDifference;
use crate::rules::Rules;
use crate::table::decompressed;
use crate::tree::FileEntry;
use crate::{Error, ErrorKind};

/// What a byte of a document takes at most, for all but the strangest, once it is read and its values are made.
const BYTES_PER_BYTE: u64 = 8;

/// The most differences that are listed.
const MOST_DIFFERENCES: usize = 50;

/// Where two documents differ.
#[derive(Debug)]
pub(crate) struct Differences<'a> {
    rules: &'a Rules,
    /// At most [`MOST_DIFFERENCES`].
    pub(crate) listed: Vec<DocumentDifference>,
    /// How many there are in all.
    pub(crate) count: u64,
}

/// What a file turned out to hold.
#[derive(Debug)]
pub(crate) enum Document {
    /// With what its values take.
    Json { value: Value, _held: Holding },
    /// No JSON; the line in which it stops being JSON.
    Broken(u64),
    /// More than the memory does for.
    TooLarge,
}

impl Document {
    /// Returns how many bytes each of two documents may have.
    pub(crate) fn most_bytes(budget: &Budget) -> u64 {
        budget.left() / 2 / BYTES_PER_BYTE
    }

    /// Reads a document of at most so many bytes. Python writes `NaN` and `Infinity` into its JSON; they are taken as text.
    pub(crate) fn read(file: &FileEntry, most: u64, budget: &Budget) -> Result<Self> {
        let mut bytes = Vec::new();
        let text = decompressed(&file.path, file.compression)?;
        text.take(most + 1).read_to_end(&mut bytes).map_err(|error| {
            Error::new(ErrorKind::Malformed, "cannot decompress").at_path(&file.path).because(error)
        })?;
        let length = bytes.len() as u64;
        if length > most {
            return Ok(Self::TooLarge);
        }
        let held = budget.hold_anyway(BYTES_PER_BYTE * length);
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        Ok(match serde_json::from_slice(text) {
            Ok(value) => Self::Json { value, _held: held },
            Err(error) => match serde_json::from_slice(&with_quoted_numbers(text)) {
                Ok(value) => Self::Json { value, _held: held },
                Err(_) => Self::Broken(error.line() as u64),
            },
        })
    }
}

/// Puts the words for numbers that JSON lacks between quotes.
fn with_quoted_numbers(text: &[u8]) -> Cow<'_, [u8]> {
    const WORDS: [&[u8]; 3] = [b"NaN", b"-Infinity", b"Infinity"];
    let mut written = Vec::with_capacity(text.len() + 16);
    let mut is_text = false;
    let mut index = 0;
    while let Some(&byte) = text.get(index) {
        let rest = &text[index..];
        let word = WORDS.iter().find(|word| !is_text && rest.starts_with(word));
        let length = match (word, byte) {
            (Some(word), _) => {
                written.push(b'"');
                written.extend_from_slice(word);
                written.push(b'"');
                word.len()
            }
            (None, b'\\') if is_text => {
                let escape = &rest[..rest.len().min(2)];
                written.extend_from_slice(escape);
                escape.len()
            }
            (None, byte) => {
                is_text ^= byte == b'"';
                written.push(byte);
                1
            }
        };
        index += length;
    }
    Cow::Owned(written)
}

impl<'a> Differences<'a> {
    pub(crate) fn none(rules: &'a Rules) -> Self {
        Self { rules, listed: Vec::new(), count: 0 }
    }

    /// Compares two documents. The order of an object's members does not matter, that of an array does.
    ///
    /// A member is held against the tolerance of the column of its name, and one of an ignored column's name is left out.
    pub(crate) fn between(candidate: &Value, reference: &Value, rules: &'a Rules) -> Self {
        let mut differences = Self::none(rules);
        differences.compare("$", "", candidate, reference);
        differences
    }

    fn compare(&mut self, path: &str, name: &str, ours: &Value, theirs: &Value) {
        match (ours, theirs) {
            (Value::Object(ours), Value::Object(theirs)) => {
                for (name, theirs) in theirs {
                    self.member(path, name, ours.get(name), Some(theirs));
                }
                for (name, value) in ours.iter().filter(|(name, _)| !theirs.contains_key(*name)) {
                    self.member(path, name, Some(value), None);
                }
            }
            (Value::Array(ours), Value::Array(theirs)) => {
                for index in 0..ours.len().max(theirs.len()) {
                    let path = format!("{path}[{index}]");
                    match (ours.get(index), theirs.get(index)) {
                        (Some(ours), Some(theirs)) => self.compare(&path, name, ours, theirs),
                        (left, right) => self.add(&path, left, right),
                    }
                }
            }
            (Value::Number(a), Value::Number(b)) if a == b => {}
            (Value::Number(a), Value::Number(b)) => {
                let tolerance = self.rules.tolerance_of(name, &DataType::Float64);
                match (a.as_f64(), b.as_f64()) {
                    (Some(a), Some(b)) if !tolerance.is_exact() && tolerance.accepts(a, b) => {}
                    // The same value written as an integer and as a decimal.
                    (Some(x), Some(y)) if x == y && (a.is_f64() != b.is_f64()) => {}
                    _ => self.add(path, Some(ours), Some(theirs)),
                }
            }
            _ if ours == theirs => {}
            _ => self.add(path, Some(ours), Some(theirs)),
        }
    }

    fn member(&mut self, path: &str, name: &str, ours: Option<&Value>, theirs: Option<&Value>) {
        if self.rules.ignores(name, &DataType::Null) {
            return;
        }
        let path = format!("{path}.{name}");
        match (ours, theirs) {
            (Some(ours), Some(theirs)) => self.compare(&path, name, ours, theirs),
            _ => self.add(&path, ours, theirs),
        }
    }

    fn add(&mut self, path: &str, ours: Option<&Value>, theirs: Option<&Value>) {
        self.count += 1;
        if self.listed.len() < MOST_DIFFERENCES {
            let show = |value: Option<&Value>| value.map(Value::to_string);
            self.listed.push(DocumentDifference {
                path: path.to_owned(),
                candidate: show(ours),
                reference: show(theirs),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Tolerance;
    use serde_json::json;

    fn differences(ours: &Value, theirs: &Value, rules: &Rules) -> Vec<String> {
        let found = Differences::between(ours, theirs, rules);
        found.listed.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn structure_decides_not_the_order_of_members() {
        let exact = Rules::new();
        let ours = json!({"a": 1, "b": [1.0, 2.5], "c": null});
        let same = json!({"c": null, "b": [1, 2.5], "a": 1});
        assert!(differences(&ours, &same, &exact).is_empty());
        let other = json!({"a": 1, "b": [1.0, 2.6, 3], "d": "x"});
        assert_eq!(
            differences(&ours, &other, &exact),
            [
                "$.b[1]: 2.5, not 2.6",
                "$.b[2]: absent, not 3",
                "$.d: absent, not \"x\"",
                "$.c: null, not absent"
            ]
        );
    }

    #[test]
    fn tolerances_go_by_the_name_of_the_member_and_ignored_names_are_left_out() {
        let ours = json!({"auc": 0.911, "loss": [0.30, 0.20], "created_at": "today"});
        let theirs = json!({"auc": 0.910, "loss": [0.31, 0.20], "created_at": "yesterday"});
        let rules = Rules::new()
            .with_column_tolerance("auc", Tolerance::absolute(0.005))
            .with_ignored_columns(["*_at"]);
        assert_eq!(differences(&ours, &theirs, &rules), ["$.loss[0]: 0.3, not 0.31"]);
        let relative = Rules::new().with_tolerance(Tolerance::relative(0.1));
        assert!(differences(&json!(2.5), &json!(2.6), &relative).is_empty());
        assert_eq!(differences(&json!(1), &json!("1"), &relative).len(), 1);
    }

    #[test]
    fn the_numbers_of_python_are_text() {
        let text = br#"{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN \" Infinity"}"#;
        let read: Value = serde_json::from_slice(&with_quoted_numbers(text)).unwrap();
        let expected = json!({"a": "NaN", "b": ["-Infinity", "Infinity"], "c": "NaN \" Infinity"});
        assert_eq!(read, expected);
    }
}
