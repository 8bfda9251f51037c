//! The bytes of one range on their way from the network to the disk.

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use rustix::io::pwritev;
use tokio::sync::mpsc;

use crate::blocking::start;
use crate::checksum::{Algorithm, Checksum, Hasher};
use crate::error::{Error, ErrorKind, Result};
use crate::transfer::journal::Entry;
use crate::transfer::ledger::Ledger;
use crate::transfer::pace::Pace;
use crate::transfer::part::PartFile;

/// How many bytes are gathered before they are written: enough for the way to the blocking pool not to matter, and few enough for
/// the processor still to have them in its cache.
const GATHERED: usize = 256 * 1024;
/// What a quick disk, or rather the page cache before it, takes in less time than another thread takes to wake up.
const SMALL: usize = 64 * 1024;
/// How many pieces are written at once: what every platform takes.
const MOST_PIECES: usize = 1024;

/// Writes one range of an object to its place in a part file, and hashes it on the way.
///
/// While some bytes are written the next ones may already come, so that neither network nor disk waits for the other.
pub(super) struct Writer {
    /// Where the next byte to come belongs.
    next: u64,
    end: u64,
    gathered: Vec<Bytes>,
    gathered_bytes: usize,
    ledger: Option<Arc<Ledger>>,
    /// How quick writing is, where it may be done at once even if it is much.
    pace: Option<Arc<Pace>>,
    disk: Disk,
}

/// Held by everything that writes, so that its end can be [waited for](AtWork::channel).
#[derive(Debug, Clone)]
pub(super) struct AtWork {
    _sender: mpsc::Sender<Infallible>,
}

/// What writes, or is about to.
enum Disk {
    Idle(Box<Sink>),
    Busy(BoxFuture<'static, Result<Box<Sink>>>),
    Failed,
}

struct Sink {
    part: Arc<PartFile>,
    offset: u64,
    digests: Digests,
    /// Dropped last: whoever waits for it finds nothing of the part file in use.
    _at_work: Option<AtWork>,
}

/// What is hashed of the bytes that pass by.
enum Digests {
    Nothing,
    /// All of them, together.
    Whole(Hasher),
    /// Segment by segment, each noted when it is complete.
    Segments {
        ledger: Arc<Ledger>,
        start: u64,
        hasher: Hasher,
    },
}

impl AtWork {
    /// Returns one to be cloned, and what [ends](mpsc::Receiver::recv) when all clones are dropped.
    pub(super) fn channel() -> (Self, mpsc::Receiver<Infallible>) {
        let (sender, ended) = mpsc::channel(1);
        (Self { _sender: sender }, ended)
    }
}

impl Writer {
    pub(super) fn new(part: Arc<PartFile>, range: Range<u64>) -> Self {
        Self::with_digests(part, range, Digests::Nothing, None)
    }

    fn with_digests(
        part: Arc<PartFile>,
        range: Range<u64>,
        digests: Digests,
        at_work: Option<AtWork>,
    ) -> Self {
        let sink = Sink { part, offset: range.start, digests, _at_work: at_work };
        Self {
            next: range.start,
            end: range.end,
            gathered: Vec::new(),
            gathered_bytes: 0,
            ledger: None,
            pace: None,
            disk: Disk::Idle(Box::new(sink)),
        }
    }

    /// A writer that notes each segment of the range in the journal and in the ledger.
    pub(super) fn in_segments(
        part: Arc<PartFile>,
        range: Range<u64>,
        ledger: Arc<Ledger>,
        at_work: AtWork,
    ) -> Self {
        let hasher = Hasher::new(ledger.division.algorithm);
        let digests = Digests::Segments { ledger: Arc::clone(&ledger), start: range.start, hasher };
        let writer = Self::with_digests(part, range, digests, Some(at_work));
        Self { ledger: Some(ledger), ..writer }
    }

    /// Writes where the bytes arrive, as long as that is quick: they are still in the processor's cache, and no other thread has to
    /// wake up. Not for many side by side, which would wait for each other.
    pub(super) fn at_once(self, pace: &Arc<Pace>) -> Self {
        Self { pace: Some(Arc::clone(pace)), ..self }
    }

    /// Hashes what is written. To be called before the first byte comes.
    pub(super) fn hash_with(&mut self, algorithm: Algorithm) {
        if let Disk::Idle(sink) = &mut self.disk {
            sink.digests = Digests::Whole(Hasher::new(algorithm));
        }
    }

    /// Returns which bytes are still to come.
    pub(super) fn missing(&self) -> Range<u64> {
        self.next..self.end
    }

    /// Returns how many bytes there are up to the end of the segment that is being written.
    pub(super) fn up_to_cut(&self) -> u64 {
        let cut =
            self.ledger.as_ref().map_or(self.end, |ledger| ledger.division.cut_after(self.next));
        cut.saturating_sub(self.next)
    }

    /// Takes the next bytes, of which there are not more than are missing. A segment that is complete is written at once.
    pub(super) async fn push(&mut self, bytes: Bytes) -> Result<()> {
        let is_cut = bytes.len() as u64 >= self.up_to_cut();
        self.next += bytes.len() as u64;
        self.gathered_bytes += bytes.len();
        self.gathered.push(bytes);
        let enough = if self.is_quick() { SMALL } else { GATHERED };
        let is_enough = self.gathered_bytes >= enough || is_cut && self.ledger.is_some();
        if is_enough { self.begin().await } else { Ok(()) }
    }

    /// Writes what is gathered, so that nothing is held while waiting for more, or because there is no more.
    pub(super) async fn settle(&mut self) -> Result<()> {
        if matches!(self.disk, Disk::Failed) {
            // Whoever pushed what could not be written knows why.
            return Ok(());
        }
        if !self.gathered.is_empty() || self.next == self.end {
            self.begin().await?;
        }
        let sink = self.sink().await?;
        self.disk = Disk::Idle(sink);
        Ok(())
    }

    /// Returns the checksum of everything that was written, if it was to be computed.
    pub(super) async fn into_checksum(mut self) -> Result<Option<Checksum>> {
        Ok(match self.sink().await?.digests {
            Digests::Whole(hasher) => Some(hasher.finish()),
            Digests::Nothing | Digests::Segments { .. } => None,
        })
    }

    /// Begins to write what is gathered, as soon as what was gathered before is written.
    async fn begin(&mut self) -> Result<()> {
        let mut sink = self.sink().await?;
        let gathered = std::mem::take(&mut self.gathered);
        let bytes = std::mem::take(&mut self.gathered_bytes);
        // Where a journal is written, too, only what is known to be quick is.
        let is_quick = self.is_quick() || bytes <= SMALL && self.ledger.is_none();
        let pace = self.pace.clone();
        let write = move || {
            match pace {
                Some(pace) => pace.measure(bytes.div_ceil(SMALL), || sink.write(&gathered)),
                None => sink.write(&gathered),
            }?;
            Ok(sink)
        };
        self.disk =
            if is_quick { Disk::Idle(write()?) } else { Disk::Busy(Box::pin(start(write))) };
        Ok(())
    }

    fn is_quick(&self) -> bool {
        self.pace.as_ref().is_some_and(|pace| pace.is_quick())
    }

    async fn sink(&mut self) -> Result<Box<Sink>> {
        match std::mem::replace(&mut self.disk, Disk::Failed) {
            Disk::Idle(sink) => Ok(sink),
            Disk::Busy(written) => written.await,
            Disk::Failed => Err(Error::new(ErrorKind::Io).with_reason("writing has failed before")),
        }
    }
}

impl Sink {
    fn write(&mut self, pieces: &[Bytes]) -> Result<()> {
        let file = self.part.file()?;
        write_all_at(&file, pieces, self.offset).map_err(|error| self.part.error(error))?;
        for piece in pieces {
            self.hash(piece)?;
        }
        Ok(())
    }

    fn hash(&mut self, mut bytes: &[u8]) -> Result<()> {
        match &mut self.digests {
            Digests::Nothing => {}
            Digests::Whole(hasher) => hasher.update(bytes),
            Digests::Segments { ledger, start, hasher } => {
                let mut offset = self.offset;
                while !bytes.is_empty() {
                    let cut = ledger.division.cut_after(*start);
                    let count =
                        usize::try_from(cut - offset).unwrap_or(usize::MAX).min(bytes.len());
                    hasher.update(&bytes[..count]);
                    bytes = &bytes[count..];
                    offset += count as u64;
                    if offset == cut {
                        let fresh = Hasher::new(ledger.division.algorithm);
                        let digest = std::mem::replace(hasher, fresh).finish();
                        let entry = Entry { range: *start..cut, digest };
                        self.part.note(&entry)?;
                        ledger.complete(&entry.range, entry.digest);
                        *start = cut;
                    }
                }
                self.offset = offset;
                return Ok(());
            }
        }
        self.offset += bytes.len() as u64;
        Ok(())
    }
}

fn write_all_at(file: &File, pieces: &[Bytes], mut offset: u64) -> io::Result<()> {
    for pieces in pieces.chunks(MOST_PIECES) {
        let mut slices: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let mut rest = &mut slices[..];
        // Removes empty pieces, of which nothing could ever be written.
        IoSlice::advance_slices(&mut rest, 0);
        while !rest.is_empty() {
            let count = match pwritev(file, rest, offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => count,
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            offset += count as u64;
            IoSlice::advance_slices(&mut rest, count);
        }
    }
    Ok(())
}
