//! When executions began, as far as that is known without looking at what they wrote.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use reenact_registry::ExecutionId;

/// When executions began: told from outside, or by their ids.
#[derive(Clone, Debug, Default)]
pub(super) struct StartTimes {
    pub(super) known: BTreeMap<ExecutionId, DateTime<Utc>>,
    /// How ids are dates, as `strftime` writes it.
    pub(super) id_format: Option<String>,
}

impl StartTimes {
    pub(super) fn of(&self, id: &ExecutionId) -> Option<DateTime<Utc>> {
        self.known.get(id).copied().or_else(|| parse(id.as_str(), self.id_format.as_deref()?))
    }
}

/// Reads a date with a time and an offset, one with a time in UTC, or one alone.
fn parse(text: &str, format: &str) -> Option<DateTime<Utc>> {
    let with_offset = || DateTime::parse_from_str(text, format).map(|time| time.to_utc()).ok();
    let in_utc = || NaiveDateTime::parse_from_str(text, format).map(|time| time.and_utc()).ok();
    let date = || NaiveDate::parse_from_str(text, format).ok();
    with_offset().or_else(in_utc).or_else(|| Some(date()?.and_time(NaiveTime::MIN).and_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_dates_where_their_format_says_so() {
        for (id, format, expected) in [
            ("20130105", "%Y%m%d", Some("2013-01-05T00:00:00+00:00")),
            ("run-2013-01-05T06-07-08", "run-%Y-%m-%dT%H-%M-%S", Some("2013-01-05T06:07:08+00:00")),
            ("2013-01-05T06:07:08+0200", "%Y-%m-%dT%H:%M:%S%z", Some("2013-01-05T04:07:08+00:00")),
            (
                "2020-03-19T14.59.19.187Z",
                "%Y-%m-%dT%H.%M.%S%.3fZ",
                Some("2020-03-19T14:59:19.187+00:00"),
            ),
            ("latest-build", "%Y%m%d", None),
            ("20131305", "%Y%m%d", None),
        ] {
            let found = parse(id, format).map(|time| time.to_rfc3339());
            assert_eq!(found.as_deref(), expected, "{id}");
        }
    }
}
