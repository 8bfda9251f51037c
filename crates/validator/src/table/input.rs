//! The bytes of one file, decompressed as its name says and as UTF-8 whatever its byte-order mark.

use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use super::utf16::Utf16Reader;
use crate::tree::{Compression, FileEntry};
use crate::{Error, Result};

const BUFFER: usize = 1 << 17;

/// Returns a file's bytes as a stream, decompressed.
pub(crate) fn decompressed(path: &Path, compression: Compression) -> Result<Box<dyn Read + Send>> {
    let file = fs_err::File::open(path).map_err(|error| Error::io(path, error))?;
    unpacked(path, compression, file)
}

fn unpacked(
    path: &Path,
    compression: Compression,
    file: impl Read + Send + 'static,
) -> Result<Box<dyn Read + Send>> {
    Ok(match compression {
        Compression::None => Box::new(file),
        Compression::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, file))),
        Compression::Zstd => {
            Box::new(zstd::Decoder::new(file).map_err(|error| Error::io(path, error))?)
        }
    })
}

/// The text of a file as UTF-8, without its byte-order mark.
pub(crate) struct Input {
    file: FileEntry,
    text: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Input {
    /// Opens a text file: UTF-8, or UTF-16 with a byte-order mark.
    pub(crate) fn open(file: &FileEntry) -> Result<Self> {
        let opened =
            fs_err::File::open(&file.path).map_err(|error| Error::io(&file.path, error))?;
        let read = Arc::new(AtomicU64::new(0));
        let counted = Counted { inner: opened, read: Arc::clone(&read) };
        let mut bytes = unpacked(&file.path, file.compression, counted)?;
        let mut start = Vec::with_capacity(3);
        let taken = bytes.by_ref().take(3).read_to_end(&mut start);
        let mut input = Self { file: file.clone(), text: Box::new(io::empty()), read };
        taken.map_err(|error| input.broken(error))?;
        let rest = |skip: usize| Box::new(io::Cursor::new(start[skip..].to_vec()).chain(bytes));
        input.text = match start.as_slice() {
            [0xef, 0xbb, 0xbf] => rest(3),
            [0xff, 0xfe, ..] => Box::new(Utf16Reader::new(rest(2), u16::from_le_bytes)),
            [0xfe, 0xff, ..] => Box::new(Utf16Reader::new(rest(2), u16::from_be_bytes)),
            _ => rest(0),
        };
        Ok(input)
    }

    /// Reads on; 0 at the end.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            match self.text.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read.map_err(|error| self.broken(error)),
            }
        }
    }

    /// The error of bytes that can't be read, at about this place of the file.
    fn broken(&self, error: io::Error) -> Error {
        let offset = self.read.load(Ordering::Relaxed);
        Error::malformed(&self.file.path, "broken data in").at_offset(offset).because(error)
    }

    pub(crate) fn file(&self) -> &FileEntry {
        &self.file
    }
}

/// Counts the bytes that were read of a file as it is on disk.
struct Counted {
    inner: fs_err::File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
