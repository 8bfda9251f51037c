//! How far the server's clock is ahead of this machine's.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::http::HttpResponse;

use crate::s3::reply::{header, parse_date};

/// How far the server's clock is ahead, in seconds.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// What signatures allow for.
    correction: AtomicI64,
    /// What the first answer said.
    first_read: OnceLock<i64>,
}

impl Clock {
    /// Learns what time it is. Returns whether that is news.
    pub(super) fn set(&self, server: SystemTime, machine: SystemTime) -> bool {
        const NOT_WORTH_MENTIONING: u64 = 60;
        let ahead = seconds_ahead(server, machine);
        let before = self.correction.swap(ahead, Ordering::Relaxed);
        ahead.abs_diff(before) > NOT_WORTH_MENTIONING
    }

    /// Takes the time from an answer, once.
    pub(super) fn read(&self, reply: &HttpResponse, machine: impl FnOnce() -> SystemTime) {
        if self.first_read.get().is_none()
            && let Some(date) = header(reply, "date").and_then(parse_date)
        {
            self.first_read.get_or_init(|| seconds_ahead(date.into(), machine()));
        }
    }

    pub(super) fn ahead(&self) -> Option<i64> {
        self.first_read.get().copied()
    }

    pub(super) fn correct(&self, machine: SystemTime) -> SystemTime {
        let ahead = self.correction.load(Ordering::Relaxed);
        let shift = Duration::from_secs(ahead.unsigned_abs());
        let corrected =
            if ahead < 0 { machine.checked_sub(shift) } else { machine.checked_add(shift) };
        corrected.unwrap_or(machine)
    }
}

fn seconds_ahead(server: SystemTime, machine: SystemTime) -> i64 {
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match server.duration_since(machine) {
        Ok(ahead) => seconds(ahead),
        Err(behind) => -seconds(behind.duration()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h12_a_clock_that_is_off_is_corrected_either_way() {
        let clock = Clock::default();
        let machine = SystemTime::UNIX_EPOCH + Duration::from_hours(24);
        for server in [machine + Duration::from_hours(5), machine - Duration::from_hours(5)] {
            assert!(clock.set(server, machine));
            assert_eq!(clock.correct(machine), server);
            assert!(!clock.set(server + Duration::from_secs(30), machine), "that is no news");
        }
    }
}
