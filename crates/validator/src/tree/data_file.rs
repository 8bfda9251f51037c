//! One file of a tree, for whoever reads or rewrites the files that are judged.

use std::io::{self, Read};
use std::path::Path;

use super::name::{Compression, FileName};
use super::partition::split_directory;
use super::scan::{Contents, FileEntry};
use crate::judgement::TableFormat;
use crate::rules::TextFormat;
use crate::table::{Dialect, Input, decompressed};
use crate::{Error, Result};

/// A file, and what it holds: seen with the same eyes as a comparison sees it.
///
/// ```
/// use std::io::Read;
///
/// use reenact_validator::{DataFile, TableFormat};
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("day=2026-01-31/part-0.json");
/// std::fs::create_dir(directory.path().join("day=2026-01-31"))?;
/// std::fs::write(&path, "[{\"id\": 1}]")?;
///
/// let file = DataFile::below(directory.path(), &path)?;
/// assert_eq!(file.table(), Some(TableFormat::JsonArray));
/// assert_eq!(file.partition(), [("day".to_owned(), Some("2026-01-31".to_owned()))]);
/// let mut text = String::new();
/// file.text()?.read_to_string(&mut text)?;
/// assert_eq!(text, "[{\"id\": 1}]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct DataFile {
    entry: FileEntry,
    contents: Contents,
}

/// How the characters of a text file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextEncoding {
    /// UTF-8 without a byte-order mark.
    Utf8,
    /// UTF-8 after a byte-order mark.
    Utf8WithMark,
    /// UTF-16 after a byte-order mark, low byte first.
    Utf16LittleEndian,
    /// UTF-16 after a byte-order mark, high byte first.
    Utf16BigEndian,
}

impl DataFile {
    /// Looks at the file `path` of the tree `root`: its name and, where that does not tell, what is in it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable) or, for a file
    /// that cannot be decompressed, [`ErrorKind::Malformed`](crate::ErrorKind::Malformed).
    pub fn below(root: &Path, path: &Path) -> Result<Self> {
        let relative = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
        let (directory, name) = relative.rsplit_once('/').unwrap_or(("", &relative));
        let parsed = FileName::parse(name);
        let metadata = fs_err::metadata(path).map_err(|error| Error::io(path, error))?;
        let entry = FileEntry {
            path: path.to_owned(),
            bytes: metadata.len(),
            compression: parsed.compression,
            partition: split_directory(directory).1,
            copy: None,
            relative: relative.clone(),
        };
        Ok(Self { contents: Contents::of(path, &parsed)?, entry })
    }

    /// Returns the format of the table that it holds, if it holds one.
    pub fn table(&self) -> Option<TableFormat> {
        match self.contents {
            Contents::Table(format) => Some(format),
            Contents::Json | Contents::Opaque => None,
        }
    }

    /// Tells whether it is a JSON document that is no table.
    pub fn is_json_document(&self) -> bool {
        self.contents == Contents::Json
    }

    /// Returns how it is compressed as a whole.
    pub fn compression(&self) -> Compression {
        self.entry.compression
    }

    /// Returns the columns that its directories name, as `day=2024-01-31` does, with their values; nothing for null.
    pub fn partition(&self) -> &[(String, Option<String>)] {
        &self.entry.partition
    }

    /// Returns what separates the cells of delimited text: the usual one of its format, or what its first line shows.
    ///
    /// # Errors
    ///
    /// As [`DataFile::below`].
    pub fn delimiter(&self) -> Result<u8> {
        let format = self.table().unwrap_or(TableFormat::Csv);
        Ok(Dialect::of(&self.entry, format, &TextFormat::default())?.delimiter)
    }

    /// Returns how its text is written, which its first bytes tell.
    ///
    /// # Errors
    ///
    /// As [`DataFile::below`].
    pub fn encoding(&self) -> Result<TextEncoding> {
        let mut start = Vec::with_capacity(3);
        let read = self.bytes()?.take(3).read_to_end(&mut start);
        read.map_err(|error| {
            Error::malformed(&self.entry.path, "cannot decompress").because(error)
        })?;
        Ok(match start.as_slice() {
            [0xef, 0xbb, 0xbf] => TextEncoding::Utf8WithMark,
            [0xff, 0xfe, ..] => TextEncoding::Utf16LittleEndian,
            [0xfe, 0xff, ..] => TextEncoding::Utf16BigEndian,
            _ => TextEncoding::Utf8,
        })
    }

    /// Opens it for its bytes, decompressed.
    ///
    /// # Errors
    ///
    /// As [`DataFile::below`].
    pub fn bytes(&self) -> Result<impl Read + Send + use<>> {
        decompressed(&self.entry.path, self.entry.compression)
    }

    /// Opens it for its text: decompressed, as UTF-8, without a byte-order mark.
    ///
    /// # Errors
    ///
    /// As [`DataFile::below`].
    pub fn text(&self) -> Result<impl Read + Send + use<>> {
        Ok(Text(Input::open(&self.entry)?))
    }
}

/// A text input whose errors are those of any reader.
struct Text(Input);

impl Read for Text {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_name_and_by_what_is_in_it() {
        let directory = tempfile::tempdir().unwrap();
        let of = |name: &str, bytes: &[u8]| {
            let path = directory.path().join(name);
            fs_err::write(&path, bytes).unwrap();
            DataFile::below(directory.path(), &path).unwrap()
        };
        let lines = of("part-0.json", b"{\"a\": 1}\n{\"a\": 2}\n");
        assert_eq!(lines.table(), Some(TableFormat::JsonLines));
        let document = of("summary.json", b"{\"a\": 1}");
        assert_eq!((document.table(), document.is_json_document()), (None, true));
        assert_eq!(of("000000_0", b"PAR1....").table(), Some(TableFormat::Parquet));
        assert_eq!(of("model.bin", b"x").table(), None);

        let wide = of("a.csv", b"\xff\xfea\0;\0b\0\n\0");
        assert_eq!(wide.encoding().unwrap(), TextEncoding::Utf16LittleEndian);
        assert_eq!(wide.delimiter().unwrap(), b';');
        let mut text = String::new();
        wide.text().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "a;b\n");
        assert_eq!(of("b.csv", b"\xef\xbb\xbfa").encoding().unwrap(), TextEncoding::Utf8WithMark);
        assert_eq!(of("empty.tsv", b"").delimiter().unwrap(), b'\t');
    }

    #[test]
    fn what_cannot_be_decompressed_is_malformed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.json.gz");
        fs_err::write(&path, "not gzip").unwrap();
        let error = DataFile::below(directory.path(), &path).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Malformed);
    }
}
