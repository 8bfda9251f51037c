//! An object in the cache, ready to be read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::digest::Digest;
use crate::identity::Identity;
use crate::lease::Pin;

/// An object in the cache. As long as it, or a clone of it, lives, nothing removes its file, unless someone finds that its
/// bytes are no longer those that were stored.
///
/// The file is shared with everyone who uses the cache. Read it in place, or [stage](crate::stage()) it for a program that
/// might write to its inputs; never write to it.
#[doc(alias = "CacheEntry")]
#[derive(Debug, Clone)]
pub struct Entry {
    identity: Identity,
    path: PathBuf,
    digest: Digest,
    _pin: Arc<Pin>,
}

impl Entry {
    pub(crate) fn new(identity: Identity, path: PathBuf, digest: Digest, pin: Pin) -> Self {
        Self { identity, path, digest, _pin: Arc::new(pin) }
    }

    /// Returns which object this is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Returns the file that has the bytes.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the size in bytes.
    pub fn size(&self) -> u64 {
        self.identity.size()
    }

    /// Returns the BLAKE3 digest of the bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}
