//! JSON Lines and JSON arrays of objects: nested objects become columns named by path.

use std::collections::BTreeMap;

use serde_json::Value;

use super::json_objects::Objects;
use super::scan::{Scan, Scanned};
use super::source::{BATCH_ROWS, Batches, Target};
use super::text_batch::{TextBatch, until_error};
use super::text_type::TextType;
use crate::Result;
use crate::budget::Holding;
use crate::tree::FileEntry;

/// Objects that are flattened into one another at most; deeper ones are compared as their JSON text.
const DEEPEST: usize = 16;

/// A cell: its type, and its text unless it is null.
type Cell = (TextType, Option<String>);

/// Flattens an object: `{"a": {"b": 1}}` has the column `a.b`. Arrays are kept as their JSON text, as their
/// lengths differ from row to row.
fn flatten(object: serde_json::Map<String, Value>) -> BTreeMap<String, Cell> {
    let mut row = BTreeMap::new();
    flatten_into(&mut row, "", object, 0);
    row
}

fn flatten_into(
    row: &mut BTreeMap<String, Cell>,
    path: &str,
    object: serde_json::Map<String, Value>,
    depth: usize,
) {
    for (name, value) in object {
        let path = if path.is_empty() { name } else { format!("{path}.{name}") };
        match value {
            Value::Object(inner) if !inner.is_empty() && depth < DEEPEST => {
                flatten_into(row, &path, inner, depth + 1);
            }
            other => {
                row.insert(path, cell(other));
            }
        }
    }
}

/// Strings stay text, whatever they look like.
fn cell(value: Value) -> Cell {
    match value {
        Value::Null => (TextType::Null, None),
        Value::Bool(value) => (TextType::Boolean, Some(value.to_string())),
        Value::Number(number) if number.is_i64() => (TextType::Integer, Some(number.to_string())),
        // Digits alone that are too many for an integer would be taken for an identifier.
        Value::Number(number) if number.is_u64() => {
            (TextType::Float, number.as_f64().map(|value| format!("{value:e}")))
        }
        Value::Number(number) => (TextType::Float, Some(number.to_string())),
        Value::String(text) => (TextType::Text, Some(text)),
        nested @ (Value::Array(_) | Value::Object(_)) => (TextType::Text, Some(nested.to_string())),
    }
}

/// Reads the whole file once to learn its columns, in alphabetical order, and rows.
pub(crate) fn scan(
    file: &FileEntry,
    declared: &BTreeMap<String, TextType>,
    room: &mut Holding,
) -> Result<Scanned> {
    let mut objects = Objects::open(file)?;
    let mut scan = Scan::new(room);
    let mut columns: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(object) = objects.next()? {
        let mut row = flatten(object);
        for name in row.keys() {
            if !columns.contains_key(name) {
                let index = scan.add_column(name, declared.get(name).copied(), TextType::Null);
                columns.insert(name.clone(), index);
            }
        }
        for (name, &index) in &columns {
            let (kind, text) = row.remove(name).unwrap_or((TextType::Null, None));
            if !scan.push_as(index, text.as_deref(), kind) {
                let message = "a value is not of the declared type in";
                return Err(objects.malformed(message).in_column(name));
            }
        }
        scan.end_rows(1);
    }
    let mut scanned = scan.finish();
    scanned.columns.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(scanned)
}

/// Reads the wanted columns of a file as batches of [`BATCH_ROWS`] rows.
pub(crate) fn batches(file: &FileEntry, targets: &[Target]) -> Result<Batches> {
    let mut objects = Objects::open(file)?;
    let mut batch = TextBatch::new(targets);
    Ok(until_error(move || {
        let mut count = 0;
        while count < BATCH_ROWS {
            let Some(object) = objects.next()? else { break };
            let row = flatten(object);
            count += 1;
            for (name, builder) in batch.columns() {
                if !builder.push(row.get(name).and_then(|cell| cell.1.as_deref())) {
                    let message = "unexpected type of value in";
                    return Err(objects.malformed(message).in_column(name));
                }
            }
        }
        if count == 0 {
            return Ok(None);
        }
        let cannot = |error| objects.malformed("cannot build a batch of").because(error);
        batch.finish(count).map(Some).map_err(cannot)
    }))
}
