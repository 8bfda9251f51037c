//! The tests of a column of numbers or times.

use super::gather::Numbers;
use super::judge::Column;
use crate::Verdict;
use crate::judgement::{Effect, Interval, Statistic, Test};
use crate::stats::Gap;

/// Kolmogorov and Smirnov's distance with its interval, against the margin.
pub(crate) fn kolmogorov_smirnov(
    column: &Column<'_>,
    gap: Option<&Gap>,
    margin: f64,
    critical: f64,
) -> Test {
    let Some(gap) = gap else {
        return no_answer(Statistic::KolmogorovSmirnov, margin, "a side has no values to compare");
    };
    let distance = gap.distance();
    let counts = column.present_counts();
    let half = counts.half_width(critical);
    let most = counts.largest_distance();
    let interval =
        Interval::new((distance - half).clamp(0.0, most), (distance + half).clamp(0.0, most));
    let verdict = super::verdict::within(interval, margin);
    Test {
        statistic: Statistic::KolmogorovSmirnov,
        value: Some(distance),
        p: None,
        log10_p: None,
        p_method: None,
        adjusted_p: None,
        effect: Some(Effect { name: "D".to_owned(), value: distance }),
        interval: Some(interval),
        margin: Some(margin),
        decides: true,
        verdict,
        sentence: format!("D = {distance:.4}"),
    }
}

pub(crate) fn no_answer(statistic: Statistic, margin: f64, why: &str) -> Test {
    Test {
        statistic,
        value: None,
        p: None,
        log10_p: None,
        p_method: None,
        adjusted_p: None,
        effect: None,
        interval: None,
        margin: Some(margin),
        decides: true,
        verdict: Verdict::Inconclusive,
        sentence: why.to_owned(),
    }
}

/// Whether both are in the same space, so that their keys can be compared.
pub(crate) fn comparable(a: &Numbers, b: &Numbers) -> bool {
    a.space == b.space
}
