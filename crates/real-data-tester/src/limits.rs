//! What a step may use before it is ended.

use std::time::Duration;

/// How much of a log is kept unless the scenario says otherwise.
const LOG_BYTES: u64 = 16 * 1024 * 1024;

/// What a step may use before it, and everything that it started, is ended.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long it may run.
    pub time: Option<Duration>,
    /// How many bytes of memory it and all that it started may have at once.
    pub memory: Option<u64>,
    /// How many bytes its outputs may have together.
    pub output: Option<u64>,
    /// How many bytes of each of its two logs are kept; what is printed beyond is left out in the middle, and ends nothing.
    pub log: u64,
}

impl Default for Limits {
    /// Nothing is limited but the logs, to 16 MiB each.
    fn default() -> Self {
        Self { time: None, memory: None, output: None, log: LOG_BYTES }
    }
}
