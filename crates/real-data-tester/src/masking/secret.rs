//! The key of a run's masks, and what is derived from it.

use std::fmt;

use crate::{Error, ErrorKind, Result};

/// Keeps the keys derived here apart from those of any other use of the same text.
const CONTEXT: &str = "reenact 2026-11-24 masking key";

/// A secret key; never shown.
#[derive(Clone)]
pub(crate) struct Secret([u8; blake3::KEY_LEN]);

impl Secret {
    /// Derives the key from a text.
    pub(crate) fn from_text(text: &str) -> Self {
        Self(blake3::derive_key(CONTEXT, text.as_bytes()))
    }

    /// Makes a key that nobody has.
    pub(crate) fn random() -> Result<Self> {
        let mut key = [0; blake3::KEY_LEN];
        getrandom::fill(&mut key).map_err(|error| {
            Error::caused(ErrorKind::Workspace, "the system gives no random key for masks", error)
        })?;
        Ok(Self(key))
    }

    /// Returns as many bytes as are asked for, always the same for the same value.
    pub(crate) fn stream(&self, value: &str) -> blake3::OutputReader {
        blake3::Hasher::new_keyed(&self.0).update(value.as_bytes()).finalize_xof()
    }

    /// Returns a number that is always the same for the same value.
    pub(crate) fn number(&self, value: &str) -> u64 {
        let mut bytes = [0; 8];
        self.stream(value).fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}
