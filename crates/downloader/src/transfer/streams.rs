//! How many streams fetch large objects side by side: as many as make it faster.
//!
//! On a near server one stream for each core is the fastest, and more only cost. On a far one, or one that limits each
//! connection, every stream adds its own speed. Sizes do not tell which; the speed does. So the number is doubled for as long
//! as that pays.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::transfer::slots::{Slot, Slots};

/// For how long the speed is measured at a time.
const WINDOW: Duration = Duration::from_millis(200);
/// How many streams there are at first.
const FIRST: usize = 2;
/// How many one thread can write for: those that there are at first, and twice as many while it is tried whether these pay.
const FEW: usize = 2 * FIRST;
/// How much faster it has to become for twice as many streams to pay.
const WORTH: f64 = 1.25;
/// After how many windows it is tried again whether more streams pay by now.
const PATIENCE: u32 = 50;
/// How long one request should take: long enough for its own cost not to matter.
const REQUEST_SECONDS: f64 = 0.5;

/// The streams of a transfer.
#[derive(Debug)]
pub(super) struct Streams {
    slots: Slots,
    meter: Mutex<Meter>,
}

#[derive(Debug)]
struct Meter {
    climb: Climb,
    active: usize,
    window: Instant,
    bytes: u64,
    /// Bytes per second of one stream, in the last window.
    each: f64,
}

/// A stream in use.
#[derive(Debug)]
pub(super) struct Stream<'a> {
    streams: &'a Streams,
    _slot: Slot<'a>,
}

impl Streams {
    pub(super) fn new(most: usize) -> Self {
        let meter = Meter::new(most, Instant::now());
        Self { slots: Slots::new(meter.climb.streams), meter: Mutex::new(meter) }
    }

    pub(super) async fn acquire(&self) -> Stream<'_> {
        let slot = self.slots.acquire().await;
        let mut meter = self.meter();
        if meter.active == 0 {
            meter.restart(Instant::now());
        }
        meter.active += 1;
        drop(meter);
        Stream { streams: self, _slot: slot }
    }

    /// Whether there are so few that one thread can write what they bring.
    pub(super) fn are_few(&self) -> bool {
        self.slots.limit() <= FEW
    }

    fn meter(&self) -> MutexGuard<'_, Meter> {
        self.meter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream<'_> {
    /// Takes note of bytes that arrived.
    pub(super) fn received(&self, bytes: u64) {
        if let Some(streams) = self.streams.meter().received(bytes, Instant::now()) {
            self.streams.slots.set_limit(streams);
        }
    }

    /// Returns whether there are more streams than there should be.
    pub(super) fn is_surplus(&self) -> bool {
        self.streams.slots.is_crowded()
    }

    /// Returns how many bytes to ask for at once, at the speed of one stream.
    pub(super) fn request_size(&self) -> u64 {
        self.streams.meter().request_size()
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        self.streams.meter().active -= 1;
    }
}

impl Meter {
    fn new(most: usize, now: Instant) -> Self {
        Self { climb: Climb::new(most), active: 0, window: now, bytes: 0, each: 0.0 }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a speed is positive, and a cast that saturates is what is wanted"
    )]
    fn request_size(&self) -> u64 {
        (self.each * REQUEST_SECONDS) as u64
    }

    fn restart(&mut self, now: Instant) {
        self.window = now;
        self.bytes = 0;
    }

    /// Returns how many streams there should be, if that has changed.
    #[expect(clippy::cast_precision_loss, reason = "it is a speed")]
    fn received(&mut self, bytes: u64, now: Instant) -> Option<usize> {
        self.bytes += bytes;
        let elapsed = now - self.window;
        if elapsed < WINDOW {
            return None;
        }
        let rate = self.bytes as f64 / elapsed.as_secs_f64();
        self.each = rate / self.active.max(1) as f64;
        self.restart(now);
        let before = self.climb.streams;
        self.climb.measured(rate);
        (self.climb.streams != before).then_some(self.climb.streams)
    }
}

/// The search for the number of streams.
#[derive(Debug)]
struct Climb {
    streams: usize,
    most: usize,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// The number has just changed: what the next window measures is neither the one nor the other.
    Changed { before: Option<Measured> },
    /// The next window tells whether the change pays.
    Measuring { before: Option<Measured> },
    /// The number stays for some windows.
    Settled { windows: u32 },
}

/// A number of streams and the speed that it had.
#[derive(Clone, Copy, Debug)]
struct Measured {
    streams: usize,
    rate: f64,
}

impl Climb {
    fn new(most: usize) -> Self {
        Self { streams: FIRST.min(most), most, phase: Phase::Changed { before: None } }
    }

    fn measured(&mut self, rate: f64) {
        self.phase = match self.phase {
            Phase::Changed { before } => Phase::Measuring { before },
            Phase::Measuring { before: Some(before) } if rate < before.rate * WORTH => {
                self.streams = before.streams;
                Phase::Settled { windows: 0 }
            }
            Phase::Settled { windows } if windows < PATIENCE => {
                Phase::Settled { windows: windows + 1 }
            }
            Phase::Measuring { .. } | Phase::Settled { .. } => self.double(rate),
        };
    }

    fn double(&mut self, rate: f64) -> Phase {
        let before = Measured { streams: self.streams, rate };
        self.streams = self.most.min(self.streams * 2);
        if self.streams == before.streams {
            Phase::Settled { windows: 0 }
        } else {
            Phase::Changed { before: Some(before) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how many streams there are after so many windows on a link with this speed.
    fn streams_after(windows: u32, most: usize, rate: impl Fn(usize) -> f64) -> usize {
        let mut climb = Climb::new(most);
        for _ in 0..windows {
            climb.measured(rate(climb.streams));
        }
        climb.streams
    }

    #[test]
    fn few_streams_stay_few_where_more_are_not_faster() {
        assert_eq!(streams_after(20, 16, |_| 1e9), 2);
        assert_eq!(streams_after(20, 16, |streams| if streams > 2 { 8e8 } else { 1e9 }), 2);
    }

    #[test]
    fn streams_multiply_as_long_as_each_adds_its_own_speed() {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let limited_at = |most: usize| move |streams: usize| 1e6 * streams.min(most) as f64;
        assert_eq!(streams_after(6, 16, limited_at(100)), 16, "within seconds");
        assert_eq!(streams_after(40, 16, limited_at(4)), 4);
        assert_eq!(streams_after(40, 1, limited_at(100)), 1);
    }

    #[test]
    fn it_is_tried_again_after_a_while() {
        let mut climb = Climb::new(16);
        for _ in 0..20 {
            climb.measured(1e6);
        }
        assert_eq!(climb.streams, 2);
        let most = (0..60)
            .map(|_| {
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                climb.measured(1e6 * climb.streams as f64);
                climb.streams
            })
            .max();
        assert_eq!(most, Some(16));
    }

    #[test]
    fn the_speed_is_that_of_a_window_and_tells_how_much_to_ask_for() {
        let start = Instant::now();
        let mut meter = Meter::new(16, start);
        meter.active = 2;
        meter.restart(start + WINDOW);
        assert_eq!(meter.received(200_000, start + WINDOW + WINDOW / 2), None);
        assert_eq!(
            meter.received(200_000, start + WINDOW * 2),
            None,
            "the first window does not count"
        );
        assert_eq!(meter.received(400_000, start + WINDOW * 3), Some(4));
        assert_eq!(
            meter.request_size(),
            500_000,
            "two streams of a million bytes a second, for half a second"
        );
    }
}
