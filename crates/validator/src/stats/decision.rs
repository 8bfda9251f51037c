//! From an interval of an effect and a margin to a verdict.

use super::Interval;
use crate::Verdict;

/// Fails if the whole interval is beyond the margin, passes if all of it is within, and is inconclusive otherwise.
///
/// An interval of confidence `1 - a` makes the chance of a wrong fail, and that of a wrong pass, at most `a`: equivalence
/// testing (Lakens, *Improving Your Statistical Inferences*, chapter 9). The margin is at least 0.
///
/// ```
/// use reenact_validator::Verdict;
/// use reenact_validator::stats::{Sample, decide, ks_test, values_to_settle};
///
/// let reference: Sample = (0..10_000).map(f64::from).collect();
/// let candidate: Sample = (0..10_000).map(|i| f64::from(i) + 100.0).collect();
/// let interval = ks_test(&candidate, &reference).and_then(|test| test.interval(0.95)).expect("values");
/// assert_eq!(decide(interval, 0.05), Verdict::Pass);
/// assert_eq!(decide(interval, 0.005), Verdict::Inconclusive);
/// assert_eq!(values_to_settle(interval, 0.01, 0.005, 10_000), Some(148_000));
/// ```
pub fn decide(interval: Interval, margin: f64) -> Verdict {
    if interval.low > margin || interval.high < -margin {
        Verdict::Fail
    } else if interval.high <= margin && interval.low >= -margin {
        Verdict::Pass
    } else {
        Verdict::Inconclusive
    }
}

/// Returns about how many values a side would settle an inconclusive interval of an effect, given how many the smaller side
/// has: as many as make its half-width, which falls with the root of the number, as small as the distance of the effect from
/// the margin; rounded up to three digits.
///
/// `None` if the interval settles the question already, or if the effect is so near the margin (a twentieth of it) that it may
/// never be settled.
pub fn values_to_settle(interval: Interval, effect: f64, margin: f64, values: u64) -> Option<u64> {
    let distance = (effect.abs() - margin).abs();
    if decide(interval, margin) != Verdict::Inconclusive || distance < margin / 20.0 {
        return None;
    }
    let half = (interval.high - effect).max(effect - interval.low);
    let needed = values as f64 * (half / distance).powi(2);
    let unit = 10_f64.powf((needed.log10() - 2.0).floor().max(0.0));
    needed.is_finite().then(|| ((needed / unit).ceil() * unit) as u64)
}
