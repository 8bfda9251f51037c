//! From the tests of all columns to what each column says, which moved most, and the findings.

use crate::judgement::{Check, ColumnJudgement, ColumnKind, Finding, Statistic, Test};
use crate::rules::Rules;
use crate::stats::{Adjustment, adjust, values_to_settle};
use crate::{Severity, Verdict};

/// The ratio of effect and margin that stands for all larger ones, also where the margin is 0.
const FAR_BEYOND: f64 = 1e6;

/// Up to this many distinct values numbers are counts rather than measurements.
const FEW_DISTINCT: u64 = 1_000;

/// The statistics that decide, and the check that each answers.
const DECIDING: [(Statistic, Check); 4] = [
    (Statistic::KolmogorovSmirnov, Check::Distribution),
    (Statistic::TotalVariation, Check::Distribution),
    (Statistic::WelchMean, Check::Mean),
    (Statistic::NullRate, Check::NullRate),
];

/// Completes the columns, puts those that moved most first, and returns a finding for each column and check that did not pass, and
/// one for each check that all columns passed.
pub(crate) fn conclude(columns: &mut [ColumnJudgement], rules: &Rules) -> Vec<Finding> {
    adjust_p(columns);
    for column in columns.iter_mut() {
        for test in &mut column.tests {
            test.decides &=
                check_of(test).is_some_and(|check| rules.level(check).severity().is_some());
        }
        column.choice = choice(column);
        settle(column);
        let deciding = || column.tests.iter().filter(|test| test.decides);
        column.verdict = deciding().map(|test| test.verdict).max().unwrap_or(Verdict::Pass);
        column.moved = deciding().map(ratio).fold(0.0, f64::max);
        let worst =
            deciding().max_by(|a, b| a.verdict.cmp(&b.verdict).then(ratio(a).total_cmp(&ratio(b))));
        column.sentence = worst.map_or_else(
            || "the column has no values to compare beyond the rows".to_owned(),
            |test| test.sentence.clone(),
        );
    }
    columns.sort_by(|a, b| b.verdict.cmp(&a.verdict).then(b.moved.total_cmp(&a.moved)));
    let checks = [Check::Distribution, Check::Mean, Check::NullRate];
    let severity =
        |check: &Check| rules.level(*check).severity().map(|severity| (*check, severity));
    checks
        .iter()
        .filter_map(severity)
        .flat_map(|(check, severity)| findings(columns, check, severity))
        .collect()
}

/// Says of every open question how many values would settle it.
fn settle(column: &mut ColumnJudgement) {
    let rows = column.candidate.rows.min(column.reference.rows);
    let present = column.candidate.present().min(column.reference.present());
    for test in column.tests.iter_mut().filter(|test| test.decides) {
        let (Some(interval), Some(effect), Some(margin)) =
            (test.interval, &test.effect, test.margin)
        else {
            continue;
        };
        if test.verdict != Verdict::Inconclusive {
            continue;
        }
        let (values, what) = match test.statistic {
            Statistic::NullRate => (rows, "rows"),
            _ => (present, "values"),
        };
        let settled = match values_to_settle(interval, effect.value, margin, values) {
            Some(needed) => format!("about {needed} {what} on each side would settle it"),
            None => "the effect is too near the margin to be settled by more of them".to_owned(),
        };
        test.sentence = format!("{}; {settled}", test.sentence);
    }
}

/// Explains the choice of the tests.
fn choice(column: &ColumnJudgement) -> String {
    let (ours, theirs) = (&column.candidate, &column.reference);
    let counts = format!("{} and {} values", ours.present(), theirs.present());
    let distinct = theirs.distinct.map_or_else(
        || "more distinct ones than are counted".to_owned(),
        |distinct| format!("{distinct} distinct in the reference"),
    );
    match column.kind {
        ColumnKind::Number if theirs.distinct.is_some_and(|distinct| distinct <= FEW_DISTINCT) => {
            format!(
                "few distinct numbers ({counts}, {distinct}) are compared by their distribution functions, jumps and all, and by their means"
            )
        }
        ColumnKind::Number => format!(
            "numbers ({counts}, {distinct}) are compared by their distribution functions and by their means"
        ),
        ColumnKind::Time => format!(
            "times ({counts}, {distinct}) are compared by their distribution functions and by their means, in seconds from each other"
        ),
        ColumnKind::Category => format!(
            "a column of few distinct values ({counts}, {distinct}) is compared by the share of each"
        ),
        ColumnKind::Text if column.tests.iter().any(is_of_lengths) => format!(
            "text ({counts}, {distinct}) has too many distinct values to compare shares, so the lengths of the values and missing ones decide"
        ),
        ColumnKind::Text => format!(
            "text ({counts}, {distinct}) has too many distinct values to compare shares, so rows and missing values decide"
        ),
        ColumnKind::Empty => "neither side has a value".to_owned(),
    }
}

/// Of text only lengths have a distribution function.
fn is_of_lengths(test: &Test) -> bool {
    test.statistic == Statistic::KolmogorovSmirnov
}

fn findings(columns: &[ColumnJudgement], check: Check, severity: Severity) -> Vec<Finding> {
    let answers = |column: &&ColumnJudgement| column.tests.iter().any(|test| answers(test, check));
    let asked = columns.iter().filter(answers).count();
    let mut found = Vec::new();
    for column in columns {
        let tests = column.tests.iter().filter(|test| answers_badly(test, check));
        found.extend(tests.map(|test| {
            Finding::new(check, severity, test.verdict, test.sentence.clone())
                .of_column(&column.name)
        }));
    }
    if found.is_empty() && asked > 0 {
        let message = format!("{asked} columns are within the margin");
        found.push(Finding::new(check, severity, Verdict::Pass, message));
    }
    found
}

fn answers(test: &Test, check: Check) -> bool {
    test.decides && check_of(test) == Some(check)
}

fn answers_badly(test: &Test, check: Check) -> bool {
    answers(test, check) && test.verdict != Verdict::Pass
}

fn check_of(test: &Test) -> Option<Check> {
    DECIDING.iter().find(|(statistic, _)| *statistic == test.statistic).map(|(_, check)| *check)
}

/// Returns the effect as a multiple of its margin.
fn ratio(test: &Test) -> f64 {
    let (Some(effect), Some(margin)) = (&test.effect, test.margin) else { return 0.0 };
    let size = effect.value.abs();
    if size == 0.0 { 0.0 } else { (size / margin).min(FAR_BEYOND) }
}

/// Adjusts the p-values of each statistic over the columns.
fn adjust_p(columns: &mut [ColumnJudgement]) {
    let mut tests: Vec<&mut Test> =
        columns.iter_mut().flat_map(|column| &mut column.tests).collect();
    tests.retain(|test| test.p.is_some());
    tests.sort_by_key(|test| test.statistic as u8);
    for family in tests.chunk_by_mut(|a, b| a.statistic == b.statistic) {
        let p: Vec<f64> = family.iter().filter_map(|test| test.p).collect();
        let false_discovery = adjust(&p, Adjustment::BenjaminiHochberg);
        let holm = adjust(&p, Adjustment::Holm);
        for (test, (adjusted, holm)) in family.iter_mut().zip(false_discovery.into_iter().zip(holm))
        {
            test.adjusted_p = Some(adjusted);
            test.holm_p = Some(holm);
        }
    }
}
