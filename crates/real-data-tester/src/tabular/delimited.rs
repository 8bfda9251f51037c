//! CSV and TSV, cell by cell.

use std::borrow::Cow;
use std::io::{self, Read, Write};

use csv::{ByteRecord, Reader, ReaderBuilder, WriterBuilder};

use super::edit::{Edits, TableEdits};
use crate::masking::{Mask, Masker};

/// Whole numbers of a text file are not bounded by a type.
const UNBOUNDED: u64 = u64::MAX;

/// A line of a file.
enum Line<'r> {
    Header(&'r ByteRecord),
    Row(u64, &'r ByteRecord),
}

/// The columns of a file, and whether its first line names them.
struct Columns {
    names: Vec<String>,
    has_header: bool,
}

impl Columns {
    /// Looks at the first line. A file has no header if a column is asked for by the name that comparisons give to those of such a
    /// file, as `column_3`, and the line does not have that name.
    fn of(first: &ByteRecord, asked: impl Fn(&str) -> bool) -> Self {
        let header: Vec<String> =
            first.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        let places: Vec<String> =
            (1..=first.len()).map(|place| format!("column_{place}")).collect();
        if places.iter().any(|name| asked(name) && !header.contains(name)) {
            Self { names: places, has_header: false }
        } else {
            Self { names: header, has_header: true }
        }
    }
}

fn reader(input: impl Read, delimiter: u8) -> Reader<impl Read> {
    ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(input)
}

/// Visits every line; an empty file has none.
fn each_line<'a>(
    input: impl Read,
    delimiter: u8,
    file: &'a str,
    edits: Edits<'a>,
    mut visit: impl FnMut(&TableEdits<'a>, Line<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut input = reader(input, delimiter);
    let mut record = ByteRecord::new();
    let mut is_there = input.read_byte_record(&mut record)?;
    if !is_there {
        return Ok(());
    }
    let columns = Columns::of(&record, |name| edits.asks_for(name));
    let table = edits.to_table(file, columns.names.iter().map(String::as_str));
    if columns.has_header {
        visit(&table, Line::Header(&record))?;
        is_there = input.read_byte_record(&mut record)?;
    }
    let mut row = 0;
    while is_there {
        visit(&table, Line::Row(row, &record))?;
        row += 1;
        is_there = input.read_byte_record(&mut record)?;
    }
    Ok(())
}

/// Writes the rows that stay, with masked cells.
pub(super) fn edit(
    input: impl Read,
    output: &mut impl Write,
    delimiter: u8,
    file: &str,
    edits: Edits<'_>,
) -> io::Result<()> {
    let mut output = WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(output);
    each_line(input, delimiter, file, edits, |table, line| {
        match line {
            Line::Header(record) => output.write_byte_record(record)?,
            Line::Row(row, record) if table.keeps(row, |place| cell(record, place)) => {
                output.write_record((0..record.len()).map(|place| masked(table, record, place)))?;
            }
            Line::Row(..) => {}
        }
        Ok(())
    })?;
    output.flush()
}

fn cell(record: &ByteRecord, place: usize) -> Option<Cow<'_, str>> {
    record.get(place).filter(|cell| !cell.is_empty()).map(String::from_utf8_lossy)
}

fn masked<'r>(table: &TableEdits<'_>, record: &'r ByteRecord, place: usize) -> Cow<'r, [u8]> {
    let bytes = record.get(place).unwrap_or_default();
    match (table.masker(), table.mask(place), cell(record, place)) {
        (Some(masker), Some(mask), Some(value)) => {
            let staged = masker.stage(&value, mask, UNBOUNDED).unwrap_or_default();
            Cow::Owned(staged.into_bytes())
        }
        _ => Cow::Borrowed(bytes),
    }
}

/// Lists the columns, of which some are asked for.
pub(super) fn columns(
    input: impl Read,
    delimiter: u8,
    asked: &[String],
) -> io::Result<Vec<String>> {
    let mut record = ByteRecord::new();
    reader(input, delimiter).read_byte_record(&mut record)?;
    Ok(Columns::of(&record, |name| asked.iter().any(|asked| asked == name)).names)
}

/// Tells every value of a masked column.
pub(super) fn learn(
    input: impl Read,
    delimiter: u8,
    masker: &Masker,
    learn: &mut dyn FnMut(&str, Mask),
) -> io::Result<()> {
    let edits = Edits { sample: None, masker: Some(masker) };
    each_line(input, delimiter, "", edits, |table, line| {
        if let Line::Row(_, record) = line {
            for place in 0..record.len() {
                if let (Some(mask), Some(value)) = (table.mask(place), cell(record, place)) {
                    learn(&value, mask);
                }
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::masking::Masking;

    fn masked_and_learnt(text: &str, column: &str) -> (String, Vec<String>) {
        let masker = Masking::new().with_column(column, Mask::Redact).compile().unwrap();
        let edits = Edits { sample: None, masker: Some(&masker) };
        let (mut output, mut learnt) = (Vec::new(), Vec::new());
        edit(text.as_bytes(), &mut output, b',', "f", edits).unwrap();
        learn(text.as_bytes(), b',', &masker, &mut |value, _| learnt.push(value.to_owned()))
            .unwrap();
        (String::from_utf8(output).unwrap(), learnt)
    }

    #[test]
    fn columns_of_a_file_without_a_header_are_masked_by_place_from_the_first_line_on() {
        let (masked, learnt) = masked_and_learnt("1,Ada\n2,Grace\n", "column_2");
        assert_eq!(masked, "1,\n2,\n");
        assert_eq!(learnt, ["Ada", "Grace"]);
    }

    #[test]
    fn a_header_is_one_whatever_it_says() {
        for (text, column, expected) in [
            ("id,name\n1,Ada\n", "name", "id,name\n1,\n"),
            ("column_1,column_2\n1,Ada\n", "column_2", "column_1,column_2\n1,\n"),
            ("id,name\n1,Ada\n", "column_*", "id,name\n1,Ada\n"),
            ("id,name\n1,Ada\n", "column_3", "id,name\n1,Ada\n"),
        ] {
            assert_eq!(masked_and_learnt(text, column).0, expected, "{column}");
        }
    }

    #[test]
    fn columns_are_listed_as_they_are_asked_for() {
        let listed = |asked: &str| columns(&b"1,Ada\n"[..], b',', &[asked.to_owned()]).unwrap();
        assert_eq!(listed("column_1"), ["column_1", "column_2"]);
        assert_eq!(listed("id"), ["1", "Ada"]);
    }
}
