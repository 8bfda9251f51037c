//! A point in time as people write it: a date, a time, or how long ago it was.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) DateTime<Utc>);

/// A text that is no point in time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InvalidMoment;

impl FromStr for Moment {
    type Err = InvalidMoment;

    fn from_str(text: &str) -> Result<Self, InvalidMoment> {
        at(text, Utc::now()).map(Self).ok_or(InvalidMoment)
    }
}

/// Reads a text; an age is counted back from `now`.
fn at(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Some(day.and_time(NaiveTime::MIN).and_utc());
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let age = humantime::parse_duration(text).ok()?;
    now.checked_sub_signed(chrono::TimeDelta::from_std(age).ok()?)
}

impl fmt::Display for InvalidMoment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a time is a date, a time with its zone, or an age: 2013-02-01, 2013-02-01T12:00:00Z, 7d, 12h")
    }
}

impl std::error::Error for InvalidMoment {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_times_and_ages_are_read() {
        let now: DateTime<Utc> = "2013-02-08T06:00:00Z".parse().unwrap();
        for (text, time) in [
            ("2013-02-01", "2013-02-01T00:00:00Z"),
            ("2013-02-01T12:00:00+01:00", "2013-02-01T11:00:00Z"),
            ("7d", "2013-02-01T06:00:00Z"),
            ("1h 30m", "2013-02-08T04:30:00Z"),
        ] {
            assert_eq!(at(text, now), Some(time.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "yesterday", "2013-02-30", "2013-02", "7", "-7d", "99999999999999y"] {
            assert_eq!(text.parse::<Moment>(), Err(InvalidMoment), "{text}");
        }
    }
}
