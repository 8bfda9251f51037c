//! How many rows the candidate has.

use super::limits::{Limits, whole};
use super::tally::Answer;
use crate::Verdict;
use crate::rules::Bounds;

/// Holds the number of rows against bounds and against the reference's.
pub(crate) fn judge(
    candidate: u64,
    reference: Option<u64>,
    bounds: &Bounds,
    max_change: Option<f64>,
) -> Answer {
    let within =
        Limits::read(bounds, whole).is_some_and(|limits| limits.hold(&i128::from(candidate)));
    if !within {
        return Answer::new(
            Verdict::Fail,
            format!("the candidate has {candidate} rows, which is out of bounds"),
        );
    }
    let Some(max_change) = max_change else {
        return Answer::new(Verdict::Pass, format!("the candidate has {candidate} rows"));
    };
    match reference {
        None => Answer::inconclusive("there is no reference whose rows could be counted"),
        Some(0) => Answer::inconclusive("the reference has no rows to compare the number with"),
        Some(reference) => {
            let change = (candidate as f64 - reference as f64) / reference as f64;
            let verdict = if change.abs() <= max_change { Verdict::Pass } else { Verdict::Fail };
            let percent = change * 100.0;
            let most = max_change * 100.0;
            Answer::new(
                verdict,
                format!(
                    "the candidate has {candidate} rows, the reference {reference}: {percent:+.2} %, where {most} % are accepted"
                ),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_against_bounds_and_the_reference() {
        let open = Bounds::new();
        for (candidate, reference, bounds, change, expected) in [
            (5, None, open.clone().at_least(5), None, Verdict::Pass),
            (5, None, open.clone().above(5), None, Verdict::Fail),
            (110, Some(100), open.clone(), Some(0.1), Verdict::Pass),
            (89, Some(100), open.clone(), Some(0.1), Verdict::Fail),
            (0, Some(0), open.clone(), Some(0.1), Verdict::Inconclusive),
            (1, None, open, Some(0.1), Verdict::Inconclusive),
        ] {
            let answer = judge(candidate, reference, &bounds, change);
            assert_eq!(answer.verdict, expected, "{candidate} {reference:?} {}", answer.message);
        }
    }
}
