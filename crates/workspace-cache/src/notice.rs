//! What the cache noticed, and mended by itself if it could, and a person may want to know.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::digest::Digest;

/// Something about the cache that a person may want to know, although nobody has to do anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
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
    /// More is being read than the cache may hold, for example one object larger than the limit. It stays until it is no
    /// longer read.
    LimitsExceeded {
        /// How many bytes are in the cache.
        bytes: u64,
        /// How many blobs they are.
        blobs: u64,
    },
}

/// The notices nobody has taken yet.
#[derive(Debug, Default)]
pub(crate) struct Notices(Mutex<Vec<Notice>>);

impl Notices {
    /// Adds a notice, unless the same one is still waiting to be taken.
    pub(crate) fn add(&self, notice: Notice) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.contains(&notice) {
            tracing::warn!(?notice, "noticed something about the cache");
            waiting.push(notice);
        }
    }

    pub(crate) fn take(&self) -> Vec<Notice> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
