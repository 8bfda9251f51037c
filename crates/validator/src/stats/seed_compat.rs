//! The two rules that this project started from, as they were.
//!
//! They are here so that an old verdict can be explained, not to judge by. Both ask the wrong question: the first fails at
//! large sizes for differences that nobody minds (with 10,000,000 values a side, 0.0015 standard deviations), the second
//! ignores the error of the test sample and so fails without any difference, by simulation in 17 % of trials with 100
//! values a side and in 85 % with 100 against 10,000, at "95 %". See [`mean_comparison`](super::mean_comparison) and
//! [`ks_test`](super::ks_test) for the right ones.

use super::student::student_upper_quantile;
use super::{Alternative, Interval, Sample};

/// Passes if the p-value of Kolmogorov and Smirnov's test exceeds `threshold`; the score is the p-value. `None` if a side
/// is empty.
pub fn ks_test(test: &Sample, production: &Sample, threshold: f64) -> Option<SeedOutcome> {
    let found = super::ks_test(test, production)?;
    let small = test.len().max(production.len()) <= 10_000;
    let p = small
        .then(|| found.exact_p_ignoring_ties(Alternative::TwoSided))
        .flatten()
        .unwrap_or_else(|| found.asymptotic_p(Alternative::TwoSided));
    Some(SeedOutcome { passed: p.value() > threshold, score: Some(p.value()), interval: None })
}

/// Passes if the test mean lies in the interval of the *production* mean. The score is the difference as a share of the
/// production mean, without the sign that a negative mean gave it; absent for a mean of 0. `None` unless the test sample
/// has a value and production two, or if the confidence is not between 0 and 1.
///
/// ```
/// use reenact_validator::stats::{Sample, seed_compat};
///
/// let production: Sample = (0..100).map(f64::from).collect();
/// let test = Sample::new([42.0, 44.0]);
/// let found = seed_compat::mean_comparison(&test, &production, 0.95).expect("both have values");
/// assert!(!found.passed, "two values decide, however uncertain their mean is");
/// ```
pub fn mean_comparison(test: &Sample, production: &Sample, confidence: f64) -> Option<SeedOutcome> {
    if !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let (ours, theirs) = (test.moments(), production.moments());
    let (mean, other) = (ours.mean()?, theirs.mean()?);
    let quantile =
        student_upper_quantile((1.0 - confidence) / 2.0, theirs.count().checked_sub(1)? as f64);
    let half = quantile * theirs.standard_error()?;
    let interval = Interval::new(other - half, other + half);
    Some(SeedOutcome {
        passed: interval.low <= mean && mean <= interval.high,
        score: (other != 0.0).then(|| (mean - other).abs() / other.abs()),
        interval: Some(interval),
    })
}

/// What a rule of the seed says.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SeedOutcome {
    /// The rule's verdict.
    pub passed: bool,
    /// The rule's score.
    pub score: Option<f64>,
    /// The interval of the production mean, of [`mean_comparison`].
    pub interval: Option<Interval>,
}
