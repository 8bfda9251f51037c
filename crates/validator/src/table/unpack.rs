//! Unpacks compressed files of formats that are read from several places at once.

use std::sync::Arc;

use super::input::decompressed;
use crate::tree::{Compression, FileEntry};
use crate::{Error, Result};

/// Returns the files, each compressed one with an unpacked copy in the system's directory for temporary files.
/// The copies are removed with the last entry that names them.
pub(crate) fn unpack(files: &[FileEntry]) -> Result<Vec<FileEntry>> {
    files.iter().map(unpack_one).collect()
}

fn unpack_one(file: &FileEntry) -> Result<FileEntry> {
    let mut unpacked = file.clone();
    if file.compression != Compression::None {
        let mut bytes = decompressed(&file.path, file.compression)?;
        let mut copy =
            tempfile::NamedTempFile::new().map_err(|error| Error::io(&file.path, error))?;
        std::io::copy(&mut bytes, &mut copy)
            .map_err(|error| Error::malformed(&file.path, "cannot decompress").because(error))?;
        unpacked.copy = Some(Arc::new(copy.into_temp_path()));
    }
    Ok(unpacked)
}
