//! The bytes of one range on their way from the network to the disk.

use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;

use crate::blocking::blocking;
use crate::checksum::Hasher;
use crate::directory::PartFile;
use crate::error::Result;

/// How many bytes are gathered before they are written: enough for the way to the blocking pool not to matter.
const GATHERED: usize = 1024 * 1024;

/// Writes one range of an object to its place in a part file, and hashes it on the way.
#[derive(Debug)]
pub(super) struct RangeWriter {
    part: Arc<PartFile>,
    /// Where the first gathered byte belongs.
    offset: u64,
    end: u64,
    gathered: Vec<Bytes>,
    gathered_bytes: usize,
    hasher: Option<Hasher>,
    sync: bool,
}

impl RangeWriter {
    /// `sync` says whether to force the file to the disk once the range is complete.
    pub(super) fn new(part: Arc<PartFile>, range: Range<u64>, sync: bool) -> Self {
        Self {
            part,
            offset: range.start,
            end: range.end,
            gathered: Vec::new(),
            gathered_bytes: 0,
            hasher: None,
            sync,
        }
    }

    /// Hashes what is written. To be called before the first byte comes.
    pub(super) fn hash_with(&mut self, hasher: Hasher) {
        self.hasher = Some(hasher);
    }

    /// Returns which bytes are still to come.
    pub(super) fn missing(&self) -> Range<u64> {
        self.offset + self.gathered_bytes as u64..self.end
    }

    /// Takes the next bytes, of which there are not more than are missing.
    pub(super) async fn push(&mut self, bytes: Bytes) -> Result<()> {
        self.gathered_bytes += bytes.len();
        self.gathered.push(bytes);
        if self.gathered_bytes < GATHERED { Ok(()) } else { self.write(false).await }
    }

    /// Writes what is gathered, so that nothing is held while waiting for more, or because there is no more.
    pub(super) async fn settle(&mut self) -> Result<()> {
        let complete = self.missing().is_empty();
        if complete || !self.gathered.is_empty() {
            self.write(complete && self.sync).await
        } else {
            Ok(())
        }
    }

    /// Returns the hasher, which has seen everything that was written.
    pub(super) fn into_hasher(self) -> Option<Hasher> {
        self.hasher
    }

    async fn write(&mut self, sync: bool) -> Result<()> {
        let gathered = std::mem::take(&mut self.gathered);
        let part = Arc::clone(&self.part);
        let mut hasher = self.hasher.take();
        let mut offset = self.offset;
        let written = blocking(move || {
            let file = part.file()?;
            for bytes in gathered {
                if let Some(hasher) = &mut hasher {
                    hasher.update(&bytes);
                }
                file.write_all_at(&bytes, offset).map_err(|error| part.error(error))?;
                offset += bytes.len() as u64;
            }
            if sync {
                file.sync_all().map_err(|error| part.error(error))?;
            }
            Ok((offset, hasher))
        });
        (self.offset, self.hasher) = written.await?;
        self.gathered_bytes = 0;
        Ok(())
    }
}
