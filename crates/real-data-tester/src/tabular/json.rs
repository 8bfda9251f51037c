//! JSON: objects one after the other, in an array, or one document; a nested value is in the column of its path.

use std::fmt;
use std::io::{self, BufRead, Lines, Write};

use serde::Deserializer as _;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde_json::{Deserializer, Value};

use super::edit::Edits;
use super::file::Format;
use super::json_value::{Json, text};
use crate::masking::{Mask, Masker};

/// Whole numbers of a text file are not bounded by a type.
const UNBOUNDED: u64 = u64::MAX;

/// An object that spans lines is no longer than this.
const LONGEST: usize = 1 << 20;

/// Writes the rows that stay, with masked values.
pub(super) fn edit(
    format: Format,
    input: impl BufRead,
    output: &mut impl Write,
    file: &str,
    edits: Edits<'_>,
) -> io::Result<()> {
    match format {
        Format::JsonArray => edit_array(input, output, file, edits),
        Format::JsonDocument => edit_document(input, output, edits),
        _ => edit_lines(input, output, file, edits),
    }
}

fn edit_lines(
    input: impl BufRead,
    output: &mut impl Write,
    file: &str,
    edits: Edits<'_>,
) -> io::Result<()> {
    for (row, object) in (0..).zip(Objects::of(input)) {
        let (written, mut value) = object?;
        if !keeps(&value, row, file, edits) {
            continue;
        }
        match edits.masker {
            None => writeln!(output, "{written}")?,
            Some(masker) => {
                mask(masker, &mut value);
                writeln!(output, "{value}")?;
            }
        }
    }
    Ok(())
}

fn edit_array(
    input: impl BufRead,
    output: &mut impl Write,
    file: &str,
    edits: Edits<'_>,
) -> io::Result<()> {
    let (mut row, mut before) = (0, "[\n");
    elements(input, |mut value| {
        let keeps = keeps(&value, row, file, edits);
        row += 1;
        if keeps {
            if let Some(masker) = edits.masker {
                mask(masker, &mut value);
            }
            write!(output, "{before}{value}")?;
            before = ",\n";
        }
        Ok(())
    })?;
    output.write_all(if before == "[\n" { b"[]\n" } else { b"\n]\n" })
}

/// A document is no table: it has no rows that could be left out.
fn edit_document(input: impl BufRead, output: &mut impl Write, edits: Edits<'_>) -> io::Result<()> {
    let mut value: Json = serde_json::from_reader(input)?;
    if let Some(masker) = edits.masker {
        mask(masker, &mut value);
    }
    serde_json::to_writer_pretty(&mut *output, &value)?;
    writeln!(output)
}

/// Tells whether a row stays.
fn keeps(value: &Json, row: u64, file: &str, edits: Edits<'_>) -> bool {
    let members = value.members();
    let table = edits.to_table(file, members.iter().map(|(name, _)| name.as_str()));
    table.keeps(row, |place| members.get(place).and_then(|(_, value)| value.text()))
}

/// Masks every scalar whose path is a masked column.
fn mask(masker: &Masker, value: &mut Json) {
    each_scalar(value, &mut String::new(), &mut |value, path| {
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

fn each_scalar(value: &mut Json, path: &mut String, visit: &mut dyn FnMut(&mut Value, &str)) {
    match value {
        Json::Object(members) => {
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
        Json::Array(items) => {
            for item in items {
                each_scalar(item, path, visit);
            }
        }
        Json::Scalar(scalar) => visit(scalar, path),
    }
}

/// Lists the columns of the first row.
pub(super) fn columns(format: Format, input: impl BufRead) -> io::Result<Vec<String>> {
    let mut first = None;
    if format == Format::JsonArray {
        elements(input, |value| {
            first.get_or_insert(value);
            Ok(())
        })?;
    } else {
        first = Objects::of(input).next().transpose()?.map(|(_, value)| value);
    }
    let members = first.as_ref().map(Json::members).unwrap_or_default();
    Ok(members.iter().map(|(name, _)| name.clone()).collect())
}

/// Tells every value of a masked column. What is no JSON has no columns; whoever reads it as a table says so.
pub(super) fn learn(
    format: Format,
    input: impl BufRead,
    masker: &Masker,
    learn: &mut dyn FnMut(&str, Mask),
) -> io::Result<()> {
    let mut learn = |mut value: Json| {
        each_scalar(&mut value, &mut String::new(), &mut |value, path| {
            if let (Some(mask), Some(text)) = (masker.column(path), text(value)) {
                learn(&text, mask);
            }
        });
    };
    match format {
        Format::JsonArray => elements(input, |value| {
            learn(value);
            Ok(())
        }),
        Format::JsonDocument => {
            learn(serde_json::from_reader(input)?);
            Ok(())
        }
        _ => {
            Objects::of(input).flatten().for_each(|(_, value)| learn(value));
            Ok(())
        }
    }
}

/// Objects one after the other: most often one a line, but each may span several.
struct Objects<R> {
    lines: Lines<R>,
    begun: String,
}

impl<R: BufRead> Objects<R> {
    fn of(input: R) -> Self {
        Self { lines: input.lines(), begun: String::new() }
    }
}

impl<R: BufRead> Iterator for Objects<R> {
    type Item = io::Result<(String, Json)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.lines.next() {
                None if self.begun.is_empty() => return None,
                None => {
                    let begun = std::mem::take(&mut self.begun);
                    return Some(
                        serde_json::from_str(&begun)
                            .map(|value| (begun, value))
                            .map_err(io::Error::from),
                    );
                }
                Some(Err(error)) => return Some(Err(error)),
                Some(Ok(line)) if line.trim().is_empty() => continue,
                Some(Ok(line)) => line,
            };
            self.begun.push_str(&line);
            match serde_json::from_str(&self.begun) {
                Ok(value) => return Some(Ok((std::mem::take(&mut self.begun), value))),
                Err(error) if self.begun.len() > LONGEST || !error.is_eof() => {
                    self.begun.clear();
                    return Some(Err(error.into()));
                }
                Err(_) => self.begun.push('\n'),
            }
        }
    }
}

/// Visits the elements of an array, one at a time.
fn elements(input: impl BufRead, visit: impl FnMut(Json) -> io::Result<()>) -> io::Result<()> {
    let mut json = Deserializer::from_reader(input);
    json.deserialize_seq(Elements(visit))?;
    Ok(json.end()?)
}

struct Elements<F>(F);

impl<'de, F: FnMut(Json) -> io::Result<()>> Visitor<'de> for Elements<F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element()? {
            (self.0)(item).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::masking::Masking;

    fn masked(format: Format, text: &str) -> String {
        let masking =
            Masking::new().with_column("person", Mask::Redact).with_column("n", Mask::Bucket(10.0));
        let masker = masking.compile().unwrap();
        let mut output = Vec::new();
        let edits = Edits { sample: None, masker: Some(&masker) };
        edit(format, text.as_bytes(), &mut output, "f", edits).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn an_object_that_is_masked_is_masked_with_all_that_is_in_it() {
        let row = r#"{"n":17,"person":{"name":"Ada","mails":["a@b.org"]}}"#;
        let expected = r#"{"n":10,"person":{"name":null,"mails":[null]}}"#;
        assert_eq!(
            masked(Format::JsonLines, &format!("{row}\n\n{row}")),
            format!("{expected}\n{expected}\n")
        );
        assert_eq!(
            masked(Format::JsonArray, &format!("[{row}, {row}]")),
            format!("[\n{expected},\n{expected}\n]\n")
        );
        assert_eq!(masked(Format::JsonArray, "[]"), "[]\n");
        let document: Json = serde_json::from_str(&masked(Format::JsonDocument, row)).unwrap();
        assert_eq!(document.to_string(), expected);
    }

    #[test]
    fn objects_may_span_lines_and_a_broken_one_hides_no_other() {
        let text = "{\"a\":\n 1}\n{broken}\n{\"a\": 2}\n{\"a\":";
        let values: Vec<Option<String>> = Objects::of(text.as_bytes())
            .map(|object| object.ok().map(|(_, value)| value.to_string()))
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(values, [some("{\"a\":1}"), None, some("{\"a\":2}"), None]);
    }
}
