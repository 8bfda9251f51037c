//! The tests of a column of numbers or times.

use super::gather::Numbers;
use super::judge::{Column, Level};
use super::outcome;
use crate::judgement::{Effect, Interval, PMethod, Statistic, Test};
use crate::stats::{
    Alternative, Counts, Gap, MeanDifference, Moments, ks_p, quantile, wasserstein,
};

/// The quantiles whose shift is measured.
const SHIFTED: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// The share to which a decile without a value is lifted, so that its logarithm exists.
const LEAST_SHARE: f64 = 1e-4;

/// Kolmogorov and Smirnov's distance with its interval, against the margin.
pub(crate) fn kolmogorov_smirnov(
    column: &Column<'_>,
    (ours, theirs): (&Numbers, &Numbers),
    gap: Option<&Gap>,
    level: &Level,
) -> Test {
    let statistic = Statistic::KolmogorovSmirnov;
    let margin = level.margins.distribution;
    let Some(gap) = gap else {
        return outcome::no_answer(statistic, margin, "a side has no values to compare");
    };
    let counts = column.present_counts();
    let half = counts.half_width(level.critical());
    // Paired values that are equal within the tolerance count as equal here too.
    let most = counts.largest_distance();
    let distance = gap.distance().min(most);
    let interval =
        Interval::new((distance - half).clamp(0.0, most), (distance + half).clamp(0.0, most));
    let (p, exact) = ks_p(gap, &ours.keys, &theirs.keys);
    let mut test = outcome::against_margin(
        statistic,
        Effect { name: "D".to_owned(), value: distance },
        interval,
        margin,
        &format!("the distribution functions are at most {distance:.4} apart"),
    );
    test.value = Some(gap.distance());
    outcome::with_p(test, p, if exact { PMethod::Exact } else { PMethod::Asymptotic })
}

/// Welch's comparison of the means, in standard deviations of the reference.
///
/// The p-value takes both sides as independent samples. The interval takes only those values as
/// uncertain that have no equal in a paired row.
pub(crate) fn mean(column: &Column<'_>, ours: &Moments, theirs: &Moments, level: &Level) -> Test {
    let statistic = Statistic::WelchMean;
    let margin = level.margins.mean;
    let Some(difference) = ours.mean_difference(theirs) else {
        return outcome::no_answer(statistic, margin, "a side has no finite value");
    };
    let residue = column.residue;
    // Paired values that are equal within the tolerance count as equal here too.
    let nothing_open = residue.candidate.present + residue.reference.present == 0;
    let difference = if nothing_open { 0.0 } else { difference };
    let scale = match theirs.sd() {
        Some(sd) if sd > 0.0 => sd,
        _ if difference == 0.0 => 1.0,
        // What a gap of the distributions decides already has no scale as a difference of means.
        _ => {
            return outcome::undecided(
                statistic,
                margin,
                "the reference does not vary, so a difference of means has no scale",
            );
        }
    };
    let parts = [
        open_part(ours, &residue.candidate.moments, residue.candidate.present),
        open_part(theirs, &residue.reference.moments, residue.reference.present),
    ];
    let interval = MeanDifference::from_parts(difference, parts)
        .and_then(|open| open.interval(1.0 - level.alpha))
        .unwrap_or_else(|| Interval::new(difference, difference));
    let effect = difference / scale;
    let mut test = outcome::against_margin(
        statistic,
        Effect { name: "difference in reference sd".to_owned(), value: effect },
        Interval::new(interval.low / scale, interval.high / scale),
        margin,
        &format!("the means differ by {effect:+.4} standard deviations"),
    );
    let Some(whole) = MeanDifference::welch(ours, theirs) else { return test };
    test.value = Some(whole.t()).filter(|t| t.is_finite());
    outcome::with_p(test, whole.p(Alternative::TwoSided), PMethod::Asymptotic)
}

/// Returns what the open values of a side add to the variance of its mean, with degrees of freedom.
///
/// A single open value has no variance of its own; that of the whole side stands in.
fn open_part(whole: &Moments, open: &Moments, count: u64) -> (f64, f64) {
    let spread = if open.count() > 1 { open } else { whole };
    let all = whole.count() as f64;
    let variance = spread.variance().unwrap_or(0.0);
    (count as f64 / (all * all) * variance, (spread.count().max(2) - 1) as f64)
}

/// The first Wasserstein distance in standard deviations of the reference; reported only.
pub(crate) fn transport(ours: &Numbers, theirs: &Numbers) -> Option<Test> {
    let sd = theirs.moments.sd().filter(|sd| *sd > 0.0)?;
    let (first, second) = (ours.finite(), theirs.finite());
    let at = |keys: &[u64], index: usize| theirs.space.number(keys[index]);
    let area = wasserstein(
        (first.len(), |index| at(first, index)),
        (second.len(), |index| at(second, index)),
    )?;
    let value = area / sd;
    let sentence =
        format!("values would have to move by {value:.4} standard deviations on average");
    Some(outcome::reported(Statistic::Wasserstein, value, sentence))
}

/// The largest shift of a quantile in interquartile ranges of the reference; reported only.
pub(crate) fn quantile_shift(ours: &Numbers, theirs: &Numbers) -> Option<Test> {
    let at = |side: &Numbers, share: f64| {
        quantile(side.keys.len(), share, |index| side.space.number(side.keys[index]))
    };
    let range = at(theirs, 0.75)? - at(theirs, 0.25)?;
    let mut largest = 0.0_f64;
    for share in SHIFTED {
        largest = largest.max((at(ours, share)? - at(theirs, share)?).abs());
    }
    let value = largest / range;
    let sentence = format!("no quantile moved by more than {value:.4} interquartile ranges");
    value.is_finite().then(|| outcome::reported(Statistic::QuantileShift, value, sentence))
}

/// The population stability index on the deciles of the reference; reported only.
pub(crate) fn population_stability(ours: &Numbers, theirs: &Numbers) -> Option<Test> {
    let length = theirs.keys.len();
    let mut edges: Vec<u64> =
        (1..10).filter_map(|tenth| theirs.keys.get(length * tenth / 10).copied()).collect();
    edges.dedup();
    let counts = |keys: &[u64]| {
        let ends: Vec<usize> = edges
            .iter()
            .map(|edge| keys.partition_point(|key| key < edge))
            .chain([keys.len()])
            .collect();
        let starts = std::iter::once(0).chain(ends.clone());
        ends.into_iter().zip(starts).map(|(end, start)| (end - start) as u64).collect::<Vec<_>>()
    };
    let pairs = counts(&ours.keys).into_iter().zip(counts(&theirs.keys));
    let value = Counts::new(pairs)?.population_stability(LEAST_SHARE);
    let sentence =
        format!("the population stability index on the reference's deciles is {value:.4}");
    Some(outcome::reported(Statistic::PopulationStability, value, sentence))
}

/// Whether both are in the same space, so that their keys can be compared.
pub(crate) fn comparable(a: &Numbers, b: &Numbers) -> bool {
    a.space == b.space
}
