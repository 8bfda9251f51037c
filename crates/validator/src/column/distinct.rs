//! How many distinct values a column has on both sides.

use super::outcome;
use crate::judgement::{ColumnSummary, Effect, Statistic, Test};

/// Compares the numbers of distinct values, where both are known and the reference has one; reported only.
pub(crate) fn compare(ours: &ColumnSummary, theirs: &ColumnSummary) -> Option<Test> {
    let (ours, theirs) = (ours.distinct?, theirs.distinct.filter(|count| *count > 0)?);
    let value = ours as f64 / theirs as f64 - 1.0;
    let sentence = format!("there are {ours} distinct values, where the reference has {theirs}");
    let mut test = outcome::reported(Statistic::DistinctCount, value, sentence);
    test.effect = Some(Effect { name: "ratio less 1".to_owned(), value });
    Some(test)
}
