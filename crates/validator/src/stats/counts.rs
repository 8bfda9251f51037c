//! How often each category occurs in two samples: distances between the shares.

use super::{Interval, Proportion};

/// The counts of the categories of two samples; categories in neither are left out.
///
/// ```
/// use reenact_validator::stats::Counts;
///
/// // Red, green, blue: in the candidate, in the reference.
/// let counts = Counts::new([(50, 60), (30, 30), (20, 10)]).expect("both have values");
/// assert!((counts.total_variation() - 0.1).abs() < 1e-15);
/// assert!(counts.chi_square().p().value() > 0.1 && counts.cramers_v() > 0.1);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    pub(crate) pairs: Vec<(u64, u64)>,
    pub(crate) totals: (f64, f64),
}

impl Counts {
    /// Takes the counts of both samples by category; `None` if either sample is empty.
    pub fn new(pairs: impl IntoIterator<Item = (u64, u64)>) -> Option<Self> {
        let pairs: Vec<(u64, u64)> = pairs.into_iter().filter(|pair| *pair != (0, 0)).collect();
        let total = |side: fn(&(u64, u64)) -> u64| pairs.iter().map(side).sum::<u64>() as f64;
        let totals = (total(|pair| pair.0), total(|pair| pair.1));
        (totals.0 > 0.0 && totals.1 > 0.0).then_some(Self { pairs, totals })
    }

    /// Returns how many categories there are.
    pub fn categories(&self) -> usize {
        self.pairs.len()
    }

    /// Returns how many values the samples have.
    pub fn totals(&self) -> (f64, f64) {
        self.totals
    }

    fn shares(&self) -> impl Iterator<Item = (f64, f64)> {
        self.pairs.iter().map(|(a, b)| (*a as f64 / self.totals.0, *b as f64 / self.totals.1))
    }

    /// Returns the total variation distance `Σ |p - q| / 2`: the share of values that would have to change category,
    /// from 0 to 1.
    pub fn total_variation(&self) -> f64 {
        self.shares().map(|(p, q)| (p - q).abs()).sum::<f64>() / 2.0
    }

    /// Returns the largest difference of a share, `max |p - q|`, from 0 to 1.
    pub fn largest_difference(&self) -> f64 {
        self.shares().map(|(p, q)| (p - q).abs()).fold(0.0, f64::max)
    }

    /// Returns the Jensen-Shannon distance: the square root of the divergence to base 2 (Lin, 1991; Endres and Schindelin,
    /// 2003), from 0 to 1.
    pub fn jensen_shannon(&self) -> f64 {
        let divergence: f64 = self.shares().map(|(p, q)| jensen_shannon_part(p, q)).sum();
        (divergence / 2.0 / std::f64::consts::LN_2).min(1.0).sqrt()
    }

    /// Returns the Hellinger distance `sqrt(Σ (√p - √q)² / 2)`, from 0 to 1.
    pub fn hellinger(&self) -> f64 {
        // √p - √q = (p - q) / (√p + √q), without cancellation.
        let part = |(p, q): (f64, f64)| ((p - q) / (p.sqrt() + q.sqrt())).powi(2);
        (self.shares().map(part).sum::<f64>() / 2.0).min(1.0).sqrt()
    }

    /// Returns the relative entropy `Σ p ln(p / q)` of the first sample's shares with respect to the second's, in nats
    /// (Kullback and Leibler, 1951); infinite if the second lacks a category.
    pub fn relative_entropy(&self) -> f64 {
        let part = |(p, q): (f64, f64)| match (p, q) {
            (0.0, _) => q,
            (_, 0.0) => f64::INFINITY,
            // With q - p added, every part is at least 0 and the sum is the same.
            _ => super::gamma::deviance(p, q),
        };
        self.shares().map(part).sum()
    }

    /// Returns the population stability index `Σ (p - q) ln(p / q)`, shares below `floor` lifted to it; with a floor of
    /// 0, infinite if a sample lacks a category of the other.
    pub fn population_stability(&self, floor: f64) -> f64 {
        let lifted = self.shares().map(|(p, q)| (p.max(floor), q.max(floor)));
        lifted.filter(|(p, q)| p != q).map(|(p, q)| (p - q) * ln_ratio(p, q)).sum()
    }

    /// Returns an interval of the total variation distance of the two distributions the samples are from; `None` unless
    /// `0 < confidence < 1`.
    ///
    /// With two categories the distance is the absolute difference of their shares, and the interval is that of
    /// [`Proportion::difference`]. With more, half-width `sqrt(ln(2 / (1 - confidence)) / 2) sqrt(1/n1 + 1/n2)` after `McDiarmid` (1989), since a value more or less
    /// changes the distance by at most `1/n`; the lower end is lowered once more by what sampling alone adds on average,
    /// at most half the sum of the standard errors of the differences of shares.
    pub fn total_variation_interval(&self, confidence: f64) -> Option<Interval> {
        if !(confidence > 0.0 && confidence < 1.0) {
            return None;
        }
        if let [(a, b), (c, d)] = self.pairs[..] {
            let difference =
                Proportion::new(a, a + c)?.difference(Proportion::new(b, b + d)?, confidence)?;
            let low = difference.low.max(-difference.high).max(0.0);
            return Some(Interval::new(low, difference.high.max(-difference.low)));
        }
        let per_value = (1.0 / self.totals.0, 1.0 / self.totals.1);
        let half = ((2.0 / (1.0 - confidence)).ln() / 2.0 * (per_value.0 + per_value.1)).sqrt();
        let value = self.total_variation();
        let low = value - half - self.total_variation_bias(per_value);
        Some(Interval::new(low.max(0.0), (value + half).min(1.0)))
    }

    /// Returns how much sampling alone lifts the total variation distance above the truth, at most: half the sum of the
    /// standard errors of the differences of shares, where `1/n` is each side's given `per_value`.
    pub(crate) fn total_variation_bias(&self, per_value: (f64, f64)) -> f64 {
        let error = |(p, q): (f64, f64)| {
            (p * (1.0 - p) * per_value.0 + q * (1.0 - q) * per_value.1).max(0.0).sqrt()
        };
        self.shares().map(error).sum::<f64>() / 2.0
    }
}

/// Returns `ln(p / q)`, also where they are close.
fn ln_ratio(p: f64, q: f64) -> f64 {
    if (p - q).abs() < q / 2.0 { ((p - q) / q).ln_1p() } else { (p / q).ln() }
}

/// Returns `p ln(p / m) + q ln(q / m)` with the mean `m`, in nats.
fn jensen_shannon_part(p: f64, q: f64) -> f64 {
    let mean = f64::midpoint(p, q);
    let ratio = (p - q) / (p + q);
    if ratio.abs() > 0.2 {
        let part = |share: f64| if share > 0.0 { share * (share / mean).ln() } else { 0.0 };
        return part(p) + part(q);
    }
    // (1 + r) ln(1 + r) + (1 - r) ln(1 - r) = Σ r^2k / (k (2k - 1)), whose logarithms would cancel.
    let square = ratio * ratio;
    let series = (1..=12).rev().fold(0.0, |sum, k| {
        let k = f64::from(k);
        square * (1.0 / (k * (2.0 * k - 1.0)) + sum)
    });
    mean * series
}
