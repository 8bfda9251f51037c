//! Makes the record of a test: from an effect, its interval and a margin to a verdict in words.

use crate::Verdict;
use crate::judgement::{Effect, Interval, PMethod, Statistic, Test};
use crate::stats::{Probability, decide};

/// A test whose interval is held against a margin; `what` says in words what was measured.
pub(crate) fn against_margin(
    statistic: Statistic,
    effect: Effect,
    interval: Interval,
    margin: f64,
    what: &str,
) -> Test {
    if ![effect.value, interval.low, interval.high].into_iter().all(f64::is_finite) {
        return no_answer(statistic, margin, "the values are too large to compute with");
    }
    let verdict = decide(interval, margin);
    let place = match verdict {
        Verdict::Pass => "which is within",
        Verdict::Fail => "which is beyond",
        Verdict::Inconclusive => "which does not tell on which side it is of",
    };
    let sentence = format!(
        "{what} (interval {:.4} to {:.4}), {place} the margin of {margin}",
        interval.low, interval.high
    );
    Test {
        value: Some(effect.value),
        effect: Some(effect),
        interval: Some(interval),
        margin: Some(margin),
        decides: true,
        verdict,
        ..said(statistic, sentence)
    }
}

/// A test that says something and nothing else.
fn said(statistic: Statistic, sentence: String) -> Test {
    Test {
        statistic,
        value: None,
        p: None,
        log10_p: None,
        p_method: None,
        adjusted_p: None,
        holm_p: None,
        effect: None,
        interval: None,
        margin: None,
        decides: false,
        verdict: Verdict::Pass,
        sentence,
    }
}

/// A test that says something and decides nothing.
pub(crate) fn reported(statistic: Statistic, value: f64, sentence: String) -> Test {
    Test { value: Some(value).filter(|value| value.is_finite()), ..said(statistic, sentence) }
}

/// A test that has no answer, and why.
pub(crate) fn no_answer(statistic: Statistic, margin: f64, why: &str) -> Test {
    Test {
        margin: Some(margin),
        decides: true,
        verdict: Verdict::Inconclusive,
        ..said(statistic, why.to_owned())
    }
}

/// As [`no_answer`], where another test decides.
pub(crate) fn undecided(statistic: Statistic, margin: f64, why: &str) -> Test {
    Test { decides: false, ..no_answer(statistic, margin, why) }
}

/// Adds a p-value.
pub(crate) fn with_p(mut test: Test, p: Probability, method: PMethod) -> Test {
    test.p = Some(p.value());
    test.log10_p = Some(p.log10()).filter(|log| log.is_finite());
    test.p_method = Some(method);
    test
}
