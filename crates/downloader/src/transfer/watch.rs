//! Noticing that a body stands still.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use tokio::time::{Instant, timeout};

use crate::error::{Error, ErrorKind, Result};

/// Watches how many bytes of one answer arrive in each window of time. Only waiting for the network counts, not the time that
/// the disk takes.
#[derive(Debug)]
pub(super) struct Watch {
    window: Duration,
    /// How many bytes have to arrive in a window.
    least: u64,
    waited: Duration,
    received: u64,
}

impl Watch {
    pub(super) fn new(window: Duration, bytes_per_second: u64) -> Self {
        let least = u128::from(bytes_per_second) * window.as_millis() / 1000;
        let least = u64::try_from(least).unwrap_or(u64::MAX).max(1);
        Self { window, least, waited: Duration::ZERO, received: 0 }
    }

    /// Waits for an answer to begin, one window at most.
    pub(super) async fn answer<T>(&self, answer: impl Future<Output = Result<T>>) -> Result<T> {
        timeout(self.window, answer).await.unwrap_or_else(|_elapsed| Err(self.stalled()))
    }

    /// Waits for the next bytes.
    pub(super) async fn next(
        &mut self,
        bytes: &mut BoxStream<'static, Result<Bytes>>,
    ) -> Result<Option<Bytes>> {
        loop {
            let began = Instant::now();
            match timeout(self.left(), bytes.try_next()).await {
                Ok(next) => {
                    let next = next?;
                    let count = next.as_ref().map_or(0, |bytes| bytes.len() as u64);
                    self.arrived(count, began.elapsed());
                    return Ok(next);
                }
                Err(_elapsed) => self.window_passed()?,
            }
        }
    }

    fn left(&self) -> Duration {
        self.window.saturating_sub(self.waited)
    }

    fn arrived(&mut self, count: u64, waited: Duration) {
        self.waited += waited;
        self.received += count;
    }

    fn window_passed(&mut self) -> Result<()> {
        if self.received < self.least {
            return Err(self.stalled());
        }
        (self.waited, self.received) = (Duration::ZERO, 0);
        Ok(())
    }

    fn stalled(&self) -> Error {
        let reason = format!("{} bytes in {:?}, not {}", self.received, self.window, self.least);
        Error::new(ErrorKind::Stalled).with_reason(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(20);

    /// Lets so many pieces of so many bytes arrive, each after a pause.
    fn receive(pieces: usize, bytes: u64, pause: Duration) -> Result<()> {
        let mut watch = Watch::new(WINDOW, 1_000);
        for _ in 0..pieces {
            let mut pause = pause;
            while pause > watch.left() {
                pause -= watch.left();
                watch.window_passed()?;
            }
            watch.arrived(bytes, pause);
        }
        Ok(())
    }

    #[test]
    fn h16_a_byte_a_minute_is_no_progress() {
        for pause in [Duration::from_mins(1), Duration::from_secs(1), Duration::from_millis(100)] {
            let error = receive(1_000, 1, pause).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Stalled);
            assert!(error.to_string().contains("in 20s, not 20000"), "{error}");
        }
    }

    #[test]
    fn h16_a_slow_body_that_goes_on_is_left_alone() {
        receive(1_000, 2_000, Duration::from_secs(1)).unwrap();
        receive(50, 50_000, Duration::from_secs(19)).expect("bursts are fine");
        receive(1_000_000, 1, Duration::from_micros(900)).unwrap();
    }

    #[tokio::test]
    async fn h16_an_answer_or_a_body_that_never_comes_is_given_up() {
        let mut watch = Watch::new(Duration::from_millis(1), 1);
        let error = watch.answer(std::future::pending::<Result<()>>()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stalled);
        let mut body: BoxStream<'static, _> = Box::pin(futures::stream::pending());
        assert_eq!(watch.next(&mut body).await.unwrap_err().kind(), ErrorKind::Stalled);
    }
}
