//! A file that holds values by name: what it is, its bytes as a stream, and the same form for what is written in its place.

use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;
use reenact_validator::{Compression, DataFile, TableFormat};

use super::encoding::Encoder;

/// The forms that values by name have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Cells separated by this byte, with a line of names.
    Delimited(u8),
    /// Objects one after the other.
    JsonLines,
    /// Objects in an array.
    JsonArray,
    /// One value, which is no table.
    JsonDocument,
    Parquet,
    ArrowIpc,
}

/// A file that holds values by name.
#[derive(Clone, Debug)]
pub(super) struct NamedValues {
    pub(super) format: Format,
    path: PathBuf,
    data: DataFile,
}

impl NamedValues {
    /// Looks at the file `path` of the tree `root`; other files hold none.
    pub(super) fn of(root: &Path, path: &Path) -> io::Result<Option<Self>> {
        let data = DataFile::below(root, path).map_err(io::Error::other)?;
        let format = match data.table() {
            Some(TableFormat::Csv | TableFormat::Tsv) => {
                Format::Delimited(data.delimiter().map_err(io::Error::other)?)
            }
            Some(TableFormat::JsonLines) => Format::JsonLines,
            Some(TableFormat::JsonArray) => Format::JsonArray,
            Some(TableFormat::Parquet) => Format::Parquet,
            Some(TableFormat::ArrowIpc) => Format::ArrowIpc,
            _ if data.is_json_document() => Format::JsonDocument,
            _ => return Ok(None),
        };
        Ok(Some(Self { format, path: path.to_owned(), data }))
    }

    /// Returns the columns that its directories name, with their values.
    pub(super) fn partition(&self) -> impl Iterator<Item = (&str, &str)> {
        let columns = self.data.partition().iter();
        columns.filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)))
    }

    /// Opens it for its text, as UTF-8.
    pub(super) fn text(&self) -> io::Result<BufReader<impl Read + use<>>> {
        Ok(BufReader::new(self.data.text().map_err(io::Error::other)?))
    }

    /// Opens it to be read from several places: itself, or an unpacked copy that nobody else sees.
    pub(super) fn seekable(&self) -> io::Result<std::fs::File> {
        if self.data.compression() == Compression::None {
            return Ok(fs_err::File::open(&self.path)?.into_parts().0);
        }
        let mut copy = tempfile::tempfile()?;
        io::copy(&mut self.data.bytes().map_err(io::Error::other)?, &mut copy)?;
        copy.rewind()?;
        Ok(copy)
    }

    /// Writes bytes into `file`, compressed as this one is.
    pub(super) fn write(&self, file: std::fs::File) -> io::Result<Output> {
        let file = BufWriter::new(file);
        Ok(match self.data.compression() {
            Compression::Gzip => Output::Gzip(GzEncoder::new(file, flate2::Compression::default())),
            Compression::Zstd => Output::Zstd(zstd::Encoder::new(file, 0)?),
            _ => Output::Plain(file),
        })
    }

    /// Writes text into `file`, encoded and compressed as this one is.
    pub(super) fn write_text(&self, file: std::fs::File) -> io::Result<Encoder<Output>> {
        Encoder::new(self.write(file)?, self.data.encoding().map_err(io::Error::other)?)
    }
}

/// A file that is being written, compressed or not.
pub(super) enum Output {
    Plain(BufWriter<std::fs::File>),
    Gzip(GzEncoder<BufWriter<std::fs::File>>),
    Zstd(zstd::Encoder<'static, BufWriter<std::fs::File>>),
}

impl Output {
    /// Writes what is held back.
    pub(super) fn finish(self) -> io::Result<()> {
        let mut file = match self {
            Self::Plain(file) => file,
            Self::Gzip(encoder) => encoder.finish()?,
            Self::Zstd(encoder) => encoder.finish()?,
        };
        file.flush()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}
