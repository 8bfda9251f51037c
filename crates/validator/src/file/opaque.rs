//! The content of a file that has no structure we know: its size and SHA-256 digest.

use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::tree::FileEntry;
use crate::{Error, Result};

const BUFFER: usize = 1 << 17;

/// Returns the digest of a file's bytes in hexadecimal; of several files, in order of name, that of their digests.
pub(crate) fn digest(files: &[FileEntry]) -> Result<String> {
    if let [file] = files {
        return Ok(hexadecimal(&digest_of(&file.path)?));
    }
    let mut whole = Sha256::new();
    for file in files {
        whole.update(digest_of(&file.path)?);
    }
    Ok(hexadecimal(&whole.finalize()))
}

fn digest_of(path: &Path) -> Result<Vec<u8>> {
    let mut file = fs_err::File::open(path).map_err(|error| Error::io(path, error))?;
    let mut buffer = vec![0; BUFFER];
    let mut digest = Sha256::new();
    loop {
        match file.read(&mut buffer).map_err(|error| Error::io(path, error))? {
            0 => return Ok(digest.finalize().to_vec()),
            read => digest.update(&buffer[..read]),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string can't fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}
