//! The body of an answer as it arrives, and noticing when it does not.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_types::body::SdkBody;
use bytes::{Bytes, BytesMut};
use futures::stream::{Stream, StreamExt, TryStreamExt};
use http_body_util::BodyDataStream;
use tokio::time::{Instant, Sleep, sleep};

use crate::error::{Error, ErrorKind, Result};

/// What has to arrive per second of waiting. Less is a connection that is as good as dead.
const LEAST_BYTES_PER_SECOND: u64 = 256;

/// The bytes of a body. Ends with an error when next to nothing arrives for a while.
pub(super) struct Body {
    bytes: BodyDataStream<SdkBody>,
    patience: Patience,
}

/// How long a body was waited for, and what that brought.
struct Patience {
    limit: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    /// Since when nothing has arrived.
    waiting_since: Option<Instant>,
    waited: Duration,
    received: u64,
}

impl Body {
    pub(super) fn new(body: SdkBody, stall_timeout: Duration) -> Self {
        let patience = Patience {
            limit: stall_timeout,
            timer: None,
            waiting_since: None,
            waited: Duration::ZERO,
            received: 0,
        };
        Self { bytes: BodyDataStream::new(body), patience }
    }

    /// Returns the whole of a body that is not large.
    pub(super) async fn collect(mut self, largest: usize) -> Result<Bytes> {
        let Some(first) = self.try_next().await? else { return Ok(Bytes::new()) };
        let Some(mut next) = self.try_next().await? else { return Ok(first) };
        let mut whole = BytesMut::from(first);
        loop {
            if whole.len() + next.len() > largest {
                return Err(Error::new(ErrorKind::UnexpectedReply)
                    .with_reason(format!("the answer is longer than {largest} bytes")));
            }
            whole.extend_from_slice(&next);
            match self.try_next().await? {
                Some(bytes) => next = bytes,
                None => return Ok(whole.freeze()),
            }
        }
    }
}

impl Stream for Body {
    type Item = Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        match this.bytes.poll_next_unpin(context) {
            Poll::Ready(Some(Ok(bytes))) => {
                this.patience.rewarded(bytes.len() as u64);
                Poll::Ready(Some(Ok(bytes)))
            }
            Poll::Ready(Some(Err(source))) => {
                Poll::Ready(Some(Err(Error::new(ErrorKind::Truncated).with_source(source))))
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => this.patience.poll(context).map(|stalled| Some(Err(stalled))),
        }
    }
}

impl Patience {
    /// Something has arrived. The timer is left alone: it is looked at only when it is due.
    fn rewarded(&mut self, bytes: u64) {
        if let Some(since) = self.waiting_since.take() {
            self.waited += since.elapsed();
        }
        self.received += bytes;
    }

    /// Waits on. Ready when patience is at an end.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        loop {
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(self.limit)));
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            // Only waiting counts: whoever reads the body may have been busy elsewhere.
            let waited = self.waited + since.elapsed();
            if waited < self.limit {
                timer.as_mut().reset(Instant::now() + self.limit.saturating_sub(waited));
                continue;
            }
            if self.received < LEAST_BYTES_PER_SECOND.saturating_mul(self.limit.as_secs().max(1)) {
                let reason = format!("{} bytes arrived in {waited:.1?}", self.received);
                return Poll::Ready(Error::new(ErrorKind::Truncated).with_reason(reason));
            }
            (self.waiting_since, self.waited, self.received) =
                (Some(Instant::now()), Duration::ZERO, 0);
            timer.as_mut().reset(Instant::now() + self.limit);
        }
    }
}
