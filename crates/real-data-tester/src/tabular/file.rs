//! A file that holds a table: its format, and its bytes as a stream.

use std::ffi::OsStr;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use fs_err::File;

/// The format that a file's name announces; the same names that the validator takes for tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Cells separated by this byte, with a line of names.
    Delimited(u8),
    JsonLines,
    Parquet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compression {
    None,
    Gzip,
    Zstd,
}

/// What a name tells of a table's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TableFile {
    pub(super) format: Format,
    compression: Compression,
}

impl TableFile {
    /// Reads a file's name; other files are no tables.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let name = path.file_name().and_then(OsStr::to_str)?.to_lowercase();
        let (stem, extension) = name.rsplit_once('.')?;
        let (compression, extension) = match extension {
            "gz" | "gzip" => (Compression::Gzip, stem.rsplit_once('.')?.1),
            "zst" | "zstd" => (Compression::Zstd, stem.rsplit_once('.')?.1),
            other => (Compression::None, other),
        };
        let format = match extension {
            "csv" => Format::Delimited(b','),
            "tsv" => Format::Delimited(b'\t'),
            "jsonl" | "ndjson" => Format::JsonLines,
            "parquet" | "pq" if compression == Compression::None => Format::Parquet,
            _ => return None,
        };
        Some(Self { format, compression })
    }

    /// Opens the file for its uncompressed bytes.
    pub(super) fn read(self, path: &Path) -> io::Result<BufReader<Box<dyn Read>>> {
        let file = File::open(path)?;
        let bytes: Box<dyn Read> = match self.compression {
            Compression::None => Box::new(file),
            Compression::Gzip => Box::new(MultiGzDecoder::new(BufReader::new(file))),
            Compression::Zstd => Box::new(zstd::Decoder::new(file)?),
        };
        Ok(BufReader::new(bytes))
    }

    /// Compresses into `file` what is written.
    pub(super) fn write(self, file: std::fs::File) -> io::Result<Output> {
        let file = BufWriter::new(file);
        Ok(match self.compression {
            Compression::None => Output::Plain(file),
            Compression::Gzip => Output::Gzip(GzEncoder::new(file, flate2::Compression::default())),
            Compression::Zstd => Output::Zstd(zstd::Encoder::new(file, 0)?),
        })
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
