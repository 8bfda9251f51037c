//! The body of an answer as it goes over the wire: in slices, counted, and cut short where a fault says so.

use std::fmt;
use std::num::NonZeroU64;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use crate::log::Entry;
use crate::wire::Link;

/// How much is handed to the connection at once: large enough to cost nothing, small enough to count what was sent.
const SLICE_BYTES: usize = 512 << 10;
/// How often a throttled body sends something.
const TICKS_PER_SECOND: u64 = 50;
const TICK: Duration = Duration::from_millis(1000 / TICKS_PER_SECOND);

/// How a body ends once its bytes are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// In good order.
    Complete,
    /// By closing the connection after all bytes were written to it.
    Abort,
    /// Never.
    Stall,
}

/// An answer's body.
#[derive(Debug)]
pub(crate) struct WireBody {
    rest: Bytes,
    /// The length to announce; none makes hyper send chunks.
    announced: Option<u64>,
    ending: Ending,
    pace: Option<Pace>,
    /// How often the connection had been flushed when the last byte was handed over.
    flushes_at_end: Option<u64>,
    entry: Arc<Entry>,
    link: Arc<Link>,
}

/// Why a connection was closed: a fault said so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Aborted;

impl fmt::Display for Aborted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection ends here by a scripted fault")
    }
}

impl std::error::Error for Aborted {}

/// Lets a slice through at each tick.
#[derive(Debug)]
struct Pace {
    slice: usize,
    tick: Pin<Box<Sleep>>,
}

impl WireBody {
    pub(crate) fn new(bytes: Bytes, entry: Arc<Entry>, link: Arc<Link>) -> Self {
        Self {
            announced: Some(bytes.len() as u64),
            rest: bytes,
            ending: Ending::Complete,
            pace: None,
            flushes_at_end: None,
            entry,
            link,
        }
    }

    /// Sends only the first `bytes` of what was announced, then ends in this way.
    pub(crate) fn cut(&mut self, bytes: u64, ending: Ending) {
        self.rest.truncate(usize::try_from(bytes).unwrap_or(usize::MAX));
        self.ending = ending;
    }

    /// Announces no length.
    pub(crate) fn hide_length(&mut self) {
        self.announced = None;
    }

    /// Sends no faster than this.
    pub(crate) fn throttle(&mut self, bytes_per_second: NonZeroU64) {
        let slice =
            usize::try_from(bytes_per_second.get() / TICKS_PER_SECOND).unwrap_or(usize::MAX);
        self.pace = Some(Pace { slice: slice.max(1), tick: Box::pin(tokio::time::sleep(TICK)) });
    }

    fn next_slice(&mut self, context: &mut Context<'_>) -> Poll<Bytes> {
        let mut length = self.rest.len().min(SLICE_BYTES);
        if let Some(pace) = &mut self.pace {
            ready!(pace.tick.as_mut().poll(context));
            let next = pace.tick.deadline() + TICK;
            pace.tick.as_mut().reset(next);
            length = length.min(pace.slice);
        }
        self.entry.sends(length as u64);
        Poll::Ready(self.rest.split_to(length))
    }

    /// Waits until all that was handed over has been written, so that the client gets every byte before the end.
    fn poll_abort(&mut self, context: &Context<'_>) -> Poll<Aborted> {
        let flushes = *self.flushes_at_end.get_or_insert_with(|| self.link.flushes());
        self.link.wake_when_flushed(context);
        if self.link.flushes() > flushes { Poll::Ready(Aborted) } else { Poll::Pending }
    }
}

impl Body for WireBody {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        if !self.rest.is_empty() {
            return self.next_slice(context).map(|slice| Some(Ok(Frame::data(slice))));
        }
        match self.ending {
            Ending::Complete => Poll::Ready(None),
            Ending::Abort => self.poll_abort(context).map(|aborted| Some(Err(aborted))),
            Ending::Stall => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.ending == Ending::Complete
    }

    fn size_hint(&self) -> SizeHint {
        self.announced.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
