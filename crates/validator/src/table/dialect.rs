//! How delimited text is written: delimiter, quotes, escapes, comments, null tokens.

use std::collections::BTreeSet;

use super::input::Input;
use crate::Result;
use crate::judgement::TableFormat;
use crate::rules::TextFormat;
use crate::tree::FileEntry;

/// Delimiters that are recognised in the first line.
const KNOWN: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How much of a file is looked at to find its delimiter.
const LOOKED_AT: usize = 1 << 14;

/// How delimited text is read.
#[derive(Debug, Clone)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
    /// What stands before a quote inside quotes; a doubled quote always means one.
    pub(crate) escape: Option<u8>,
    /// What starts a line that is no record.
    pub(crate) comment: Option<u8>,
    pub(crate) header: bool,
    pub(super) nulls: NullTokens,
}

/// The cells that mean null.
#[derive(Debug, Clone)]
pub(super) struct NullTokens {
    tokens: BTreeSet<String>,
    /// By first byte, whether a token starts with it: most cells need no further look.
    starts: Vec<bool>,
    empty: bool,
}

impl NullTokens {
    fn new(tokens: &BTreeSet<String>) -> Self {
        let mut starts = vec![false; 256];
        let first = tokens.iter().filter_map(|token| token.bytes().next());
        first.for_each(|byte| starts[usize::from(byte)] = true);
        Self { tokens: tokens.clone(), starts, empty: tokens.contains("") }
    }

    fn contains(&self, cell: &str) -> bool {
        match cell.bytes().next() {
            None => self.empty,
            Some(first) => self.starts[usize::from(first)] && self.tokens.contains(cell),
        }
    }
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            delimiter: b',',
            quote: Some(b'"'),
            escape: None,
            comment: None,
            header: true,
            nulls: NullTokens::new(&TextFormat::default().null_tokens),
        }
    }
}

impl Dialect {
    /// Returns the dialect of a file: as the rules say, else as its extension and first line do.
    pub(crate) fn of(file: &FileEntry, format: TableFormat, text: &TextFormat) -> Result<Self> {
        let usual = if format == TableFormat::Tsv { b'\t' } else { b',' };
        let mut dialect = Self {
            delimiter: usual,
            quote: byte(text.quote),
            escape: byte(text.escape),
            comment: byte(text.comment),
            header: text.header,
            nulls: NullTokens::new(&text.null_tokens),
        };
        dialect.delimiter = match byte(text.delimiter) {
            Some(delimiter) => delimiter,
            None => dialect.recognise(&start_of(file)?).unwrap_or(usual),
        };
        Ok(dialect)
    }

    /// Returns the delimiter that the first line has most of, unless the usual one occurs in it.
    fn recognise(&self, start: &[u8]) -> Option<u8> {
        let is_record = |line: &&[u8]| {
            let first = line.trim_ascii_start().first().copied();
            first.is_some() && (self.comment.is_none() || first != self.comment)
        };
        let line = start.split(|byte| *byte == b'\n').find(is_record)?;
        let count = |delimiter: u8| {
            let mut quoted = false;
            let outside = line.iter().filter(|byte| {
                quoted ^= Some(**byte) == self.quote;
                **byte == delimiter && !quoted
            });
            outside.count()
        };
        if count(self.delimiter) > 0 {
            return None;
        }
        // The first of equals.
        let best = KNOWN.into_iter().rev().max_by_key(|delimiter| count(*delimiter))?;
        (count(best) > 0).then_some(best)
    }

    /// Whether a cell means null.
    pub(crate) fn is_null(&self, cell: &str) -> bool {
        self.nulls.contains(cell)
    }
}

fn byte(character: Option<char>) -> Option<u8> {
    character.and_then(|character| u8::try_from(character).ok())
}

fn start_of(file: &FileEntry) -> Result<Vec<u8>> {
    let mut input = Input::open(file)?;
    let mut start = vec![0; LOOKED_AT];
    let mut length = 0;
    loop {
        match input.read(&mut start[length..])? {
            0 => break,
            read => length += read,
        }
    }
    start.truncate(length);
    Ok(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_tells_the_delimiter() {
        let of = |line: &str| Dialect::default().recognise(line.as_bytes());
        assert_eq!(of("a;b;c\n1,5;2;3\n"), Some(b';'));
        assert_eq!(of("a;b,c\n"), None);
        assert_eq!(of("\"a;b\"|c\n"), Some(b'|'));
        assert_eq!(of("one\n"), None);
        assert_eq!(of("\n\na\tb\n"), Some(b'\t'));
    }
}
