//! Statistics of numbers and times that are computed where rules ask for them.

use super::judge::Level;
use super::numbers::Numbers;
use super::outcome;
use crate::judgement::{Effect, Interval, PMethod, Statistic, Test};
use crate::stats::{
    Alternative, MeanDifference, Sample, TieForm, anderson_darling, cramer_von_mises, mann_whitney,
    variance_ratio,
};

/// Returns those of the wanted statistics that are computed on request.
pub(crate) fn compare(
    ours: &Numbers,
    theirs: &Numbers,
    wanted: &[Statistic],
    level: &Level,
) -> Vec<Test> {
    let samples = wanted.iter().any(|statistic| needs_values(*statistic));
    let samples = samples.then(|| Some((sample(ours)?, sample(theirs)?))).flatten();
    let of = |statistic: &Statistic| -> Option<Test> {
        let test = match (statistic, &samples) {
            (Statistic::MeanEquivalence, _) => mean_equivalence(ours, theirs, level),
            (Statistic::MeanRatio, _) => mean_ratio(ours, theirs),
            (statistic, Some((ours, theirs))) if needs_values(*statistic) => {
                of_values(*statistic, ours, theirs, level)
            }
            (statistic, None) if needs_values(*statistic) => {
                let why = "the column has more values than are held, and this statistic needs each of them";
                return Some(no_answer(*statistic, why));
            }
            _ => return None,
        };
        let why = "there are too few values, or they do not vary, or they are times";
        Some(test.unwrap_or_else(|| no_answer(*statistic, why)))
    };
    wanted.iter().filter_map(of).collect()
}

fn needs_values(statistic: Statistic) -> bool {
    matches!(
        statistic,
        Statistic::AndersonDarling
            | Statistic::CramerVonMises
            | Statistic::MannWhitney
            | Statistic::VarianceRatio
    )
}

fn no_answer(statistic: Statistic, why: &str) -> Test {
    Test { margin: None, ..outcome::undecided(statistic, 0.0, why) }
}

fn sample(numbers: &Numbers) -> Option<Sample> {
    let keys = numbers.sorted_keys()?;
    Some(keys.iter().map(|key| numbers.space.number(*key)).collect())
}

fn of_values(statistic: Statistic, ours: &Sample, theirs: &Sample, level: &Level) -> Option<Test> {
    match statistic {
        Statistic::AndersonDarling => {
            let found = anderson_darling(&[ours, theirs], TieForm::Midrank)?;
            let value = found.statistic();
            let sentence = format!("Anderson and Darling's standardised statistic is {value:.4}");
            let test = outcome::reported(statistic, value, sentence);
            Some(outcome::with_p(test, found.p()?, PMethod::Asymptotic))
        }
        Statistic::CramerVonMises => {
            let found = cramer_von_mises(ours, theirs)?;
            let value = found.statistic();
            let sentence = format!("Cramér and von Mises' statistic is {value:.4}");
            let (p, method) = found.p();
            Some(outcome::with_p(outcome::reported(statistic, value, sentence), p, method))
        }
        Statistic::MannWhitney => {
            let found = mann_whitney(ours, theirs)?;
            let share = found.superiority();
            let sentence = format!(
                "of two values the candidate's is the larger one in {:.2} % of the pairs",
                share * 100.0
            );
            let value = share - 0.5;
            let mut test = outcome::reported(statistic, value, sentence);
            test.effect = Some(Effect { name: "share of pairs less one half".to_owned(), value });
            let (p, method) = found.p(Alternative::TwoSided);
            Some(outcome::with_p(test, p, method))
        }
        _ => {
            let (ratio, interval) = variance_ratio(ours, theirs, 1.0 - level.alpha)?;
            let sentence = format!(
                "the variance is {ratio:.4} times the reference's (interval {:.4} to {:.4})",
                interval.low, interval.high
            );
            let value = ratio - 1.0;
            let mut test = outcome::reported(statistic, value, sentence);
            test.effect = Some(Effect { name: "ratio less 1".to_owned(), value });
            test.interval = Some(Interval::new(interval.low - 1.0, interval.high - 1.0));
            is_finite(&test).then_some(test)
        }
    }
}

/// Two one-sided tests against the margin of the mean. The value is the p-value, so that a limit of 0.05 demands that sameness is shown.
fn mean_equivalence(ours: &Numbers, theirs: &Numbers, level: &Level) -> Option<Test> {
    let sd = theirs.moments.sd().filter(|sd| *sd > 0.0)?;
    let margin = level.margins.mean;
    let p = MeanDifference::welch(&ours.moments, &theirs.moments)?.equivalence(margin * sd)?.p();
    let sentence = format!(
        "that the means are {margin} standard deviations or more apart has p = {:.3e}",
        p.value()
    );
    let test = outcome::reported(Statistic::MeanEquivalence, p.value(), sentence);
    Some(outcome::with_p(test, p, PMethod::Asymptotic))
}

fn mean_ratio(ours: &Numbers, theirs: &Numbers) -> Option<Test> {
    if ours.space.is_time() {
        return None;
    }
    let ratio = ours.moments.mean()? / theirs.moments.mean()?;
    let value = ratio - 1.0;
    let sentence = format!("the mean is {ratio:.4} times the reference's");
    let mut test = outcome::reported(Statistic::MeanRatio, value, sentence);
    test.effect = Some(Effect { name: "ratio less 1".to_owned(), value });
    is_finite(&test).then_some(test)
}

/// Whether JSON can hold the numbers.
fn is_finite(test: &Test) -> bool {
    let ends = test.interval.map_or([0.0; 2], |interval| [interval.low, interval.high]);
    test.value.is_some() && ends.into_iter().all(f64::is_finite)
}
