//! Splits delimited text into records and cells.

use memchr::{memchr, memchr2, memchr3};

use super::dialect::Dialect;
use super::input::Input;
use crate::{Error, Result};

const BUFFER: usize = 1 << 18;

/// The longest record that is read, in bytes: beyond it a quote was surely left open.
const LONGEST: usize = 1 << 28;

/// The records of a file, one after the other.
pub(crate) struct Records {
    input: Input,
    dialect: Dialect,
    buffer: Vec<u8>,
    /// What of the buffer holds bytes that are not yet passed on.
    start: usize,
    end: usize,
    ended: bool,
    /// The line of the next record, counted from 1, and its place in the decoded text.
    line: u64,
    offset: u64,
    cells: Vec<Span>,
    /// Cells whose quotes had to be taken out.
    unquoted: Vec<u8>,
}

/// One record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    buffer: &'a [u8],
    unquoted: &'a [u8],
    cells: &'a [Span],
    /// The whole record, if it is UTF-8, and where it starts in the buffer.
    text: Option<&'a str>,
    start: usize,
    /// The line on which it starts, counted from 1.
    pub(crate) line: u64,
    /// The byte of the decoded text at which it starts.
    pub(crate) offset: u64,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
    is_unquoted: bool,
}

impl<'a> Record<'a> {
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Returns a cell without its quotes; empty beyond the last.
    pub(crate) fn cell(&self, index: usize) -> &'a [u8] {
        let Some(span) = self.cells.get(index) else { return &[] };
        let text = if span.is_unquoted { self.unquoted } else { self.buffer };
        &text[span.start as usize..span.end as usize]
    }

    /// Returns a cell as text, if it is UTF-8. The record was checked as a whole, which is faster than cell by cell.
    pub(crate) fn text(&self, index: usize) -> Option<&'a str> {
        let Some(span) = self.cells.get(index) else { return Some("") };
        let (start, end) = (span.start as usize, span.end as usize);
        let checked = self.text.filter(|_| !span.is_unquoted);
        checked
            .and_then(|text| text.get(start - self.start..end - self.start))
            .or_else(|| std::str::from_utf8(self.cell(index)).ok())
    }
}

/// Whether a record was split, or the buffer ended within it.
enum Split {
    /// The record ends here; the next one starts there, so many lines further on.
    Record {
        next: usize,
        lines: u64,
    },
    Cut,
}

impl Records {
    pub(crate) fn new(input: Input, dialect: Dialect) -> Self {
        Self {
            input,
            dialect,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            ended: false,
            line: 1,
            offset: 0,
            cells: Vec::new(),
            unquoted: Vec::new(),
        }
    }

    /// Reads the next record. Empty lines and comments are passed over.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>> {
        loop {
            if self.start == self.end && !self.fill()? {
                return Ok(None);
            }
            match self.buffer[self.start] {
                b'\n' => self.pass(1, 1),
                b'\r' => {
                    if self.start + 1 == self.end && self.fill()? {
                        continue;
                    }
                    let pair = self.start + 1 < self.end && self.buffer[self.start + 1] == b'\n';
                    self.pass(1 + usize::from(pair), 1);
                }
                first if Some(first) == self.dialect.comment => self.pass_line()?,
                _ => break,
            }
        }
        let (next, lines) = loop {
            match self.split() {
                Split::Record { next, lines } => break (next, lines),
                Split::Cut => {
                    if !self.fill()? {
                        self.ended = true;
                    }
                }
            }
        };
        let (line, offset, start) = (self.line, self.offset, self.start);
        self.pass(next - start, lines);
        Ok(Some(Record {
            buffer: &self.buffer,
            unquoted: &self.unquoted,
            cells: &self.cells,
            text: std::str::from_utf8(&self.buffer[start..next]).ok(),
            start,
            line,
            offset,
        }))
    }

    fn pass(&mut self, bytes: usize, lines: u64) {
        self.start += bytes;
        self.offset += bytes as u64;
        self.line += lines;
    }

    fn pass_line(&mut self) -> Result<()> {
        loop {
            if let Some(end) = memchr(b'\n', &self.buffer[self.start..self.end]) {
                self.pass(end + 1, 1);
                return Ok(());
            }
            self.pass(self.end - self.start, 0);
            if !self.fill()? {
                return Ok(());
            }
        }
    }

    /// Reads more behind the bytes that are not yet passed on; false at the end.
    fn fill(&mut self) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            if self.end >= LONGEST {
                let message = "a record does not end within 256 MiB: is a quote left open in";
                return Err(self.malformed(message, self.line, self.offset));
            }
            self.buffer.resize(2 * self.end, 0);
        }
        let read = self.input.read(&mut self.buffer[self.end..])?;
        self.end += read;
        self.ended = read == 0;
        Ok(read > 0)
    }

    /// Splits the record that starts at the first byte.
    fn split(&mut self) -> Split {
        self.cells.clear();
        self.unquoted.clear();
        let mut at = self.start;
        let mut lines = 0;
        loop {
            let quoted = self.dialect.quote.is_some()
                && at < self.end
                && Some(self.buffer[at]) == self.dialect.quote;
            let stop = if quoted {
                match self.quoted_cell(at + 1, &mut lines) {
                    Some(stop) => stop,
                    None => return Split::Cut,
                }
            } else {
                let stop = self.cell_end(at);
                self.push(at, stop, false);
                stop
            };
            if stop == self.end {
                if !self.ended {
                    return Split::Cut;
                }
                return Split::Record { next: stop, lines };
            }
            match self.buffer[stop] {
                b'\n' => return Split::Record { next: stop + 1, lines: lines + 1 },
                b'\r' => {
                    if stop + 1 == self.end && !self.ended {
                        return Split::Cut;
                    }
                    let pair = stop + 1 < self.end && self.buffer[stop + 1] == b'\n';
                    let next = stop + 1 + usize::from(pair);
                    return Split::Record { next, lines: lines + 1 };
                }
                _ => at = stop + 1,
            }
        }
    }

    /// Returns where a cell without quotes ends: at a delimiter, at the end of the line or of the buffer.
    fn cell_end(&self, at: usize) -> usize {
        let rest = &self.buffer[at..self.end];
        memchr3(self.dialect.delimiter, b'\n', b'\r', rest).map_or(self.end, |length| at + length)
    }

    /// Takes a quoted cell from behind its first quote, and returns where it ends, as [`cell_end`](Self::cell_end); `None`
    /// if the buffer ends within it.
    fn quoted_cell(&mut self, from: usize, lines: &mut u64) -> Option<usize> {
        let quote = self.dialect.quote?;
        let escape = self.dialect.escape.unwrap_or(quote);
        let first = self.unquoted.len();
        let mut at = from;
        loop {
            let rest = &self.buffer[at..self.end];
            let Some(length) = memchr2(quote, escape, rest) else {
                if !self.ended {
                    return None;
                }
                // A quote that is never closed ends with the file.
                return Some(self.end_quoted(first, at, self.end, self.end, lines));
            };
            let found = at + length;
            if found + 1 == self.end && !self.ended {
                return None;
            }
            let next = (found + 1 < self.end).then(|| self.buffer[found + 1]);
            let byte = self.buffer[found];
            let doubled = byte == quote && next == Some(quote);
            if doubled || (byte == escape && escape != quote && next.is_some()) {
                self.unquoted.extend_from_slice(&self.buffer[at..found]);
                self.unquoted.extend(next);
                at = found + 2;
                continue;
            }
            let stop = self.cell_end(found + 1);
            if stop == self.end && !self.ended {
                return None;
            }
            // What follows the closing quote belongs to the cell as it is.
            return Some(self.end_quoted(first, at, found, stop, lines));
        }
    }

    /// Ends a quoted cell: what was taken out of quotes so far, the bytes up to the closing quote, and
    /// those from behind it to the end of the cell.
    fn end_quoted(
        &mut self,
        first: usize,
        from: usize,
        close: usize,
        stop: usize,
        lines: &mut u64,
    ) -> usize {
        let plain = self.unquoted.len() == first && close + 1 >= stop;
        if plain {
            *lines += memchr::memchr_iter(b'\n', &self.buffer[from..close]).count() as u64;
            self.push(from, close, false);
        } else {
            self.unquoted.extend_from_slice(&self.buffer[from..close]);
            let behind = (close + 1).min(stop);
            self.unquoted.extend_from_slice(&self.buffer[behind..stop]);
            *lines += memchr::memchr_iter(b'\n', &self.unquoted[first..]).count() as u64;
            self.push(first, self.unquoted.len(), true);
        }
        stop
    }

    fn push(&mut self, start: usize, end: usize, is_unquoted: bool) {
        self.cells.push(Span { start: start as u32, end: end as u32, is_unquoted });
    }

    /// The error of a record.
    pub(crate) fn malformed(&self, message: &str, line: u64, offset: u64) -> Error {
        Error::malformed(&self.input.file().path, message).at_line(line).at_offset(offset)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tree::Compression;

    fn split(text: &[u8], dialect: &Dialect) -> Vec<(u64, Vec<String>)> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs_err::write(file.path(), text).unwrap();
        let entry = crate::tree::FileEntry {
            path: file.path().to_path_buf(),
            relative: "t.csv".to_owned(),
            bytes: text.len() as u64,
            compression: Compression::None,
            partition: Vec::new(),
            copy: None,
        };
        let mut records = Records::new(Input::open(&entry).unwrap(), dialect.clone());
        let mut found = Vec::new();
        while let Some(record) = records.next().unwrap() {
            let cell = |index| String::from_utf8_lossy(record.cell(index)).into_owned();
            found.push((record.line, (0..record.len()).map(cell).collect()));
        }
        found
    }

    fn cells(text: &str) -> Vec<Vec<String>> {
        split(text.as_bytes(), &Dialect::default()).into_iter().map(|record| record.1).collect()
    }

    #[test]
    fn quotes_ends_of_lines_and_blank_lines() {
        assert_eq!(
            cells("a,b\r\n\"x,\"\"y\"\"\",2\r\r\n\"two\nlines\",\n"),
            [["a", "b"], ["x,\"y\"", "2"], ["two\nlines", ""]]
        );
        assert_eq!(cells("a\"b,\"c\"d\n"), [["a\"b", "cd"]]);
        assert_eq!(cells("\"open,\n1"), [["open,\n1"]]);
        let lines: Vec<u64> =
            split(b"a\n\n\"1\n2\"\nb", &Dialect::default()).iter().map(|r| r.0).collect();
        assert_eq!(lines, [1, 3, 5]);
    }

    #[test]
    fn escapes_and_comments_as_the_dialect_says() {
        let dialect = Dialect {
            delimiter: b';',
            escape: Some(b'\\'),
            comment: Some(b'#'),
            ..Dialect::default()
        };
        let found = split(b"# note\n\"a\\\"b\";2\n#end", &dialect);
        assert_eq!(found, [(2, vec!["a\"b".to_owned(), "2".to_owned()])]);
    }

    proptest! {
        #[test]
        fn as_the_csv_crate(text in "[a,\"\n\r1 ]{0,60}") {
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes());
            let theirs: Vec<Vec<String>> = reader
                .byte_records()
                .map(|record| record.unwrap().iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect())
                .collect();
            prop_assert_eq!(cells(&text), theirs);
        }
    }
}
