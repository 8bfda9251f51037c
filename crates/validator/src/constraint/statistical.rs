//! Constraints on how a column of the candidate differs from the reference's, by what was computed of the columns.

use super::tally::Answer;
use crate::Verdict;
use crate::judgement::{ColumnJudgement, ColumnSummary, NumberSummary, Statistic, Test};
use crate::rules::{Demand, MeanMethod};
use crate::stats::MeanDifference;

/// Answers for one column.
pub(crate) fn judge(demand: &Demand, column: &ColumnJudgement) -> Answer {
    let answer = match demand {
        Demand::KsTest { p_value_threshold, max_distance } => {
            ks_test(column, *p_value_threshold, *max_distance)
        }
        Demand::MeanComparison { confidence_level, method, max_difference } => {
            mean_comparison(column, *confidence_level, *method, *max_difference)
        }
        Demand::Statistic { statistic, max } => limit(column, *statistic, *max),
        _ => Answer::inconclusive("this is no statistical constraint"),
    };
    answer.of_column(&column.name)
}

fn ks_test(column: &ColumnJudgement, threshold: f64, max_distance: Option<f64>) -> Answer {
    let test = find(column, Statistic::KolmogorovSmirnov);
    let Some((p, distance)) = test.and_then(|test| Some((test.p?, test.value?))) else {
        return Answer::inconclusive(
            "the column has no Kolmogorov-Smirnov test: it needs numbers or times on both sides",
        );
    };
    let near = max_distance.is_some_and(|most| distance <= most);
    let verdict = if p > threshold || near { Verdict::Pass } else { Verdict::Fail };
    let accepted =
        max_distance.map(|most| format!(", accepted distance {most}")).unwrap_or_default();
    let message = format!("D = {distance:.4}, p = {p:.3e}, threshold {threshold}{accepted}");
    Answer::new(verdict, message)
}

fn limit(column: &ColumnJudgement, statistic: Statistic, max: f64) -> Answer {
    let name = statistic.as_str();
    match find(column, statistic).and_then(|test| test.value) {
        None => Answer::inconclusive(format!("the column has no {name}")),
        Some(value) => {
            let verdict = if value.abs() <= max { Verdict::Pass } else { Verdict::Fail };
            Answer::new(verdict, format!("the {name} is {value:.4}, where {max} is accepted"))
        }
    }
}

fn find(column: &ColumnJudgement, statistic: Statistic) -> Option<&Test> {
    column.tests.iter().find(|test| test.statistic == statistic)
}

/// What a mean rests on.
#[derive(Clone, Copy)]
struct Mean {
    value: f64,
    /// Variance of the mean.
    variance: f64,
    count: f64,
}

impl Mean {
    fn of(summary: &ColumnSummary) -> Option<Self> {
        let NumberSummary { mean: Some(mean), sd: Some(sd), .. } = summary.numbers.as_ref()? else {
            return None;
        };
        let count = (summary.present() - summary.infinite) as f64;
        Some(Self { value: *mean, variance: sd * sd / count, count })
    }

    fn part(&self) -> (f64, f64) {
        (self.variance, self.count - 1.0)
    }
}

fn mean_comparison(
    column: &ColumnJudgement,
    confidence: f64,
    method: MeanMethod,
    max_difference: Option<f64>,
) -> Answer {
    let (Some(ours), Some(theirs)) = (Mean::of(&column.candidate), Mean::of(&column.reference))
    else {
        return Answer::inconclusive(
            "a side has fewer than two finite numbers, so its mean has no interval",
        );
    };
    let difference = ours.value - theirs.value;
    let parts = match method {
        MeanMethod::Difference => [ours.part(), theirs.part()],
        // The candidate's mean is taken as exact.
        MeanMethod::ReferenceInterval => [(0.0, 1.0), theirs.part()],
    };
    let interval =
        MeanDifference::from_parts(difference, parts).and_then(|found| found.interval(confidence));
    let (low, high) = interval.map_or((difference, difference), |found| (found.low, found.high));
    let most = max_difference.unwrap_or(0.0);
    let verdict = match max_difference {
        None if low <= 0.0 && high >= 0.0 => Verdict::Pass,
        Some(_) if -most <= low && high <= most => Verdict::Pass,
        Some(_) if low <= most && high >= -most => Verdict::Inconclusive,
        _ => Verdict::Fail,
    };
    let relative = if theirs.value == 0.0 {
        String::new()
    } else {
        format!(" ({:+.2} % of the reference's)", difference / theirs.value.abs() * 100.0)
    };
    let accepted =
        max_difference.map(|most| format!(", where {most} is accepted")).unwrap_or_default();
    Answer::new(
        verdict,
        format!(
            "the means differ by {difference:+.4}{relative}, interval {low:.4} to {high:.4} at {confidence}{accepted}"
        ),
    )
}
