//! Two rows of category counts.

use super::Probability;
use super::gamma::chi_square_sf;

/// How often each category occurs in two samples; categories in neither are left out.
#[derive(Debug, Clone)]
pub(crate) struct Counts {
    pairs: Vec<(f64, f64)>,
    totals: (f64, f64),
}

/// A goodness-of-fit statistic with its law.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ChiSquare {
    pub(crate) statistic: f64,
    pub(crate) degrees: f64,
    pub(crate) least_expected: f64,
}

impl ChiSquare {
    pub(crate) fn p(&self) -> Probability {
        if self.degrees == 0.0 {
            return Probability::ONE;
        }
        chi_square_sf(self.statistic, self.degrees)
    }
}

impl Counts {
    /// Takes the counts of both samples by category; `None` if either sample is empty.
    pub(crate) fn new(pairs: impl IntoIterator<Item = (u64, u64)>) -> Option<Self> {
        let kept = pairs.into_iter().filter(|pair| *pair != (0, 0));
        let pairs: Vec<(f64, f64)> = kept.map(|(a, b)| (a as f64, b as f64)).collect();
        let totals = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
        (totals.0 > 0.0 && totals.1 > 0.0).then_some(Self { pairs, totals })
    }

    /// Returns Pearson's chi-square of the 2 by k table, without continuity correction.
    pub(crate) fn chi_square(&self) -> ChiSquare {
        let mut statistic = 0.0;
        let mut least = f64::INFINITY;
        for (observed, expected) in self.cells() {
            statistic += (observed - expected) * (observed - expected) / expected;
            least = least.min(expected);
        }
        ChiSquare { statistic, degrees: (self.pairs.len() - 1) as f64, least_expected: least }
    }

    fn cells(&self) -> impl Iterator<Item = (f64, f64)> {
        let all = self.totals.0 + self.totals.1;
        self.pairs.iter().flat_map(move |(a, b)| {
            let expected = |total: f64| (a + b) * total / all;
            [(*a, expected(self.totals.0)), (*b, expected(self.totals.1))]
        })
    }

    /// Returns Cramér's V: chi-square as a share of the largest value it can have.
    pub(crate) fn cramers_v(&self) -> f64 {
        let all = self.totals.0 + self.totals.1;
        (self.chi_square().statistic / all).sqrt()
    }

    fn shares(&self) -> impl Iterator<Item = (f64, f64)> {
        self.pairs.iter().map(|(a, b)| (a / self.totals.0, b / self.totals.1))
    }

    /// Returns half the sum of the absolute differences of the shares.
    pub(crate) fn total_variation(&self) -> f64 {
        self.shares().map(|(p, q)| (p - q).abs()).sum::<f64>() / 2.0
    }

    /// Returns the square root of the Jensen-Shannon divergence to base 2: from 0 to 1.
    pub(crate) fn jensen_shannon(&self) -> f64 {
        let part = |p: f64, mean: f64| if p > 0.0 { p * (p / mean).log2() } else { 0.0 };
        let sum: f64 = self
            .shares()
            .map(|(p, q)| part(p, f64::midpoint(p, q)) + part(q, f64::midpoint(p, q)))
            .sum();
        (sum.max(0.0) / 2.0).sqrt()
    }

    /// Returns the population stability index `Σ (p - q) ln(p / q)`, shares below `floor` lifted to it.
    pub(crate) fn population_stability(&self, floor: f64) -> f64 {
        let lifted = self.shares().map(|(p, q)| (p.max(floor), q.max(floor)));
        lifted.map(|(p, q)| (p - q) * (p / q).ln()).sum()
    }

    /// Returns how much sampling alone lifts the total variation distance above the truth, at most:
    /// half the sum of the standard errors of the differences of shares, where `1/n` is each side's
    /// given `per_value`.
    pub(crate) fn total_variation_bias(&self, per_value: (f64, f64)) -> f64 {
        let error = |(p, q): (f64, f64)| {
            (p * (1.0 - p) * per_value.0 + q * (1.0 - q) * per_value.1).max(0.0).sqrt()
        };
        self.shares().map(error).sum::<f64>() / 2.0
    }
}
