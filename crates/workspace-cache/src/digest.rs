//! The name of some bytes: their BLAKE3 hash.
//!
//! Why BLAKE3: two different contents must never share a name (256 bits, collision resistant, unlike MD5 and unlike an
//! S3 `ETag`, which is no content hash for multipart uploads), and hashing every object once at commit and again at every
//! full verification must not cost more than reading it (several times faster than SHA-256 without special instructions).

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{IoContext, Result};

/// How much of a stream is copied at a time: enough for the hash to use all the processor has.
const BUFFER: usize = 128 << 10;

/// The BLAKE3 hash of a blob's bytes, shown as 64 lowercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

/// The text is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 hexadecimal digits")]
#[non_exhaustive]
pub struct ParseDigestError;

/// On which side a copy failed.
#[derive(Debug)]
pub(crate) enum CopyError {
    Read(io::Error),
    Write(io::Error),
}

impl Digest {
    /// Returns the digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// Copies a stream, at most `limit` bytes of it, and returns the digest and the length of what was copied.
    ///
    /// The error says on which side it happened.
    pub(crate) fn of_copy(
        mut from: impl Read,
        mut to: impl Write,
        limit: u64,
    ) -> Result<(Self, u64), CopyError> {
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; BUFFER];
        while hasher.count() < limit {
            let room = usize::try_from(limit - hasher.count()).unwrap_or(BUFFER).min(BUFFER);
            let read = match from.read(&mut buffer[..room]) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(CopyError::Read(error)),
            };
            hasher.update(&buffer[..read]);
            to.write_all(&buffer[..read]).map_err(CopyError::Write)?;
        }
        Ok((Self(*hasher.finalize().as_bytes()), hasher.count()))
    }

    /// Reads the file once and returns its digest and its length.
    pub(crate) fn of_file(path: &Path) -> Result<(Self, u64)> {
        let read = || -> io::Result<(Self, u64)> {
            let mut hasher = blake3::Hasher::new();
            hasher.update_reader(File::open(path)?)?;
            Ok((Self(*hasher.finalize().as_bytes()), hasher.count()))
        };
        read().during("read", path)
    }

    /// Returns the 32 bytes of the hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The two digits that name the directory this digest's file lies in.
    pub(crate) fn shard(&self) -> String {
        format!("{:02x}", self.0[0])
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        blake3::Hash::from_hex(text).map(|hash| Self(*hash.as_bytes())).or(Err(ParseDigestError))
    }
}

impl TryFrom<String> for Digest {
    type Error = ParseDigestError;

    fn try_from(text: String) -> Result<Self, ParseDigestError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}
