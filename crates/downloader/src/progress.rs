//! How far a transfer is, ready for a progress bar.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::observer::{Event, Observer};

/// Over how long the rate is measured.
const WINDOW: Duration = Duration::from_secs(5);
/// How far apart the measurements are.
const STEP: Duration = Duration::from_millis(250);

/// An observer that adds up what happens.
///
/// ```
/// use std::sync::Arc;
///
/// use reenact_downloader::{InMemory, ProgressMeter, Transfer, TransferOptions};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let bucket = InMemory::new("prod");
/// let object = bucket.put("a.csv", "x,y\n");
/// let directory = tempfile::tempdir()?;
/// let meter = ProgressMeter::new();
/// Transfer::new(Arc::new(bucket), TransferOptions::default())
///     .fetch(&object, &directory.path().join("a.csv"), &meter)
///     .await?;
/// let progress = meter.progress();
/// assert_eq!((progress.bytes_done, progress.bytes), (4, 4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ProgressMeter {
    tally: Mutex<Tally>,
}

/// How far a transfer is.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// How many objects there are to fetch.
    pub objects: usize,
    /// How many have landed.
    pub objects_done: usize,
    /// How many could not be fetched.
    pub objects_failed: usize,
    /// How many bytes there are to fetch.
    pub bytes: u64,
    /// How many are there; those that have to be fetched again do not count.
    pub bytes_done: u64,
    /// How many requests were repeated.
    pub retries: usize,
    /// How many bytes came each second over the last seconds; what was there beforehand does not count.
    pub bytes_per_second: f64,
    /// How long it takes at that rate until all is there; nothing while no bytes come.
    pub remaining: Option<Duration>,
}

#[derive(Debug)]
struct Tally {
    progress: Progress,
    is_planned: bool,
    received: u64,
    /// When how many bytes had been received, the oldest first.
    samples: VecDeque<(Instant, u64)>,
}

impl Default for ProgressMeter {
    fn default() -> Self {
        Self::new()
    }
}

impl ProgressMeter {
    /// Returns a meter at zero. The time runs from now on.
    #[must_use]
    pub fn new() -> Self {
        Self { tally: Mutex::new(Tally::new(Instant::now())) }
    }

    /// Returns how far the transfer is.
    pub fn progress(&self) -> Progress {
        self.tally().at(Instant::now())
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for ProgressMeter {
    fn on_event(&self, event: &Event<'_>) {
        self.tally().count(event, Instant::now());
    }
}

impl Tally {
    fn new(now: Instant) -> Self {
        Self {
            progress: Progress::default(),
            is_planned: false,
            received: 0,
            samples: VecDeque::from([(now, 0)]),
        }
    }

    fn count(&mut self, event: &Event<'_>, now: Instant) {
        let progress = &mut self.progress;
        match event {
            Event::Planned { objects, bytes } => {
                self.is_planned = true;
                progress.objects += objects;
                progress.bytes += bytes;
            }
            Event::Started { object } if !self.is_planned => {
                progress.objects += 1;
                progress.bytes += object.size;
            }
            Event::Started { .. } => {}
            Event::Resumed { count, .. } => progress.bytes_done += count,
            Event::Bytes { count, .. } => {
                progress.bytes_done += count;
                self.received += count;
                self.sample(now);
            }
            Event::Retried { .. } => progress.retries += 1,
            Event::Restarted { object, size, discarded } => {
                progress.bytes_done = progress.bytes_done.saturating_sub(*discarded);
                progress.bytes = progress.bytes.saturating_sub(object.size).saturating_add(*size);
            }
            Event::Finished { .. } => progress.objects_done += 1,
            Event::Failed { .. } => progress.objects_failed += 1,
        }
    }

    fn sample(&mut self, now: Instant) {
        if self.samples.back().is_none_or(|(last, _)| now.duration_since(*last) >= STEP) {
            self.samples.push_back((now, self.received));
        }
        while self.samples.len() > 2 && now.duration_since(self.samples[1].0) >= WINDOW {
            self.samples.pop_front();
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "it is a rate")]
    fn at(&self, now: Instant) -> Progress {
        let mut progress = self.progress.clone();
        let Some((since, before)) = self.samples.front() else { return progress };
        let seconds = now.duration_since(*since).as_secs_f64();
        if seconds > 0.0 {
            progress.bytes_per_second = (self.received - before) as f64 / seconds;
        }
        let missing = progress.bytes.saturating_sub(progress.bytes_done) as f64;
        let remaining = Duration::try_from_secs_f64(missing / progress.bytes_per_second);
        progress.remaining = remaining.ok().filter(|_| progress.bytes_per_second > 0.0);
        progress
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::ObjectMeta;

    #[test]
    #[expect(clippy::float_cmp, reason = "the numbers divide without rest")]
    fn totals_and_rate_follow_the_events() {
        let start = Instant::now();
        let object = ObjectMeta::new("x", 10_000);
        let mut tally = Tally::new(start);
        tally.count(&Event::Planned { objects: 2, bytes: 20_000 }, start);
        tally.count(&Event::Started { object: &object }, start);
        tally.count(&Event::Resumed { object: &object, count: 4_000 }, start);
        for second in 1..=4 {
            let now = start + Duration::from_secs(second);
            tally.count(&Event::Bytes { object: &object, count: 1_000 }, now);
        }
        let progress = tally.at(start + Duration::from_secs(4));
        assert_eq!((progress.objects, progress.bytes, progress.bytes_done), (2, 20_000, 8_000));
        assert_eq!(progress.bytes_per_second, 1_000.0);
        assert_eq!(progress.remaining, Some(Duration::from_secs(12)));
    }

    #[test]
    fn what_is_fetched_again_does_not_count_twice() {
        let now = Instant::now();
        let object = ObjectMeta::new("x", 100);
        let mut tally = Tally::new(now);
        tally.count(&Event::Started { object: &object }, now);
        tally.count(&Event::Bytes { object: &object, count: 100 }, now);
        tally.count(&Event::Restarted { object: &object, size: 120, discarded: 100 }, now);
        tally.count(&Event::Bytes { object: &object, count: 120 }, now);
        let progress = tally.at(now);
        assert_eq!((progress.bytes_done, progress.bytes), (120, 120));
    }

    #[test]
    fn a_rate_is_that_of_the_last_seconds() {
        let start = Instant::now();
        let object = ObjectMeta::new("x", 1_000_000);
        let mut tally = Tally::new(start);
        for second in 1..=100 {
            let now = start + Duration::from_secs(second);
            let count = if second > 50 { 10 } else { 1_000 };
            tally.count(&Event::Bytes { object: &object, count }, now);
        }
        let rate = tally.at(start + Duration::from_secs(100)).bytes_per_second;
        assert!((9.0..=10.5).contains(&rate), "{rate}");
        assert!(tally.samples.len() < 30, "{}", tally.samples.len());
    }
}
