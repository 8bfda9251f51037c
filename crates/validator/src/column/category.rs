//! The tests of a column of categories.

use std::collections::BTreeSet;

use super::gather::Categories;
use super::judge::{Column, Level};
use super::outcome;
use crate::judgement::{Effect, Interval, PMethod, Statistic, Test};
use crate::stats::Counts;

/// The share to which a category that one side lacks is lifted, so that its logarithm exists.
const LEAST_SHARE: f64 = 1e-4;

/// Compares how often each category occurs; the total variation distance decides.
pub(crate) fn compare(
    column: &Column<'_>,
    ours: &Categories,
    theirs: &Categories,
    level: &Level,
) -> Vec<Test> {
    let margin = level.margins.categories;
    let Some(counts) = counts(ours, theirs) else {
        return vec![outcome::no_answer(
            Statistic::TotalVariation,
            margin,
            "a side has no values to compare",
        )];
    };
    let psi = counts.population_stability(LEAST_SHARE);
    let distance = counts.jensen_shannon();
    let hellinger = counts.hellinger();
    let largest = counts.largest_difference();
    vec![
        total_variation(column, &counts, level),
        chi_square(&counts),
        likelihood_ratio(&counts),
        outcome::reported(
            Statistic::JensenShannon,
            distance,
            format!("the Jensen-Shannon distance of the shares is {distance:.4}"),
        ),
        outcome::reported(
            Statistic::Hellinger,
            hellinger,
            format!("the Hellinger distance of the shares is {hellinger:.4}"),
        ),
        outcome::reported(
            Statistic::LargestDifference,
            largest,
            format!("no share of a category differs by more than {:.2} points", largest * 100.0),
        ),
        outcome::reported(
            Statistic::PopulationStability,
            psi,
            format!("the population stability index of the categories is {psi:.4}"),
        ),
    ]
}

fn counts(ours: &Categories, theirs: &Categories) -> Option<Counts> {
    let values: BTreeSet<&String> = ours.counts.keys().chain(theirs.counts.keys()).collect();
    let of = |side: &Categories, value: &String| side.counts.get(value).copied().unwrap_or(0);
    Counts::new(values.into_iter().map(|value| (of(ours, value), of(theirs, value))))
}

/// Where no value is known to have an equal, the interval is that of two samples. Else it is `McDiarmid`'s (1989) of the open
/// values, less what sampling alone adds to the distance on average.
fn total_variation(column: &Column<'_>, counts: &Counts, level: &Level) -> Test {
    let sides = column.present_counts();
    let value = counts.total_variation();
    let half = sides.half_width(level.critical());
    let bias = counts.total_variation_bias(sides.per_value());
    let most = sides.largest_distance();
    let of_open =
        Interval::new((value - half - bias).clamp(0.0, most), (value + half).clamp(0.0, most));
    let interval = if sides.are_open() {
        counts.total_variation_interval(1.0 - level.alpha).unwrap_or(of_open)
    } else {
        of_open
    };
    outcome::against_margin(
        Statistic::TotalVariation,
        Effect { name: "total variation distance".to_owned(), value },
        interval,
        level.margins.categories,
        &format!("{:.2} % of the values are in other categories", value * 100.0),
    )
}

pub(super) fn chi_square(counts: &Counts) -> Test {
    let found = counts.chi_square();
    let strength = counts.cramers_v();
    let (p, method) = counts.p();
    let how = match method {
        PMethod::Asymptotic if counts.meets_cochrans_rule() => "",
        PMethod::Asymptotic => "; for its p-value the rarest categories were put together",
        _ => "; some categories are too rare for the limiting law, so its p-value was counted",
    };
    let sentence = format!("side and category are associated with Cramér's V = {strength:.4}{how}");
    let mut test = outcome::reported(Statistic::ChiSquare, found.statistic, sentence);
    test.effect = Some(Effect { name: "Cramér's V".to_owned(), value: strength });
    outcome::with_p(test, p, method)
}

fn likelihood_ratio(counts: &Counts) -> Test {
    let found = counts.g_test();
    let strength = counts.cramers_v();
    let sentence =
        format!("the likelihood ratio statistic of side and category is {:.4}", found.statistic);
    let mut test = outcome::reported(Statistic::GTest, found.statistic, sentence);
    test.effect = Some(Effect { name: "Cramér's V".to_owned(), value: strength });
    outcome::with_p(test, found.p(), PMethod::Asymptotic)
}
