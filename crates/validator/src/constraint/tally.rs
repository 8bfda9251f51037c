//! Counts the rows that break a constraint, and turns the counts into an answer.

use super::rows::Rows;
use crate::Verdict;
use crate::judgement::FailingRows;

/// The answer of a constraint on one table, or on one column of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) verdict: Verdict,
    /// In words, without a value of the data.
    pub(crate) message: String,
    pub(crate) column: Option<String>,
    pub(crate) rows: Option<FailingRows>,
}

impl Answer {
    pub(crate) fn new(verdict: Verdict, message: impl Into<String>) -> Self {
        Self { verdict, message: message.into(), column: None, rows: None }
    }

    pub(crate) fn inconclusive(message: impl Into<String>) -> Self {
        Self::new(Verdict::Inconclusive, message)
    }

    pub(crate) fn of_column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }
}

/// Counts while rows pass by.
#[derive(Debug)]
pub(crate) struct Tally {
    rows: FailingRows,
    most_examples: usize,
    max_failing: f64,
}

impl Tally {
    pub(crate) fn new(max_failing: f64, most_examples: usize) -> Self {
        Self { rows: FailingRows::default(), most_examples, max_failing }
    }

    /// Adds rows that were checked, with those that failed.
    pub(crate) fn add(
        &mut self,
        rows: &Rows<'_>,
        checked: u64,
        failing: &[usize],
        columns: &[usize],
    ) {
        self.count(checked, failing.len() as u64);
        self.show(rows, failing, columns);
    }

    /// Counts rows without looking at them.
    pub(crate) fn count(&mut self, checked: u64, failing: u64) {
        self.rows.checked += checked;
        self.rows.failing += failing;
    }

    /// Keeps rows that failed as examples, as long as there are too few.
    pub(crate) fn show(&mut self, rows: &Rows<'_>, failing: &[usize], columns: &[usize]) {
        let room = self.most_examples.saturating_sub(self.rows.examples.len());
        self.rows.examples.extend(failing.iter().take(room).map(|row| rows.example(*row, columns)));
    }

    /// Whether there are as many examples as are wanted.
    pub(crate) fn has_examples(&self) -> bool {
        self.rows.examples.len() >= self.most_examples
    }

    /// As [`concluded`].
    pub(crate) fn conclude(self, what: &str, fault: &str) -> Answer {
        concluded(self.rows, self.max_failing, what, fault)
    }
}

/// Answers: `what` are the things counted, such as `values`, `fault` what is wrong with some, such as `are null`.
pub(crate) fn concluded(rows: FailingRows, max_failing: f64, what: &str, fault: &str) -> Answer {
    let FailingRows { checked, failing, .. } = rows;
    if checked == 0 {
        return Answer::inconclusive(format!("there are no {what} to check"));
    }
    let share = rows.share();
    let (verdict, message) = if failing == 0 {
        (Verdict::Pass, format!("none of {checked} {what} {fault}"))
    } else if share <= max_failing {
        let message = format!(
            "{failing} of {checked} {what} {fault} ({}), within the accepted {}",
            percent(share),
            percent(max_failing)
        );
        (Verdict::Pass, message)
    } else {
        (Verdict::Fail, format!("{failing} of {checked} {what} {fault} ({})", percent(share)))
    };
    let rows = (failing > 0).then_some(rows);
    Answer { rows, ..Answer::new(verdict, message) }
}

/// Returns a share in percent, with as many digits as tell it from none and from all.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if share > 0.0 && percent < 0.01 {
        "under 0.01 %".to_owned()
    } else if share < 1.0 && percent > 99.99 {
        "over 99.99 %".to_owned()
    } else {
        format!("{} %", (percent * 100.0).round() / 100.0)
    }
}
