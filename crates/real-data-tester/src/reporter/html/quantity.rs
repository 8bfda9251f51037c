//! What the numbers of a column mean: plain numbers, or moments in time.

use chrono::{DateTime, Utc};
use reenact_validator::ColumnKind;

use super::number;

/// How the values of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    /// As numbers.
    Number,
    /// As dates; the values are seconds since 1970.
    Time,
}

impl Quantity {
    pub(super) fn of(kind: ColumnKind) -> Self {
        if kind == ColumnKind::Time { Self::Time } else { Self::Number }
    }

    /// Writes a value.
    pub(super) fn value(self, value: f64) -> String {
        match self {
            Self::Number => number::number(value),
            Self::Time => {
                moment(value).map_or_else(|| number::number(value), |moment| date(&moment))
            }
        }
    }

    /// Writes the difference of two values, with its sign.
    pub(super) fn difference(self, difference: f64) -> String {
        match self {
            Self::Number => number::signed(difference),
            Self::Time if difference > 0.0 => format!("+{}", span(difference)),
            Self::Time => span(difference),
        }
    }

    /// Writes a distance between values, such as a standard deviation.
    pub(super) fn spread(self, spread: f64) -> String {
        match self {
            Self::Number => number::number(spread),
            Self::Time => span(spread),
        }
    }
}

/// Returns the moment, if there is such a date.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float beyond the integers becomes the last of them, which is no date"
)]
pub(super) fn moment(seconds: f64) -> Option<DateTime<Utc>> {
    let whole = seconds.floor();
    let micros = ((seconds - whole) * 1e6).round().clamp(0.0, 999_999.0) as i64;
    DateTime::from_timestamp(whole as i64, u32::try_from(micros).ok()? * 1_000)
}

/// `2013-01-05`, `2013-01-05 06:00` or `2013-01-05 06:00:07`, as short as the moment allows.
pub(super) fn date(moment: &DateTime<Utc>) -> String {
    let seconds = moment.timestamp();
    let format = match (
        seconds.rem_euclid(86_400),
        seconds.rem_euclid(60),
        moment.timestamp_subsec_millis(),
    ) {
        (0, _, 0) => "%Y-%m-%d",
        (_, 0, 0) => "%Y-%m-%d %H:%M",
        (_, _, 0) => "%Y-%m-%d %H:%M:%S",
        _ => "%Y-%m-%d %H:%M:%S%.3f",
    };
    moment.format(format).to_string()
}

fn span(seconds: f64) -> String {
    let (unit, name) = match seconds.abs() {
        size if size < 120.0 => (1.0, "s"),
        size if size < 7_200.0 => (60.0, "min"),
        size if size < 172_800.0 => (3_600.0, "h"),
        _ => (86_400.0, "d"),
    };
    format!("{} {name}", number::number((seconds / unit * 1e3).round() / 1e3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates_and_their_differences_spans() {
        let time = Quantity::Time;
        assert_eq!(time.value(1_357_344_000.0), "2013-01-05");
        assert_eq!(time.value(1_357_365_600.0), "2013-01-05 06:00");
        assert_eq!(time.value(1_357_365_607.0), "2013-01-05 06:00:07");
        assert_eq!(time.value(-0.5), "1969-12-31 23:59:59.500");
        assert_eq!(time.value(1e300), "1.000×10³⁰⁰");
        assert_eq!(
            [time.difference(3_600.0), time.difference(-86_400.0 * 3.0)],
            ["+60 min", "−3 d"]
        );
        assert_eq!(time.spread(45.0), "45 s");
        assert_eq!(Quantity::Number.difference(1.5), "+1.5");
    }
}
