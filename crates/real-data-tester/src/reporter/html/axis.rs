//! A horizontal axis: where a value lies, and which values are labelled.

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};

use super::quantity::{Quantity, moment};

/// About how many labels an axis has.
const LABELS: f64 = 5.0;

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// The steps of a time axis below a month.
const STEPS: [i64; 16] = [
    1,
    5,
    15,
    30,
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
];

/// An axis from one value to a larger one, drawn between two positions.
#[derive(Debug)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    left: f64,
    right: f64,
    /// The labelled values, ascending.
    pub(super) ticks: Vec<Tick>,
}

/// A labelled value.
#[derive(Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
}

impl Axis {
    /// Spans an axis from `low` to `high`; around a single value it has some width.
    pub(super) fn new(
        quantity: Quantity,
        (low, high): (f64, f64),
        (left, right): (f64, f64),
    ) -> Self {
        let (low, high) = if high > low { (low, high) } else { widened(quantity, low) };
        let ticks = match quantity {
            Quantity::Number => number_ticks(low, high),
            Quantity::Time => time_ticks(low, high),
        };
        Self { low, high, left, right, ticks }
    }

    /// Returns where `value` is drawn; what lies beyond the axis is drawn at its end.
    pub(super) fn position(&self, value: f64) -> f64 {
        // Halved, so that the width of the whole range of floats is still a float.
        let share = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        self.left + share.clamp(0.0, 1.0) * (self.right - self.left)
    }

    pub(super) fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

fn widened(quantity: Quantity, value: f64) -> (f64, f64) {
    let by = match quantity {
        Quantity::Time => 43_200.0,
        Quantity::Number => (value.abs() * 0.05).max(0.5),
    };
    (value - by, value + by)
}

fn number_ticks(low: f64, high: f64) -> Vec<Tick> {
    let width = high - low;
    let step = nice_step(width / LABELS);
    if !step.is_finite() || step <= 0.0 || low + step <= low {
        return [low, high].map(|at| Tick { at, label: Quantity::Number.value(at) }).into();
    }
    let first = (low / step - 1e-9).ceil();
    (0..12)
        .map(|index| (first + f64::from(index)) * step)
        .take_while(|at| *at <= high + step * 1e-9)
        .map(|at| {
            // A multiple of the step is round but for the last bits.
            let at = if at.abs() < step * 1e-6 { 0.0 } else { at };
            Tick { at, label: Quantity::Number.value(at) }
        })
        .collect()
}

/// The next larger of 1, 2 and 5 times a power of ten.
fn nice_step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    let nice = [1.0, 2.0, 5.0, 10.0].into_iter().find(|nice| nice * power >= rough * (1.0 - 1e-9));
    nice.unwrap_or(10.0) * power
}

fn time_ticks(low: f64, high: f64) -> Vec<Tick> {
    let (Some(from), Some(to)) = (moment(low), moment(high)) else {
        return number_ticks(low, high);
    };
    let rough = (high - low) / LABELS;
    let step = STEPS.into_iter().find(|step| seconds(*step) >= rough);
    match step {
        Some(step) => clock_ticks(&from, &to, step),
        None => month_ticks(&from, &to, rough),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "every moment that has a date is a whole number below 2^53"
)]
fn seconds(whole: i64) -> f64 {
    whole as f64
}

fn clock_ticks(from: &DateTime<Utc>, to: &DateTime<Utc>, step: i64) -> Vec<Tick> {
    let format = match step {
        _ if step >= DAY => "%b %-d",
        _ if step >= MINUTE => "%H:%M",
        _ => "%H:%M:%S",
    };
    // Days are whole dates; weeks begin on a Monday, as 1970-01-05 did.
    let origin = if step >= 7 * DAY { 4 * DAY } else { 0 };
    let first = (from.timestamp() - origin).div_euclid(step) * step + origin;
    let mut ticks = Vec::new();
    let mut named_day = None;
    for at in (0..16).map(|index| first + index * step) {
        let Some(moment) = DateTime::from_timestamp(at, 0).filter(|at| at >= from && at <= to)
        else {
            continue;
        };
        let day = moment.date_naive();
        // A new day is named once, so that hours without a date cannot be mistaken.
        let names_day = (HOUR..DAY).contains(&step) && named_day != Some(day);
        let format = if names_day { "%b %-d %H:%M" } else { format };
        let format = if step >= DAY && ticks.is_empty() { "%b %-d, %Y" } else { format };
        named_day = Some(day);
        ticks.push(Tick { at: seconds(at), label: moment.format(format).to_string() });
    }
    ticks
}

fn month_ticks(from: &DateTime<Utc>, to: &DateTime<Utc>, rough: f64) -> Vec<Tick> {
    let rough = rough / (30.44 * 86_400.0);
    let steps = [1, 3, 6, 12, 24, 60, 120, 240, 600, 1_200, 6_000, 12_000];
    let step: u32 = steps.into_iter().find(|step| f64::from(*step) >= rough).unwrap_or(60_000);
    let format = if step < 12 { "%b %Y" } else { "%Y" };
    let years = i32::try_from((step / 12).max(1)).unwrap_or(1);
    let Some(mut day) = NaiveDate::from_ymd_opt(from.year().div_euclid(years) * years, 1, 1) else {
        return Vec::new();
    };
    let mut ticks = Vec::new();
    while day <= to.date_naive() {
        if day >= from.date_naive()
            && let Some(midnight) = day.and_hms_opt(0, 0, 0)
        {
            let at = seconds(midnight.and_utc().timestamp());
            ticks.push(Tick { at, label: day.format(format).to_string() });
        }
        let Some(next) = day.checked_add_months(Months::new(step)) else { break };
        day = next;
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(quantity: Quantity, low: f64, high: f64) -> Vec<String> {
        Axis::new(quantity, (low, high), (0.0, 100.0))
            .ticks
            .into_iter()
            .map(|tick| tick.label)
            .collect()
    }

    #[test]
    fn numbers_are_labelled_roundly() {
        assert_eq!(labels(Quantity::Number, -30.0, 1_301.0), ["0", "500", "1,000"]);
        assert_eq!(labels(Quantity::Number, 0.0, 0.3), ["0", "0.1", "0.2", "0.3"]);
        assert_eq!(labels(Quantity::Number, f64::MIN, f64::MAX).len(), 2);
    }

    #[test]
    fn positions_stay_on_the_axis() {
        let axis = Axis::new(Quantity::Number, (f64::MIN, f64::MAX), (10.0, 110.0));
        let positions = [f64::MIN, 0.0, f64::MAX].map(|value| format!("{}", axis.position(value)));
        assert_eq!(positions, ["10", "60", "110"]);
        let single = Axis::new(Quantity::Number, (7.0, 7.0), (0.0, 100.0));
        assert!((single.position(7.0) - 50.0).abs() < 1e-9);
        assert!(!single.ticks.is_empty());
    }

    #[test]
    fn times_are_labelled_with_dates() {
        let january = 1_356_998_400.0;
        assert_eq!(
            labels(Quantity::Time, january, january + 31.0 * 86_400.0),
            ["Jan 7, 2013", "Jan 14", "Jan 21", "Jan 28"]
        );
        assert_eq!(
            labels(Quantity::Time, january, january + 86_400.0),
            ["Jan 1 00:00", "06:00", "12:00", "18:00", "Jan 2 00:00"]
        );
        let years = labels(Quantity::Time, 0.0, january);
        assert_eq!(years, ["1970", "1980", "1990", "2000", "2010"]);
        assert!(!labels(Quantity::Time, -1e300, 1e300).is_empty());
    }
}
