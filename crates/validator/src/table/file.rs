//! Opens one file, decompressing it as its name says.

use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::tree::Compression;
use crate::{Error, Result};

/// Returns the file's bytes as a stream, decompressed.
pub(crate) fn decompressed(path: &Path, compression: Compression) -> Result<Box<dyn Read + Send>> {
    let file = fs_err::File::open(path).map_err(|error| Error::io(path, error))?;
    Ok(match compression {
        Compression::None => Box::new(file),
        Compression::Gzip => Box::new(MultiGzDecoder::new(std::io::BufReader::new(file))),
        Compression::Zstd => {
            Box::new(zstd::Decoder::new(file).map_err(|error| Error::io(path, error))?)
        }
    })
}
