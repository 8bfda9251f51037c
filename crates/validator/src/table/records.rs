//! Splits delimited text into records and cells.

use memchr::{memchr, memchr2, memchr3};

use super::dialect::Dialect;
use super::input::Input;
use super::window::Window;
use crate::Result;

const BUFFER: usize = 1 << 18;

/// The records of a file, one after the other.
pub(crate) struct Records {
    window: Window,
    dialect: Dialect,
    /// Where the records of the last block are.
    places: Vec<Place>,
    cells: Vec<Span>,
    /// Cells whose quotes had to be taken out.
    unquoted: Vec<u8>,
}

/// Some records that follow each other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a> {
    buffer: &'a [u8],
    unquoted: &'a [u8],
    cells: &'a [Span],
    places: &'a [Place],
    /// All of it, if it is UTF-8.
    text: Option<&'a str>,
}

/// Where a record is.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The first cell, and the one after the last.
    first: usize,
    end: usize,
    line: u64,
    offset: u64,
}

/// One record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    block: Block<'a>,
    cells: &'a [Span],
    /// The line on which it starts, counted from 1.
    pub(crate) line: u64,
    /// The byte of the decoded text at which it starts.
    pub(crate) offset: u64,
}

/// Where a cell is: in the block, or among what was taken out of quotes.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
    is_unquoted: bool,
}

impl<'a> Block<'a> {
    pub(crate) fn len(self) -> usize {
        self.places.len()
    }

    #[inline]
    pub(crate) fn record(self, index: usize) -> Record<'a> {
        let Place { first, end, line, offset } = self.places[index];
        Record { block: self, cells: &self.cells[first..end], line, offset }
    }

    /// Whether all of it is known to be UTF-8.
    pub(crate) fn is_text(self) -> bool {
        self.text.is_some()
    }
}

impl<'a> Record<'a> {
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Returns a cell without its quotes; empty beyond the last.
    #[inline]
    pub(crate) fn cell(&self, index: usize) -> &'a [u8] {
        let Some(span) = self.cells.get(index) else { return &[] };
        let text = if span.is_unquoted { self.block.unquoted } else { self.block.buffer };
        &text[span.start as usize..span.end as usize]
    }

    /// Returns a cell as text, if it is UTF-8. The block was checked as a whole, which is faster than cell by cell.
    #[inline]
    pub(crate) fn text(&self, index: usize) -> Option<&'a str> {
        let Some(span) = self.cells.get(index) else { return Some("") };
        let checked = self.block.text.filter(|_| !span.is_unquoted);
        checked
            .and_then(|text| text.get(span.start as usize..span.end as usize))
            .or_else(|| std::str::from_utf8(self.cell(index)).ok())
    }
}

impl Records {
    pub(crate) fn new(input: Input, dialect: Dialect) -> Self {
        Self::with_room(input, dialect, BUFFER)
    }

    fn with_room(input: Input, dialect: Dialect, room: usize) -> Self {
        let too_long = "a record does not end within 256 MiB: is a quote left open in";
        Self {
            window: Window::new(input, room, too_long),
            dialect,
            places: Vec::new(),
            cells: Vec::new(),
            unquoted: Vec::new(),
        }
    }

    /// Reads the next record. Empty lines and comments are passed over.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>> {
        Ok(self.block(1)?.map(|block| block.record(0)))
    }

    /// Reads the next records, at most so many, and at least one unless there are none. Empty lines and comments are passed over.
    pub(crate) fn block(&mut self, most: usize) -> Result<Option<Block<'_>>> {
        self.places.clear();
        self.cells.clear();
        self.unquoted.clear();
        // The bytes of the block so far. They stay where they are, since nothing is read while there are any.
        let mut taken = 0;
        while self.places.len() < most {
            let is_first = self.places.is_empty();
            let (blank, is_record) = self.pass_blank(is_first)?;
            taken += if is_first { 0 } else { blank };
            if !is_record {
                break;
            }
            let (first, unquoted) = (self.cells.len(), self.unquoted.len());
            let mut splitter = Splitter {
                rest: self.window.rest(),
                ended: self.window.ended(),
                dialect: &self.dialect,
                base: taken,
                cells: &mut self.cells,
                unquoted: &mut self.unquoted,
            };
            let Some((bytes, lines)) = splitter.split() else {
                self.cells.truncate(first);
                self.unquoted.truncate(unquoted);
                if !is_first {
                    break;
                }
                self.window.fill()?;
                continue;
            };
            let (line, offset) = self.window.place();
            self.places.push(Place { first, end: self.cells.len(), line, offset });
            self.window.pass(bytes, lines);
            taken += bytes;
        }
        let buffer = self.window.passed(taken);
        let (unquoted, cells, places) = (&self.unquoted, &self.cells, &self.places);
        let text = std::str::from_utf8(buffer).ok();
        Ok((!places.is_empty()).then_some(Block { buffer, unquoted, cells, places, text }))
    }

    /// Passes over empty lines and comments. Returns how many bytes that were, and whether a record follows: false as well if
    /// none can be seen without reading more where that is not allowed.
    fn pass_blank(&mut self, may_read: bool) -> Result<(usize, bool)> {
        let mut passed = 0;
        loop {
            let rest = self.window.rest();
            let line = match rest.first() {
                None => None,
                Some(b'\n') => Some(1),
                Some(b'\r') => match rest.get(1) {
                    Some(b'\n') => Some(2),
                    None if !self.window.ended() => None,
                    _ => Some(1),
                },
                first if first.copied() == self.dialect.comment => {
                    memchr(b'\n', rest).map(|end| end + 1)
                }
                Some(_) => return Ok((passed, true)),
            };
            match line {
                Some(bytes) => {
                    self.window.pass(bytes, 1);
                    passed += bytes;
                }
                None if !may_read => return Ok((passed, false)),
                // At the end a comment may lack the end of its line.
                None if !self.window.fill()? && self.window.rest() != b"\r" => {
                    return Ok((passed, false));
                }
                None => {}
            }
        }
    }
}

/// Splits the record at the beginning of some bytes.
struct Splitter<'a> {
    rest: &'a [u8],
    /// Whether no bytes follow.
    ended: bool,
    dialect: &'a Dialect,
    /// Where in the block the bytes are.
    base: usize,
    cells: &'a mut Vec<Span>,
    unquoted: &'a mut Vec<u8>,
}

impl Splitter<'_> {
    /// Returns how many bytes and lines the record takes; `None` if the bytes end within it.
    fn split(&mut self) -> Option<(usize, u64)> {
        let mut at = 0;
        let mut lines = 0;
        loop {
            let first = self.rest.get(at).copied();
            let stop = if first.is_some() && first == self.dialect.quote {
                self.quoted_cell(at + 1, &mut lines)?
            } else {
                let stop = self.cell_end(at);
                self.push(self.base + at, self.base + stop, false);
                stop
            };
            let Some(end) = self.rest.get(stop) else {
                return self.ended.then_some((stop, lines));
            };
            match (end, self.rest.get(stop + 1)) {
                (b'\r', Some(b'\n')) => return Some((stop + 2, lines + 1)),
                (b'\r', None) if !self.ended => return None,
                (b'\n' | b'\r', _) => return Some((stop + 1, lines + 1)),
                _ => at = stop + 1,
            }
        }
    }

    /// Returns where a cell without quotes ends: at a delimiter, at the end of the line or of the bytes.
    fn cell_end(&self, at: usize) -> usize {
        let rest = &self.rest[at..];
        let end = memchr3(self.dialect.delimiter, b'\n', b'\r', rest);
        end.map_or(self.rest.len(), |length| at + length)
    }

    /// Takes a quoted cell from behind its first quote, and returns where it ends, as [`cell_end`](Self::cell_end); `None`
    /// if the bytes end within it.
    fn quoted_cell(&mut self, from: usize, lines: &mut u64) -> Option<usize> {
        let quote = self.dialect.quote?;
        let escape = self.dialect.escape.unwrap_or(quote);
        let first = self.unquoted.len();
        let mut at = from;
        loop {
            let Some(length) = memchr2(quote, escape, &self.rest[at..]) else {
                // A quote that is never closed ends with the file.
                let end = self.rest.len();
                return self.ended.then(|| self.end_quoted(first, at, end, end, lines));
            };
            let found = at + length;
            let next = self.rest.get(found + 1).copied();
            if next.is_none() && !self.ended {
                return None;
            }
            let byte = self.rest[found];
            let doubled = byte == quote && next == Some(quote);
            if doubled || (byte == escape && escape != quote && next.is_some()) {
                self.unquoted.extend_from_slice(&self.rest[at..found]);
                self.unquoted.extend(next);
                at = found + 2;
                continue;
            }
            let stop = self.cell_end(found + 1);
            if stop == self.rest.len() && !self.ended {
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
            *lines += memchr::memchr_iter(b'\n', &self.rest[from..close]).count() as u64;
            self.push(self.base + from, self.base + close, false);
        } else {
            self.unquoted.extend_from_slice(&self.rest[from..close]);
            let behind = (close + 1).min(stop);
            self.unquoted.extend_from_slice(&self.rest[behind..stop]);
            *lines += memchr::memchr_iter(b'\n', &self.unquoted[first..]).count() as u64;
            self.push(first, self.unquoted.len(), true);
        }
        stop
    }

    fn push(&mut self, start: usize, end: usize, is_unquoted: bool) {
        self.cells.push(Span { start: start as u32, end: end as u32, is_unquoted });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tree::Compression;

    fn split(text: &[u8], dialect: &Dialect) -> Vec<(u64, Vec<String>)> {
        in_blocks(text, dialect, BUFFER, 1)
            .into_iter()
            .map(|(line, _, cells)| (line, cells))
            .collect()
    }

    /// Reads blocks of so many records through a buffer of so many bytes at first. Returns lines, bytes and cells.
    fn in_blocks(
        text: &[u8],
        dialect: &Dialect,
        room: usize,
        most: usize,
    ) -> Vec<(u64, u64, Vec<String>)> {
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
        let input = Input::open(&entry).unwrap();
        let mut records = Records::with_room(input, dialect.clone(), room);
        let mut found = Vec::new();
        while let Some(block) = records.block(most).unwrap() {
            assert!((1..=most).contains(&block.len()));
            for record in (0..block.len()).map(|index| block.record(index)) {
                let cell = |index| match record.text(index) {
                    Some(text) => text.to_owned(),
                    None => String::from_utf8_lossy(record.cell(index)).into_owned(),
                };
                let cells = (0..record.len()).map(cell).collect();
                found.push((record.line, record.offset, cells));
            }
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
        fn blocks_hold_the_same_records(
            text in "([a,;\"\\\\\n\r#1 ü]|a,bc\n){0,80}", room in 1..40_usize, most in 1..9_usize, comment: bool
        ) {
            let dialect = Dialect {
                escape: Some(b'\\'),
                comment: comment.then_some(b'#'),
                ..Dialect::default()
            };
            let one_by_one = in_blocks(text.as_bytes(), &dialect, BUFFER, 1);
            for record in &one_by_one {
                let before = &text.as_bytes()[..record.1 as usize];
                let ends = before.iter().enumerate().filter(|(at, byte)| match byte {
                    b'\n' => true,
                    b'\r' => before.get(at + 1) != Some(&b'\n'),
                    _ => false,
                });
                prop_assert!(record.0 <= 1 + ends.count() as u64);
            }
            prop_assert_eq!(in_blocks(text.as_bytes(), &dialect, room, most), one_by_one);
        }

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
