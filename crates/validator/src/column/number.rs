//! The tests of a column of numbers or times.

use std::collections::BTreeMap;
use std::time::Duration;

use super::judge::{Column, Level};
use super::key::KeySpace;
use super::no_drift::{NoDrift, no_drift, no_drift_limit};
use super::numbers::{Numbers, gap};
use super::outcome;
use crate::histogram::GapBounds;
use crate::judgement::{Effect, Interval, PMethod, Statistic, Test};
use crate::stats::{
    Alternative, Counts, MeanDifference, Moments, asymptotic_p, ks_p, quantile, wasserstein,
    weighted_wasserstein,
};

/// The quantiles whose shift is measured.
const SHIFTED: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// The share to which a decile without a value is lifted, so that its logarithm exists.
const LEAST_SHARE: f64 = 1e-4;

/// Kolmogorov and Smirnov's distance with its interval, against the margin.
pub(crate) fn kolmogorov_smirnov(
    column: &Column<'_>,
    (ours, theirs): (&Numbers, &Numbers),
    gap: Option<&GapBounds>,
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
    let (least, largest) = (gap.least.distance().min(most), gap.largest_distance().min(most));
    let distance = f64::midpoint(least, largest);
    let interval =
        Interval::new((least - half).clamp(0.0, most), (largest + half).clamp(0.0, most));
    let (p, exact) = match (ours.sorted_keys(), theirs.sorted_keys()) {
        (Some(first), Some(second)) => ks_p(&gap.least, first, second),
        _ => (asymptotic_p(&gap.least), false),
    };
    let mut test = outcome::against_margin(
        statistic,
        Effect { name: "D".to_owned(), value: distance },
        interval,
        margin,
        &format!("the distribution functions are at most {distance:.4} apart"),
    );
    test.value = Some(f64::midpoint(gap.least.distance(), gap.largest_distance()));
    test.sentence.push_str(&precision(gap));
    if column.short_of_memory {
        test.sentence.push_str(", and the memory budget does not do to find it exactly");
    }
    outcome::with_p(test, p, if exact { PMethod::Exact } else { PMethod::Asymptotic })
}

/// Kolmogorov and Smirnov's distance of the lengths of text that is known by nothing else.
pub(crate) fn lengths(
    column: &Column<'_>,
    (ours, theirs): (&Numbers, &Numbers),
    level: &Level,
) -> Test {
    let gap = gap(ours, theirs);
    let mut test = kolmogorov_smirnov(column, (ours, theirs), gap.as_ref(), level);
    test.sentence = format!("of the lengths of the values, {}", test.sentence);
    test
}

/// Says how exactly a distance is known that was not computed from every value.
fn precision(gap: &GapBounds) -> String {
    if gap.is_exact() {
        return String::new();
    }
    let (least, most) = (gap.least.distance(), gap.largest_distance());
    format!("; counted by cell, the distance is certain to be from {least:.6} to {most:.6}")
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
    let residue = &column.residue;
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
        &format!(
            "the means differ by {effect:+.4} standard deviations{}",
            in_time(column, difference)
        ),
    );
    let Some(whole) = MeanDifference::welch(ours, theirs) else { return test };
    test.value = Some(whole.t()).filter(|t| t.is_finite());
    outcome::with_p(test, whole.p(Alternative::TwoSided), PMethod::Asymptotic)
}

/// Says a difference of times in days, hours, minutes and seconds.
fn in_time(column: &Column<'_>, difference: f64) -> String {
    let is_time = KeySpace::of(&column.shared.target.data_type).is_some_and(KeySpace::is_time);
    let seconds = difference.abs();
    if !is_time || difference == 0.0 || seconds > 1e12 {
        return String::new();
    }
    let whole = if seconds < 10.0 {
        Duration::from_millis((seconds * 1e3) as u64)
    } else {
        Duration::from_secs(seconds as u64)
    };
    let sign = if difference < 0.0 { "-" } else { "+" };
    format!(", {sign}{}", humantime::format_duration(whole))
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

/// The first Wasserstein distance in standard deviations of the reference; reported only, with how large it is without a change.
pub(crate) fn transport(ours: &Numbers, theirs: &Numbers) -> Option<Test> {
    let sd = theirs.moments.sd().filter(|sd| *sd > 0.0)?;
    let space = ours.space;
    let finite = |keys: &[u64]| -> Vec<f64> {
        keys.iter().map(|key| space.number(*key)).filter(|number| number.is_finite()).collect()
    };
    let area = |first: &[u64], second: &[u64]| {
        let (first, second) = (finite(first), finite(second));
        wasserstein((first.len(), |index| first[index]), (second.len(), |index| second[index]))
    };
    let held = ours.sorted_keys().zip(theirs.sorted_keys());
    let whole = if let Some((first, second)) = held {
        area(first, second)
    } else {
        let finite = |side: &Numbers| {
            let mut values = side.weighted();
            values.retain(|value| value.0.is_finite());
            values
        };
        weighted_wasserstein(&finite(ours), &finite(theirs))
    }?;
    let value = whole / sd;
    let sentence =
        format!("values would have to move by {value:.4} standard deviations on average");
    let test = outcome::reported(Statistic::Wasserstein, value, sentence);
    let dealt = held.filter(|_| value > 0.0);
    let usual = dealt.and_then(|(first, second)| no_drift(first, second, whole, area));
    let usual = usual.or_else(|| {
        let finite = theirs.finite();
        let at = |position: usize| theirs.at(finite.start + position);
        no_drift_limit((finite.len(), at), (ours.len(), theirs.len()), whole)
    });
    Some(beside(test, usual.map(|usual| NoDrift { quantile: usual.quantile / sd, ..usual })))
}

/// Says how large a distance is without a change.
fn beside(mut test: Test, usual: Option<NoDrift>) -> Test {
    let Some(usual) = usual else { return test };
    test.sentence = format!(
        "{}; without a change 95 of 100 samples of these sizes stay at or below {:.4}",
        test.sentence, usual.quantile
    );
    outcome::with_p(test, usual.p, PMethod::Simulated)
}

/// The largest shift of a quantile in interquartile ranges of the reference; reported only.
pub(crate) fn quantile_shift(ours: &Numbers, theirs: &Numbers) -> Option<Test> {
    let at = |side: &Numbers, share: f64| quantile(side.len(), share, |index| side.at(index));
    let range = at(theirs, 0.75)? - at(theirs, 0.25)?;
    let mut largest = 0.0_f64;
    for share in SHIFTED {
        largest = largest.max((at(ours, share)? - at(theirs, share)?).abs());
    }
    let value = largest / range;
    let sentence = format!("no quantile moved by more than {value:.4} interquartile ranges");
    value.is_finite().then(|| outcome::reported(Statistic::QuantileShift, value, sentence))
}

/// The population stability index on the deciles of the reference; reported only. Of few values it is said how large it is
/// without a change, of more what sampling adds to it on average: `(bins - 1) (1 / n1 + 1 / n2)` (Yurdakul and Naranjo, 2020).
pub(crate) fn population_stability(ours: &Numbers, theirs: &Numbers) -> Option<Test> {
    let length = theirs.len();
    let edges = edges(length, |position| theirs.key_at(position));
    let counts = in_bins(&edges, ours.len(), |key| ours.rank(key));
    let others = in_bins(&edges, length, |key| theirs.rank(key));
    let value = Counts::new(counts.into_iter().zip(others))?.population_stability(LEAST_SHARE);
    let sentence =
        format!("the population stability index on the reference's deciles is {value:.4}");
    let mut test = outcome::reported(Statistic::PopulationStability, value, sentence);
    let held = ours.sorted_keys().zip(theirs.sorted_keys()).filter(|_| value > 0.0);
    let usual = held.and_then(|(first, second)| no_drift(first, second, value, stability));
    if usual.is_none() && value > 0.0 {
        let per_bin = 1.0 / ours.len() as f64 + 1.0 / length as f64;
        let chance = edges.len() as f64 * per_bin;
        test.sentence = format!("{}, of which sampling makes about {chance:.4}", test.sentence);
    }
    Some(beside(test, usual))
}

/// The population stability index of sorted keys.
fn stability(ours: &[u64], theirs: &[u64]) -> Option<f64> {
    let edges = edges(theirs.len(), |position| theirs[position]);
    let rank = |side: &[u64], key: u64| side.partition_point(|other| *other <= key);
    let counts = in_bins(&edges, ours.len(), |key| rank(ours, key));
    let others = in_bins(&edges, theirs.len(), |key| rank(theirs, key));
    Some(Counts::new(counts.into_iter().zip(others))?.population_stability(LEAST_SHARE))
}

/// Returns the deciles, each once.
fn edges(length: usize, at: impl Fn(usize) -> u64) -> Vec<u64> {
    let tenths = if length == 0 { 1..1 } else { 1..10 };
    let mut edges: Vec<u64> = tenths.map(|tenth| at(length * tenth / 10)).collect();
    edges.dedup();
    edges
}

/// Returns how many values are below the first edge, from each to the next, and from the last on.
fn in_bins(edges: &[u64], length: usize, rank: impl Fn(u64) -> usize) -> Vec<u64> {
    let below = |edge: &u64| edge.checked_sub(1).map_or(0, &rank);
    let ends: Vec<usize> = edges.iter().map(below).chain([length]).collect();
    let starts = std::iter::once(0).chain(ends.clone());
    ends.into_iter().zip(starts).map(|(end, start)| (end - start) as u64).collect()
}

/// The most distinct numbers that are also compared as counts of each.
const MOST_COUNTED: usize = 100;

/// Of few distinct numbers, such as counts, whether each occurs as often: chi-square with Cramér's V; reported only.
pub(crate) fn counts(ours: &Numbers, theirs: &Numbers) -> Option<Test> {
    let (first, second) = ours.sorted_keys().zip(theirs.sorted_keys())?;
    let mut by_key: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for key in first {
        by_key.entry(*key).or_default().0 += 1;
        if by_key.len() > MOST_COUNTED {
            return None;
        }
    }
    for key in second {
        by_key.entry(*key).or_default().1 += 1;
        if by_key.len() > MOST_COUNTED {
            return None;
        }
    }
    Some(super::category::chi_square(&Counts::new(by_key.into_values())?))
}

/// Whether both are in the same space, so that their keys can be compared.
pub(crate) fn comparable(a: &Numbers, b: &Numbers) -> bool {
    a.space == b.space
}
