//! Shares and their differences.

use super::beta::beta_quantile;
use super::discrete::{Unimodal, ln_binomial};
use super::normal::normal_quantile;
use super::{Alternative, Interval, Probability};

/// A number of successes in independent trials with one chance.
///
/// ```
/// use reenact_validator::stats::{Alternative, Proportion};
///
/// let share = Proportion::new(7, 50).expect("7 of 50");
/// let interval = share.wilson(0.95).expect("0.95 is a confidence");
/// assert!(interval.low > 0.069 && interval.high < 0.263);
/// assert!(share.p(0.1, Alternative::TwoSided).expect("0.1 is a chance").value() > 0.3);
/// assert_eq!(Proportion::new(1, 0), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proportion {
    successes: u64,
    trials: u64,
}

impl Proportion {
    /// Creates a proportion; `None` without a trial, or with more successes than trials.
    pub fn new(successes: u64, trials: u64) -> Option<Self> {
        (trials > 0 && successes <= trials).then_some(Self { successes, trials })
    }

    /// Returns the share of successes.
    pub fn share(self) -> f64 {
        self.successes as f64 / self.trials as f64
    }

    /// Returns the p-value of "the chance is `chance`" from the binomial law; two-sided, of all counts that are at most as
    /// likely. `None` unless `0 <= chance <= 1`.
    pub fn p(self, chance: f64, alternative: Alternative) -> Option<Probability> {
        if !(0.0..=1.0).contains(&chance) {
            return None;
        }
        let mode = (((self.trials + 1) as f64 * chance).floor() as u64).min(self.trials);
        let law = Unimodal {
            low: 0,
            high: self.trials,
            mode,
            ln_mass: |k| ln_binomial(k, self.trials, chance, 1.0 - chance),
        };
        Some(law.p(self.successes, alternative))
    }

    /// Returns the interval of Clopper and Pearson (1934), which covers the chance at least as often as it says; `None`
    /// unless `0 < confidence < 1`.
    pub fn clopper_pearson(self, confidence: f64) -> Option<Interval> {
        let tail = tail(confidence)?;
        let (k, rest) = (self.successes as f64, (self.trials - self.successes) as f64);
        let low = if k == 0.0 { 0.0 } else { beta_quantile(k, rest + 1.0, tail) };
        // Seen from the failures, so that the small tail is the one that is computed.
        let high = if rest == 0.0 { 1.0 } else { 1.0 - beta_quantile(rest, k + 1.0, tail) };
        Some(Interval::new(low, high))
    }

    /// Returns Wilson's score interval (1927); `None` unless `0 < confidence < 1`.
    pub fn wilson(self, confidence: f64) -> Option<Interval> {
        let (low, high) = wilson(self.successes, self.trials, z(confidence)?);
        Some(Interval::new(low, high))
    }

    /// Returns Wilson's interval with a continuity correction (Newcombe, 1998, method 4); `None` unless
    /// `0 < confidence < 1`.
    pub fn wilson_corrected(self, confidence: f64) -> Option<Interval> {
        let z = z(confidence)?;
        let (n, p, q) = (self.trials as f64, self.share(), 1.0 - self.share());
        let scale = 2.0 * (n + z * z);
        let centre = (2.0 * n * p + z * z) / scale;
        let half = |square: f64| (1.0 + z * square.max(0.0).sqrt()) / scale;
        let below = half(z * z - 2.0 - 1.0 / n + 4.0 * p * (n * q + 1.0));
        let above = half(z * z + 2.0 - 1.0 / n + 4.0 * p * (n * q - 1.0));
        let low = if self.successes == 0 { 0.0 } else { (centre - below).max(0.0) };
        let high = if self.successes == self.trials { 1.0 } else { (centre + above).min(1.0) };
        Some(Interval::new(low, high))
    }

    /// Returns the interval of this chance minus another, from Wilson's interval of each: Newcombe's method 10 (1998);
    /// `None` unless `0 < confidence < 1`.
    pub fn difference(self, other: Self, confidence: f64) -> Option<Interval> {
        let whole = |side: Self| WeightedShare {
            successes: side.successes,
            trials: side.trials,
            weight: 1.0,
        };
        let (low, high) = newcombe(whole(self), whole(other), z(confidence)?);
        Some(Interval::new(low, high))
    }
}

fn tail(confidence: f64) -> Option<f64> {
    (confidence > 0.0 && confidence < 1.0).then_some((1.0 - confidence) / 2.0)
}

fn z(confidence: f64) -> Option<f64> {
    Some(-normal_quantile(tail(confidence)?))
}

/// Returns Wilson's score interval of the share `successes / trials`.
pub(crate) fn wilson(successes: u64, trials: u64, z: f64) -> (f64, f64) {
    let (k, n) = (successes as f64, trials as f64);
    let share = k / n;
    let square = z * z;
    let centre = (k + square / 2.0) / (n + square);
    let half = z / (n + square) * (n * share * (1.0 - share) + square / 4.0).sqrt();
    let low = if successes == 0 { 0.0 } else { centre - half };
    let high = if successes == trials { 1.0 } else { centre + half };
    (low, high)
}

/// Returns the interval of `w1 p1 - w2 p2` from Wilson's interval of each share: Newcombe's method 10
/// (1998) with weights, as Zou and Donner (2008) give it for any linear combination.
pub(crate) fn newcombe(first: WeightedShare, second: WeightedShare, z: f64) -> (f64, f64) {
    let (p1, l1, u1) = first.scaled(z);
    let (p2, l2, u2) = second.scaled(z);
    let difference = p1 - p2;
    let low = difference - (p1 - l1).hypot(u2 - p2);
    let high = difference + (u1 - p1).hypot(p2 - l2);
    (low, high)
}

/// A share of some trials, which are themselves a known share of the whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WeightedShare {
    pub(crate) successes: u64,
    pub(crate) trials: u64,
    pub(crate) weight: f64,
}

impl WeightedShare {
    /// Returns estimate, lower and upper end, scaled; zeros without a trial.
    fn scaled(self, z: f64) -> (f64, f64, f64) {
        if self.trials == 0 {
            return (0.0, 0.0, 0.0);
        }
        let (low, high) = wilson(self.successes, self.trials, z);
        let share = self.successes as f64 / self.trials as f64;
        (share * self.weight, low * self.weight, high * self.weight)
    }
}
