//! What the cache noticed and mended by itself, and a person may want to know.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::digest::Digest;

/// Something the cache mended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A blob no longer had the bytes it is named by. It will not be served; its objects will be fetched again.
    Quarantined {
        /// What the bytes should have hashed to.
        digest: Digest,
        /// Where the altered bytes are now.
        kept: PathBuf,
    },
    /// The index was damaged or missing and was rebuilt from the journal and the blobs.
    IndexRebuilt {
        /// Where the damaged index is now; `None` if it was missing.
        kept: Option<PathBuf>,
        /// How many objects were recovered.
        recovered: usize,
        /// How many lines of the journal could not be read; their objects will be fetched again.
        unreadable: usize,
    },
}

/// The notices nobody has taken yet.
#[derive(Debug, Default)]
pub(crate) struct Notices(Mutex<Vec<Notice>>);

impl Notices {
    pub(crate) fn add(&self, notice: Notice) {
        tracing::warn!(?notice, "the cache mended itself");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    }

    pub(crate) fn take(&self) -> Vec<Notice> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
