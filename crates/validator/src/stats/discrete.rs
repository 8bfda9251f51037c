//! Tails of discrete laws with one mode: binomial and hypergeometric.

use std::f64::consts::TAU;

use super::gamma::{deviance, stirling_error};
use super::{Alternative, Probability};

/// How much more likely than the observed value another may be and still count as equally likely, as in R and scipy.
const EQUAL: f64 = 1e-7;

/// A law on the integers from `low` to `high` that rises up to `mode` and falls from there.
pub(crate) struct Unimodal<F> {
    pub(crate) low: u64,
    pub(crate) high: u64,
    pub(crate) mode: u64,
    /// The logarithm of the probability of a value.
    pub(crate) ln_mass: F,
}

impl<F: Fn(u64) -> f64> Unimodal<F> {
    /// Returns the p-value of an observed value; two-sided, the probability of all values that are at most as likely.
    pub(crate) fn p(&self, observed: u64, alternative: Alternative) -> Probability {
        match alternative {
            Alternative::Less => self.at_most(observed),
            Alternative::Greater => self.at_least(observed),
            Alternative::TwoSided => self.at_most_as_likely(observed),
        }
    }

    fn at_most(&self, value: u64) -> Probability {
        if value >= self.high {
            Probability::ONE
        } else if value < self.low {
            Probability::ZERO
        } else if value <= self.mode {
            self.sum((self.low..=value).rev())
        } else {
            self.sum(value + 1..=self.high).complement()
        }
    }

    fn at_least(&self, value: u64) -> Probability {
        if value <= self.low {
            Probability::ONE
        } else if value > self.high {
            Probability::ZERO
        } else if value > self.mode {
            self.sum(value..=self.high)
        } else {
            self.sum((self.low..value).rev()).complement()
        }
    }

    /// Sums falling probabilities until they no longer count.
    fn sum(&self, values: impl Iterator<Item = u64>) -> Probability {
        let (mut first, mut sum) = (None, 0.0);
        for value in values {
            let ln = (self.ln_mass)(value);
            let start = *first.get_or_insert(ln);
            if start == f64::NEG_INFINITY {
                return Probability::ZERO;
            }
            let term = (ln - start).exp();
            sum += term;
            if term < sum * 1e-18 {
                break;
            }
        }
        first.map_or(Probability::ZERO, |first| Probability::from_ln(first + f64::ln(sum)))
    }

    fn at_most_as_likely(&self, observed: u64) -> Probability {
        let limit = (self.ln_mass)(observed) + EQUAL;
        let is_likelier = |value: &u64| (self.ln_mass)(*value) > limit;
        if !is_likelier(&self.mode) {
            return Probability::ONE;
        }
        if observed < self.mode {
            let beyond = first_not(self.mode, self.high + 1, is_likelier);
            self.at_most(observed).or(self.at_least(beyond))
        } else {
            // Mirrored, so that the values still fall away from the mode.
            let mirrored = |value: u64| self.mode - value;
            let steps =
                first_not(0, self.mode - self.low + 1, |step| is_likelier(&mirrored(*step)));
            let below = self.mode.checked_sub(steps).filter(|value| *value >= self.low);
            self.at_least(observed).or(below.map_or(Probability::ZERO, |value| self.at_most(value)))
        }
    }
}

/// Returns the first value from `from` up to `end` that does not hold, where all that hold come first.
fn first_not(from: u64, end: u64, holds: impl Fn(&u64) -> bool) -> u64 {
    let (mut from, mut end) = (from, end);
    while from < end {
        let middle = from.midpoint(end);
        if holds(&middle) { from = middle + 1 } else { end = middle }
    }
    from
}

/// Returns the logarithm of the binomial probability of `k` successes of `n`, with chances `p` and `q = 1 - p`, after
/// Loader ("Fast and accurate computation of binomial probabilities", 2000).
pub(crate) fn ln_binomial(k: u64, n: u64, p: f64, q: f64) -> f64 {
    let (successes, trials) = (k as f64, n as f64);
    let certain = |chance: f64| if n == 0 { 0.0 } else { trials * chance.ln() };
    if k == 0 {
        return certain(q);
    }
    if k == n {
        return certain(p);
    }
    if p == 0.0 || q == 0.0 {
        return f64::NEG_INFINITY;
    }
    let failures = trials - successes;
    stirling_error(trials)
        - stirling_error(successes)
        - stirling_error(failures)
        - deviance(successes, trials * p)
        - deviance(failures, trials * q)
        + 0.5 * (trials / (TAU * successes * failures)).ln()
}
