//! JSON Lines, object by object; a nested value is in the column of its path.

use std::borrow::Cow;
use std::io::{self, BufRead, Write};

use serde_json::Value;

use super::edit::Edits;
use crate::masking::{Mask, Masker};

/// Whole numbers of a text file are not bounded by a type.
const UNBOUNDED: u64 = u64::MAX;

/// Writes the rows that stay, with masked values.
pub(super) fn edit(
    input: impl BufRead,
    output: &mut impl Write,
    file: &str,
    edits: Edits<'_>,
) -> io::Result<()> {
    for (row, line) in (0..).zip(input.lines()) {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let mut value: Value = serde_json::from_str(&line)?;
        let object = value.as_object();
        let names: Vec<&str> =
            object.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let cells: Vec<&Value> = object.into_iter().flatten().map(|(_, value)| value).collect();
        let table = edits.to_table(file, names.iter().copied());
        if !table.keeps(row, |place| cells.get(place).and_then(|value| text(value))) {
            continue;
        }
        match edits.masker {
            None => writeln!(output, "{line}")?,
            Some(masker) => {
                mask(masker, &mut value, &mut String::new());
                writeln!(output, "{value}")?;
            }
        }
    }
    Ok(())
}

/// Returns a scalar as text.
fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        other => Some(Cow::Owned(other.to_string())),
    }
}

/// Masks every scalar whose path is a masked column.
fn mask(masker: &Masker, value: &mut Value, path: &mut String) {
    each_scalar(value, path, &mut |value, path| {
        let Some(mask) = masker.column(path) else { return };
        let Some(shown) = text(value).and_then(|text| masker.stage(&text, mask, UNBOUNDED)) else {
            *value = Value::Null;
            return;
        };
        *value = match value {
            Value::Number(_) => serde_json::from_str(&shown).unwrap_or(Value::Null),
            _ => Value::String(shown),
        };
    });
}

fn each_scalar(value: &mut Value, path: &mut String, visit: &mut dyn FnMut(&mut Value, &str)) {
    match value {
        Value::Object(members) => {
            let length = path.len();
            for (name, value) in members {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(name);
                each_scalar(value, path, visit);
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            for item in items {
                each_scalar(item, path, visit);
            }
        }
        scalar => visit(scalar, path),
    }
}

/// Lists the columns of the first row.
pub(super) fn columns(input: impl BufRead) -> io::Result<Vec<String>> {
    let first = input.lines().next().transpose()?.unwrap_or_default();
    let value: Value = serde_json::from_str(&first)?;
    Ok(value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect())
}

/// Tells every value of a masked column.
pub(super) fn learn(
    input: impl BufRead,
    masker: &Masker,
    learn: &mut dyn FnMut(&str, Mask),
) -> io::Result<()> {
    for line in input.lines() {
        let line = line?;
        // What is no JSON has no columns; whoever reads it as a table says so.
        let Ok(mut value) = serde_json::from_str(&line) else { continue };
        each_scalar(&mut value, &mut String::new(), &mut |value, path| {
            if let (Some(mask), Some(text)) = (masker.column(path), text(value)) {
                learn(&text, mask);
            }
        });
    }
    Ok(())
}
