//! CSV and TSV, cell by cell.

use std::borrow::Cow;
use std::io::{self, Read, Write};

use csv::{ByteRecord, Reader, ReaderBuilder, WriterBuilder};

use super::edit::{Edits, TableEdits};
use crate::masking::{Mask, Masker};

/// Whole numbers of a text file are not bounded by a type.
const UNBOUNDED: u64 = u64::MAX;

fn reader(input: impl Read, delimiter: u8) -> Reader<impl Read> {
    ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(input)
}

fn names(header: &ByteRecord) -> Vec<Cow<'_, str>> {
    header.iter().map(String::from_utf8_lossy).collect()
}

/// Writes the rows that stay, with masked cells.
pub(super) fn edit(
    input: impl Read,
    output: &mut impl Write,
    delimiter: u8,
    file: &str,
    edits: Edits<'_>,
) -> io::Result<()> {
    let mut input = reader(input, delimiter);
    let mut output = WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(output);
    let mut record = ByteRecord::new();
    if !input.read_byte_record(&mut record)? {
        return Ok(());
    }
    output.write_byte_record(&record)?;
    let header = record.clone();
    let names = names(&header);
    let table = edits.to_table(file, names.iter().map(AsRef::as_ref));
    for row in 0.. {
        if !input.read_byte_record(&mut record)? {
            break;
        }
        if table.keeps(row, |place| cell(&record, place)) {
            let masked = (0..record.len()).map(|place| masked(&table, &record, place));
            output.write_record(masked)?;
        }
    }
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

/// Lists the columns.
pub(super) fn columns(input: impl Read, delimiter: u8) -> io::Result<Vec<String>> {
    let mut record = ByteRecord::new();
    reader(input, delimiter).read_byte_record(&mut record)?;
    Ok(names(&record).into_iter().map(Cow::into_owned).collect())
}

/// Tells every value of a masked column.
pub(super) fn learn(
    input: impl Read,
    delimiter: u8,
    masker: &Masker,
    learn: &mut dyn FnMut(&str, Mask),
) -> io::Result<()> {
    let edits = Edits { sample: None, masker: Some(masker) };
    let mut input = reader(input, delimiter);
    let mut record = ByteRecord::new();
    if !input.read_byte_record(&mut record)? {
        return Ok(());
    }
    let header = record.clone();
    let names = names(&header);
    let table = edits.to_table("", names.iter().map(AsRef::as_ref));
    while input.read_byte_record(&mut record)? {
        for place in 0..record.len() {
            if let (Some(mask), Some(value)) = (table.mask(place), cell(&record, place)) {
                learn(&value, mask);
            }
        }
    }
    Ok(())
}
