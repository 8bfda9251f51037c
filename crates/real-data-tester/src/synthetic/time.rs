//! Dates and times as numbers.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Microseconds of a second, the unit in which times are made.
const MICROSECONDS: f64 = 1e6;

/// Reads a date, or a time with or without an offset, as seconds since 1970-01-01T00:00:00Z.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    let date =
        |text: &str| text.parse::<NaiveDate>().ok().and_then(|date| date.and_hms_opt(0, 0, 0));
    let zoned = DateTime::parse_from_rfc3339(text).map(|time| time.naive_utc()).ok();
    let naive = || text.parse::<NaiveDateTime>().ok();
    let time = zoned.or_else(naive).or_else(|| date(text)).ok_or_else(|| {
        format!(
            "`{text}` is neither a date such as 2026-03-29 nor a time such as 2026-03-29T01:30:00Z"
        )
    })?;
    #[expect(clippy::cast_precision_loss, reason = "seconds of all dates are below 2^53")]
    let seconds = time.and_utc().timestamp() as f64;
    Ok(seconds + f64::from(time.and_utc().timestamp_subsec_micros()) / MICROSECONDS)
}

/// Returns the microseconds of seconds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "times beyond what microseconds hold end at their limits"
)]
pub(super) fn microseconds(seconds: f64) -> i64 {
    (seconds * MICROSECONDS).round() as i64
}

/// Returns the days of seconds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "dates beyond what days hold end at their limits"
)]
pub(super) fn days(seconds: f64) -> i32 {
    (seconds / 86_400.0).floor() as i32
}

/// Returns a time zone as an offset, which every format can hold: `UTC` and `Z` are `+00:00`.
pub(super) fn offset(zone: &str) -> Result<String, String> {
    let zone = if matches!(zone, "UTC" | "Z" | "utc") { "+00:00" } else { zone };
    let mut letters = zone.chars();
    let signed = matches!(letters.next(), Some('+' | '-'));
    let parts: Vec<&str> = letters.as_str().split(':').collect();
    let two_digits =
        |part: &&str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if signed && parts.len() == 2 && parts.iter().all(two_digits) {
        Ok(zone.to_owned())
    } else {
        Err(format!("time zone `{zone}` is no offset such as +01:00"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_read_as_seconds() {
        for (text, expected) in [
            ("1970-01-02", 86_400.0),
            ("1970-01-01T00:00:01.5", 1.5),
            ("1970-01-01T01:00:00+01:00", 0.0),
            ("1969-12-31T23:59:59Z", -1.0),
        ] {
            assert!((seconds(text).unwrap() - expected).abs() < 1e-9, "{text}");
        }
        assert!(seconds("yesterday").unwrap_err().contains("`yesterday`"));
        assert_eq!((days(-1.0), days(0.0), microseconds(-0.5)), (-1, 0, -500_000));
        assert_eq!(offset("UTC").unwrap(), "+00:00");
        assert!(offset("Europe/Berlin").is_err() && offset("+1").is_err());
    }
}
