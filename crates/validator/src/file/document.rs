//! Two JSON documents, compared by structure with tolerances.

use std::path::Path;

use serde_json::Value;

use crate::rules::Tolerance;
use crate::table::decompressed;
use crate::tree::FileEntry;
use crate::{Error, Result};

/// The most differences that are listed.
const MOST_DIFFERENCES: usize = 50;

/// Where two documents differ.
#[derive(Debug, Default)]
pub(crate) struct Differences {
    /// One line each, `path: candidate, reference`; at most [`MOST_DIFFERENCES`].
    pub(crate) listed: Vec<String>,
    /// How many there are in all.
    pub(crate) count: u64,
}

/// Compares two documents. The order of an object's members does not matter, that of an array does.
pub(crate) fn compare_documents(
    candidate: &FileEntry,
    reference: &FileEntry,
    tolerance: Tolerance,
) -> Result<Differences> {
    let mut differences = Differences::default();
    let (ours, theirs) = (read(candidate)?, read(reference)?);
    differences.compare("$", &ours, &theirs, tolerance);
    Ok(differences)
}

fn read(file: &FileEntry) -> Result<Value> {
    let path: &Path = &file.path;
    let bytes = std::io::BufReader::new(decompressed(path, file.compression)?);
    serde_json::from_reader(bytes).map_err(|error| {
        let line = error.line() as u64;
        Error::malformed(path, "not a JSON document:").at_line(line).because(error)
    })
}

impl Differences {
    fn compare(&mut self, path: &str, ours: &Value, theirs: &Value, tolerance: Tolerance) {
        match (ours, theirs) {
            (Value::Object(ours), Value::Object(theirs)) => {
                for (name, theirs) in theirs {
                    let path = format!("{path}.{name}");
                    match ours.get(name) {
                        Some(ours) => self.compare(&path, ours, theirs, tolerance),
                        None => self.add(&path, None, Some(theirs)),
                    }
                }
                for (name, value) in ours.iter().filter(|(name, _)| !theirs.contains_key(*name)) {
                    self.add(&format!("{path}.{name}"), Some(value), None);
                }
            }
            (Value::Array(ours), Value::Array(theirs)) => {
                for index in 0..ours.len().max(theirs.len()) {
                    let path = format!("{path}[{index}]");
                    match (ours.get(index), theirs.get(index)) {
                        (Some(ours), Some(theirs)) => self.compare(&path, ours, theirs, tolerance),
                        (left, right) => self.add(&path, left, right),
                    }
                }
            }
            (Value::Number(a), Value::Number(b)) if a == b => {}
            (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
                (Some(a), Some(b)) if !tolerance.is_exact() && tolerance.accepts(a, b) => {}
                // The same value written as an integer and as a decimal.
                (Some(x), Some(y)) if x == y && (a.is_f64() != b.is_f64()) => {}
                _ => self.add(path, Some(ours), Some(theirs)),
            },
            _ if ours == theirs => {}
            _ => self.add(path, Some(ours), Some(theirs)),
        }
    }

    fn add(&mut self, path: &str, ours: Option<&Value>, theirs: Option<&Value>) {
        self.count += 1;
        if self.listed.len() < MOST_DIFFERENCES {
            let show = |value: Option<&Value>| match value {
                Some(value) => value.to_string(),
                None => "absent".to_owned(),
            };
            self.listed.push(format!("{path}: {}, {}", show(ours), show(theirs)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn differences(ours: &Value, theirs: &Value, tolerance: Tolerance) -> Vec<String> {
        let mut found = Differences::default();
        found.compare("$", ours, theirs, tolerance);
        found.listed
    }

    #[test]
    fn structure_decides_not_the_order_of_members() {
        let ours = json!({"a": 1, "b": [1.0, 2.5], "c": null});
        let same = json!({"c": null, "b": [1, 2.5], "a": 1});
        assert!(differences(&ours, &same, Tolerance::default()).is_empty());
        let other = json!({"a": 1, "b": [1.0, 2.6, 3], "d": "x"});
        assert_eq!(
            differences(&ours, &other, Tolerance::default()),
            ["$.b[1]: 2.5, 2.6", "$.b[2]: absent, 3", "$.d: absent, \"x\"", "$.c: null, absent"]
        );
        assert_eq!(differences(&json!(2.5), &json!(2.6), Tolerance::relative(0.1)).len(), 0);
        assert_eq!(differences(&json!(1), &json!("1"), Tolerance::relative(0.1)).len(), 1);
    }
}
