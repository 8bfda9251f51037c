//! Tests of the counts of two samples.

use super::gamma::{deviance, gamma_q};
use super::random::SplitMix;
use super::{Alternative, Counts, PMethod, Probability, fisher_exact};

/// Up to this many values p-values are simulated where the law of chi-square does not hold.
const MOST_DEALT: u64 = 10_000;

/// How often the values are dealt.
const DEALS: u32 = 1_999;

/// A statistic of a table of counts, with the law it has for many values.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ChiSquare {
    /// Its value.
    pub statistic: f64,
    /// Degrees of freedom: categories less 1.
    pub degrees: f64,
    /// The smallest count that equal shares would make expect.
    pub least_expected: f64,
}

impl ChiSquare {
    /// Returns the p-value of the limiting chi-square law; 1 with a single category.
    pub fn p(&self) -> Probability {
        if self.degrees == 0.0 {
            return Probability::ONE;
        }
        gamma_q(self.degrees / 2.0, self.statistic / 2.0)
    }
}

impl Counts {
    /// Returns Pearson's chi-square of the 2 by k table, without continuity correction.
    pub fn chi_square(&self) -> ChiSquare {
        self.power(|observed, expected| (observed - expected).powi(2) / expected)
    }

    /// Returns Pearson's chi-square with the continuity correction of Yates (1934), which applies to two categories: each
    /// difference is brought nearer to 0 by up to one half.
    pub fn yates(&self) -> ChiSquare {
        let correction = if self.categories() == 2 { 0.5 } else { 0.0 };
        self.power(|observed, expected| {
            let difference = (observed - expected).abs();
            (difference - difference.min(correction)).powi(2) / expected
        })
    }

    /// Returns the likelihood ratio statistic `G = 2 Σ o ln(o / e)` (Wilks, 1938), without continuity correction.
    pub fn g_test(&self) -> ChiSquare {
        // With e - o added, which sums to 0, each part is at least 0 and nothing cancels.
        self.power(|observed, expected| 2.0 * deviance(observed, expected))
    }

    fn power(&self, part: impl Fn(f64, f64) -> f64) -> ChiSquare {
        let (mut statistic, mut least) = (0.0, f64::INFINITY);
        for (observed, expected) in self.cells() {
            statistic += part(observed, expected);
            least = least.min(expected);
        }
        ChiSquare { statistic, degrees: (self.categories() - 1) as f64, least_expected: least }
    }

    /// Returns each cell's count with the count that equal shares would make expect.
    fn cells(&self) -> impl Iterator<Item = (f64, f64)> {
        let totals = self.totals();
        let all = totals.0 + totals.1;
        self.pairs.iter().flat_map(move |(a, b)| {
            let both = (a + b) as f64;
            [(*a as f64, both * totals.0 / all), (*b as f64, both * totals.1 / all)]
        })
    }

    /// Returns Cramér's V (1946): the square root of chi-square as a share of the largest value it can have, from 0 to 1.
    pub fn cramers_v(&self) -> f64 {
        let all = self.totals().0 + self.totals().1;
        (self.chi_square().statistic / all).sqrt()
    }

    /// Whether the law of chi-square holds by Cochran's rule (1954): every expected count at least 1, and at most a fifth
    /// of them below 5.
    pub fn meets_cochrans_rule(&self) -> bool {
        let expected: Vec<f64> = self.cells().map(|(_, expected)| expected).collect();
        let small = expected.iter().filter(|count| **count < 5.0).count();
        expected.iter().all(|count| *count >= 1.0) && small * 5 <= expected.len()
    }

    /// Returns the p-value of "both samples have the same shares", and how it was computed.
    ///
    /// From the limiting law of Pearson's chi-square where [Cochran's rule](Self::meets_cochrans_rule) is met. Else, with
    /// two categories, by [Fisher's exact test](fisher_exact); with more, up to 10,000 values, from 1,999 seeded deals of
    /// the values to the samples, `(1 + as extreme) / 2,000` (Davison and Hinkley, 1997, eq. 4.11), the same in every run;
    /// beyond, from the limiting law after the rarest categories were put together until the rule is met.
    pub fn p(&self) -> (Probability, PMethod) {
        if self.meets_cochrans_rule() {
            return (self.chi_square().p(), PMethod::Asymptotic);
        }
        if let [(a, b), (c, d)] = self.pairs[..] {
            return (fisher_exact([[a, b], [c, d]], Alternative::TwoSided), PMethod::Exact);
        }
        let values: u64 = self.pairs.iter().map(|(a, b)| a + b).sum();
        if values <= MOST_DEALT && self.categories() > 1 {
            return (self.simulated_p(), PMethod::Simulated);
        }
        (self.pooled().chi_square().p(), PMethod::Asymptotic)
    }

    fn simulated_p(&self) -> Probability {
        let observed = self.chi_square().statistic;
        let categories = self.pairs.iter().enumerate();
        let mut values: Vec<usize> =
            categories.flat_map(|(i, (a, b))| std::iter::repeat_n(i, (a + b) as usize)).collect();
        let dealt = self.totals().0 as usize;
        let mut random = SplitMix::new(0);
        let mut as_extreme = 0_u32;
        for _ in 0..DEALS {
            let mut counts: Vec<(u64, u64)> = self.pairs.iter().map(|(a, b)| (0, a + b)).collect();
            for index in 0..dealt {
                let other = index + random.below((values.len() - index) as u64) as usize;
                values.swap(index, other);
                counts[values[index]].0 += 1;
                counts[values[index]].1 -= 1;
            }
            let drawn = Self { pairs: counts, ..self.clone() };
            as_extreme += u32::from(drawn.chi_square().statistic >= observed * (1.0 - 1e-12));
        }
        Probability::new(f64::from(1 + as_extreme) / f64::from(1 + DEALS))
    }

    /// Puts the rarest categories together until Cochran's rule is met, or one category is left.
    fn pooled(&self) -> Self {
        let mut pooled = self.clone();
        pooled.pairs.sort_by_key(|(a, b)| std::cmp::Reverse(a + b));
        while pooled.categories() > 1 && !pooled.meets_cochrans_rule() {
            let (a, b) = pooled.pairs.pop().unwrap_or_default();
            if let Some(last) = pooled.pairs.last_mut() {
                *last = (last.0 + a, last.1 + b);
            }
            pooled.pairs.sort_by_key(|(a, b)| std::cmp::Reverse(a + b));
        }
        pooled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_categories_get_a_p_value_that_holds() {
        // Three categories of a few values each: all 2,520 tables with these margins, weighted, give 0.2.
        let counts = Counts::new([(3, 0), (1, 2), (1, 2)]).unwrap();
        let (p, method) = counts.p();
        assert_eq!(method, PMethod::Simulated);
        // Deals with a chi-square of at least 4.4 - by counting: (3,1,1) and its like on either side.
        let ways = |a: u64, b: u64, c: u64| {
            let choose = |k: u64| [1.0, 3.0, 3.0, 1.0][k as usize];
            choose(a) * choose(b) * choose(c)
        };
        let observed = counts.chi_square().statistic;
        let (mut extreme, mut all) = (0.0, 0.0);
        for a in 0..=3 {
            for b in 0..=3 {
                for c in (0..=3).filter(|c| a + b + c == 5) {
                    let table = Counts::new([(a, 3 - a), (b, 3 - b), (c, 3 - c)]).unwrap();
                    all += ways(a, b, c);
                    if table.chi_square().statistic >= observed - 1e-9 {
                        extreme += ways(a, b, c);
                    }
                }
            }
        }
        let exact: f64 = extreme / all;
        let error = (exact * (1.0 - exact) / f64::from(DEALS)).sqrt();
        assert!((p.value() - exact).abs() < 5.0 * error, "{} {exact}", p.value());
        assert_eq!(counts.p().0, p, "the same in every run");
    }

    #[test]
    fn the_rarest_categories_are_put_together_in_large_samples() {
        let mut pairs = vec![(500_000, 500_100), (400_000, 399_900)];
        pairs.extend((0..30).map(|i| (i % 2, 1 - i % 2)));
        let (p, method) = Counts::new(pairs).unwrap().p();
        assert_eq!(method, PMethod::Asymptotic);
        assert!(p.value() > 0.5);
    }
}
