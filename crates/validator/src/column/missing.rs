//! The test of how many values are missing: null or not-a-number.

use super::judge::{Column, Level};
use super::outcome;
use crate::judgement::{Effect, Interval, Statistic, Test};
use crate::stats::{Counts, WeightedShare, newcombe};

/// Compares the shares of missing values. Only rows without an equal on the other side are uncertain.
pub(crate) fn compare(column: &Column<'_>, level: &Level) -> Test {
    let margin = level.margins.null_rate;
    let missing = [column.candidate, column.reference].map(|side| side.nulls + side.nans);
    let rows = [column.candidate.rows, column.reference.rows];
    if rows.contains(&0) {
        return outcome::no_answer(Statistic::NullRate, margin, "a side has no rows");
    }
    let residue = &column.residue;
    let open = [&residue.candidate, &residue.reference];
    let share = |side: usize| WeightedShare {
        successes: open[side].missing,
        trials: open[side].missing + open[side].present,
        weight: (open[side].missing + open[side].present) as f64 / rows[side] as f64,
    };
    let rate = |count: u64, side: usize| count as f64 / rows[side] as f64;
    // What is missing in paired rows is as certain as the rows.
    let paired = rate(missing[0] - open[0].missing, 0) - rate(missing[1] - open[1].missing, 1);
    let (low, high) = newcombe(share(0), share(1), level.z());
    let difference = rate(missing[0], 0) - rate(missing[1], 1);
    let test = outcome::against_margin(
        Statistic::NullRate,
        Effect { name: "difference of shares".to_owned(), value: difference },
        Interval::new(paired + low, paired + high),
        margin,
        &format!("the share of missing values differs by {:+.2} points", difference * 100.0),
    );
    let table = [(missing[0], missing[1]), (rows[0] - missing[0], rows[1] - missing[1])];
    match Counts::new(table) {
        Some(counts) => {
            let (p, method) = counts.p();
            outcome::with_p(test, p, method)
        }
        None => test,
    }
}
