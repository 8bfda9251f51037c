//! Looks at a step while it runs: how much memory it has, and how much it has written.

use std::path::Path;
use std::time::Duration;

use super::measure;
use crate::blocking::blocking;
use crate::executor::Ending;
use crate::limits::Limits;

/// How long after its start a step is first looked at; the pauses grow from there.
const FIRST: Duration = Duration::from_millis(5);
/// The longest pause.
const LONGEST: Duration = Duration::from_millis(100);
/// How many looks at the memory there are for one at the outputs, which may be many files.
const LOOKS_PER_SIZE: u32 = 4;

/// What was seen of a step so far.
pub(super) struct Watch<'a> {
    leader: i32,
    limits: &'a Limits,
    outputs: &'a Path,
    /// The largest resident set of one process.
    pub(super) peak_rss: Option<u64>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(leader: u32, limits: &'a Limits, outputs: &'a Path) -> Self {
        Self { leader: i32::try_from(leader).unwrap_or_default(), limits, outputs, peak_rss: None }
    }

    /// Looks until a limit is exceeded, and says which.
    pub(super) async fn exceeded(&mut self) -> Ending {
        let mut pause = FIRST;
        for look in 1_u32.. {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
            if let Some(ending) = self.look_at_memory() {
                return ending;
            }
            if look.is_multiple_of(LOOKS_PER_SIZE)
                && let Some(ending) = too_much_output(self.limits, self.outputs).await
            {
                return ending;
            }
        }
        std::future::pending().await
    }

    fn look_at_memory(&mut self) -> Option<Ending> {
        let family = measure::family(self.leader);
        let peaks = family.iter().filter_map(|pid| measure::peak_rss(&pid.to_string()));
        self.peak_rss = self.peak_rss.max(peaks.max());
        let limit = self.limits.memory?;
        let sum =
            |of: fn(i32) -> Option<u64>| family.iter().filter_map(|pid| of(*pid)).sum::<u64>();
        // What processes share is counted once for each: good enough as long as even that is within the limit.
        if sum(measure::rss) <= limit {
            return None;
        }
        let used = sum(measure::proportional_rss);
        (used > limit).then_some(Ending::OutOfMemory { limit, used })
    }
}

/// Measures the outputs, if they are limited.
pub(super) async fn too_much_output(limits: &Limits, outputs: &Path) -> Option<Ending> {
    let limit = limits.output?;
    let directory = outputs.to_owned();
    let written = blocking(move || measure::bytes_below(&directory)).await.ok()?;
    (written > limit).then_some(Ending::TooMuchOutput { limit, written })
}
