//! How old the latest time of a column is.

use std::time::Duration;

use arrow::datatypes::DataType;
use chrono::{DateTime, Utc};

use super::limits::whole_cell;
use super::rows::{Evaluator, Obstacle, Rows};
use super::tally::Answer;
use crate::Verdict;
use crate::table::Source;

/// Remembers the latest time.
pub(crate) struct Freshness {
    name: String,
    column: usize,
    max_age: Duration,
    now: DateTime<Utc>,
    /// In nanoseconds since 1970.
    latest: Option<i128>,
}

impl Freshness {
    pub(crate) fn new(
        name: &str,
        column: usize,
        data_type: &DataType,
        max_age: Duration,
        now: DateTime<Utc>,
    ) -> Result<Self, String> {
        if data_type.is_temporal() {
            Ok(Self { name: name.to_owned(), column, max_age, now, latest: None })
        } else {
            Err(format!("values of type {data_type} are no times"))
        }
    }
}

impl Evaluator for Freshness {
    fn observe(&mut self, rows: &Rows<'_>) -> Result<(), Obstacle> {
        let cells = rows.cells(self.column);
        let latest = cells.present().filter_map(|row| whole_cell(&cells, row)).max();
        self.latest = self.latest.max(latest);
        Ok(())
    }

    fn finish(self: Box<Self>, _: &Source) -> crate::Result<Answer> {
        let Some(latest) = self.latest else {
            return Ok(Answer::inconclusive("there are no times to check").of_column(&self.name));
        };
        let now = i128::from(self.now.timestamp()) * 1_000_000_000;
        let seconds = (now - latest) / 1_000_000_000;
        let limit = humantime::format_duration(self.max_age);
        let age = |seconds: i128| {
            humantime::format_duration(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
        };
        let (verdict, message) = if seconds < 0 {
            (Verdict::Pass, format!("the latest time lies {} ahead of now", age(-seconds)))
        } else if seconds as u128 <= u128::from(self.max_age.as_secs()) {
            (
                Verdict::Pass,
                format!("the latest time is {} old, within the accepted {limit}", age(seconds)),
            )
        } else {
            (
                Verdict::Fail,
                format!("the latest time is {} old, beyond the accepted {limit}", age(seconds)),
            )
        };
        Ok(Answer::new(verdict, message).of_column(&self.name))
    }
}
