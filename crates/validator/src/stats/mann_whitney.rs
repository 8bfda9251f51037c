//! Mann and Whitney's test of ranks.

use std::f64::consts::TAU;

use super::gamma::normal_sf;
use super::ranks::tie_groups;
use super::{Alternative, PMethod, Probability, Sample};

/// The largest logarithm of a number of ways that is counted in 128 bits.
const LARGEST_LN_COUNT: f64 = 88.0;

/// The most steps of an exact count.
const MOST_STEPS: usize = 100_000_000;

/// Up to this size of the smaller sample the exact law is the default, as in scipy.
const SMALL: usize = 8;

/// Asks whether values of one sample tend to be larger than those of the other (Mann and Whitney, 1947; Wilcoxon, 1945);
/// `None` if either is empty.
///
/// ```
/// use reenact_validator::stats::{Alternative, Sample, mann_whitney};
///
/// let found = mann_whitney(
///     &Sample::new([1.0, 2.0, 3.0, 4.0, 5.0]),
///     &Sample::new([6.0, 7.0, 8.0, 9.0, 10.0]),
/// )
/// .expect("both have values");
/// assert_eq!((found.u(), found.superiority()), (0.0, 0.0));
/// assert!((found.p(Alternative::TwoSided).0.value() - 2.0 / 252.0).abs() < 1e-15);
/// ```
pub fn mann_whitney(first: &Sample, second: &Sample) -> Option<MannWhitney> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let groups = tie_groups(first.keys(), second.keys());
    // Twice the number of pairs in which the first sample's value is the larger, ties counted half.
    let (mut doubled, mut below) = (0_u128, 0);
    for (ours, theirs) in &groups {
        doubled += u128::from(*ours) * u128::from(2 * below + theirs);
        below += theirs;
    }
    Some(MannWhitney { doubled_u: doubled, n1: first.len(), n2: second.len(), groups })
}

/// Mann and Whitney's `U` and its p-values.
#[derive(Debug, Clone, PartialEq)]
pub struct MannWhitney {
    doubled_u: u128,
    n1: usize,
    n2: usize,
    /// How often each distinct value occurs in both samples, ascending.
    groups: Vec<(u64, u64)>,
}

impl MannWhitney {
    /// Returns the number of pairs in which the first sample's value is the larger; a tie counts half.
    pub fn u(&self) -> f64 {
        self.doubled_u as f64 / 2.0
    }

    /// Returns the effect size: the share of such pairs, 0.5 where neither sample tends to be larger (`McGraw` and Wong's
    /// common-language effect size, 1992; Vargha and Delaney's A, 2000).
    pub fn superiority(&self) -> f64 {
        self.u() / self.pairs()
    }

    /// Returns the p-value as scipy's `method="auto"` chooses it: exact without ties where a sample has at most 8
    /// values, else by the normal limit.
    pub fn p(&self, alternative: Alternative) -> (Probability, PMethod) {
        let small = self.n1.min(self.n2) <= SMALL && !self.has_ties();
        match small.then(|| self.exact_p_ignoring_ties(alternative)).flatten() {
            Some(p) => (p, PMethod::Exact),
            None => (self.asymptotic_p(alternative, true), PMethod::Asymptotic),
        }
    }

    /// Returns the p-value of the normal limit, its variance corrected for ties, by default with a continuity
    /// correction of one half. 1 if all values are equal.
    pub fn asymptotic_p(&self, alternative: Alternative, continuity: bool) -> Probability {
        let all = (self.n1 + self.n2) as f64;
        let ties: f64 = self
            .groups
            .iter()
            .map(|group| {
                let size = (group.0 + group.1) as f64;
                size * (size * size - 1.0)
            })
            .sum();
        let variance = self.pairs() / 12.0 * ((all + 1.0) - ties / (all * (all - 1.0)));
        let tail = |u: f64| {
            let excess = u - self.pairs() / 2.0 - if continuity { 0.5 } else { 0.0 };
            normal_sf(excess / variance.sqrt())
        };
        if self.groups.len() == 1 {
            return Probability::ONE;
        }
        match alternative {
            Alternative::Greater => tail(self.u()),
            Alternative::Less => tail(self.pairs() - self.u()),
            Alternative::TwoSided => tail(self.u().max(self.pairs() - self.u())).doubled(),
        }
    }

    /// Returns the exact p-value as if no value occurred twice; `U` is rounded down, which is conservative. `None` where
    /// the ways to deal the ranks are too many to count: more than 2^127, or 100,000,000 steps.
    pub fn exact_p_ignoring_ties(&self, alternative: Alternative) -> Option<Probability> {
        let pairs = self.n1 * self.n2;
        let (first, second) = (
            usize::try_from(self.doubled_u / 2).ok()?,
            usize::try_from((2 * pairs as u128 - self.doubled_u) / 2).ok()?,
        );
        let law = RankLaw::new(self.n1, self.n2)?;
        Some(match alternative {
            Alternative::Greater => law.at_least(first),
            Alternative::Less => law.at_least(second),
            Alternative::TwoSided => law.at_least(first.max(second)).doubled(),
        })
    }

    /// Returns the exact p-value given the ties: the share of all ways to deal the pooled values to the two samples with
    /// a `U` at least as extreme; two-sided, twice the smaller tail. `None` where that is too much to count.
    pub fn exact_p(&self, alternative: Alternative) -> Option<Probability> {
        if !self.has_ties() {
            return self.exact_p_ignoring_ties(alternative);
        }
        let counts = tied_counts(&self.groups, self.n1)?;
        let observed = usize::try_from(self.doubled_u).ok()?;
        let all: u128 = counts.iter().sum();
        let share = |part: &[u128]| Probability::new(part.iter().sum::<u128>() as f64 / all as f64);
        let (less, greater) = (share(&counts[..=observed]), share(&counts[observed..]));
        Some(match alternative {
            Alternative::Less => less,
            Alternative::Greater => greater,
            Alternative::TwoSided => less.least(greater).doubled(),
        })
    }

    fn has_ties(&self) -> bool {
        self.groups.len() < self.n1 + self.n2
    }

    fn pairs(&self) -> f64 {
        self.n1 as f64 * self.n2 as f64
    }
}

/// The law of `U` without ties: how many ways there are to reach each value up to half of the largest.
struct RankLaw {
    cumulated: Vec<u128>,
    all: f64,
    pairs: usize,
}

impl RankLaw {
    /// Multiplies out the Gaussian binomial coefficient, whose coefficients the numbers of ways are. Arithmetic modulo
    /// 2^128 makes the steps between exact too, though some of them are out of range.
    fn new(n1: usize, n2: usize) -> Option<Self> {
        let (small, large) = (n1.min(n2), n1.max(n2));
        let pairs = small.checked_mul(large)?;
        let steps = pairs.checked_mul(small)?;
        if ln_choose(n1 + n2, small) > LARGEST_LN_COUNT || steps > MOST_STEPS {
            return None;
        }
        let mut ways = vec![0_u128; pairs / 2 + 1];
        ways[0] = 1;
        for part in 1..=small {
            for u in (large + part..ways.len()).rev() {
                ways[u] = ways[u].wrapping_sub(ways[u - large - part]);
            }
            for u in part..ways.len() {
                ways[u] = ways[u].wrapping_add(ways[u - part]);
            }
        }
        let mut sum = 0_u128;
        for count in &mut ways {
            sum += *count;
            *count = sum;
        }
        // Both halves hold the same; an even number of pairs has a middle, which is counted once.
        let middle = ways.last().copied()?;
        let below = ways.len().checked_sub(2).map_or(0, |index| ways[index]);
        let all = if pairs % 2 == 0 { middle + below } else { 2 * middle };
        Some(Self { cumulated: ways, all: all as f64, pairs })
    }

    fn at_least(&self, u: usize) -> Probability {
        // By symmetry: as often at least u as at most pairs - u.
        let Some(most) = self.pairs.checked_sub(u) else { return Probability::ZERO };
        match self.cumulated.get(most) {
            Some(ways) => Probability::new(*ways as f64 / self.all),
            None if u == 0 => Probability::ONE,
            None => Probability::new(self.cumulated[u - 1] as f64 / self.all).complement(),
        }
    }
}

/// Returns in how many ways each value of `2 U` can come about when the pooled values are dealt to the samples.
fn tied_counts(groups: &[(u64, u64)], n1: usize) -> Option<Vec<u128>> {
    let all: usize = groups.iter().map(|group| (group.0 + group.1) as usize).sum();
    let n2 = all - n1;
    let largest = 2 * n1 * n2;
    let steps = groups.len().checked_mul(n1)?.checked_mul(largest)?;
    if ln_choose(all, n1) > LARGEST_LN_COUNT || steps > MOST_STEPS {
        return None;
    }
    // By how many of the values so far went to the first sample, and 2 U.
    let mut ways = vec![vec![0_u128; largest + 1]; n1 + 1];
    ways[0][0] = 1;
    let mut before = 0;
    for group in groups {
        let size = (group.0 + group.1) as usize;
        let mut next = vec![vec![0_u128; largest + 1]; n1 + 1];
        for taken in 0..=n1.min(before) {
            let others = before - taken;
            for more in 0..=size.min(n1 - taken) {
                let choices = choose(size as u64, more as u64);
                let gain = more * (2 * others + (size - more));
                for (doubled, count) in ways[taken].iter().enumerate() {
                    if *count > 0 {
                        next[taken + more][doubled + gain] += count * choices;
                    }
                }
            }
        }
        ways = next;
        before += size;
    }
    ways.pop()
}

/// Returns how many ways there are to choose; the callers have checked that it fits.
fn choose(n: u64, k: u64) -> u128 {
    (0..k).fold(1, |ways, i| ways * u128::from(n - i) / u128::from(i + 1))
}

/// Returns the logarithm of the number of ways to choose, by Stirling's formula.
fn ln_choose(n: usize, k: usize) -> f64 {
    let ln_factorial = |n: usize| {
        let n = n as f64;
        if n < 1.0 { 0.0 } else { n * n.ln() - n + 0.5 * (TAU * n).ln() }
    };
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way to deal the pooled values to two samples, and the share at least as extreme.
    fn enumerated(first: &[f64], second: &[f64], alternative: Alternative) -> f64 {
        let pooled: Vec<f64> = first.iter().chain(second).copied().collect();
        let u = |mask: u32| -> f64 {
            let side = |ours: bool| {
                pooled.iter().enumerate().filter(move |(i, _)| (mask >> i & 1 == 1) == ours)
            };
            side(true)
                .flat_map(|(_, a)| side(false).map(move |(_, b)| (a, b)))
                .map(|(a, b)| {
                    if a > b {
                        1.0
                    } else if a == b {
                        0.5
                    } else {
                        0.0
                    }
                })
                .sum()
        };
        let observed = u((1 << first.len()) - 1);
        let all: Vec<f64> = (0..1_u32 << pooled.len())
            .filter(|mask| mask.count_ones() as usize == first.len())
            .map(u)
            .collect();
        let share = |holds: &dyn Fn(f64) -> bool| {
            all.iter().filter(|u| holds(**u)).count() as f64 / all.len() as f64
        };
        let (less, greater) = (share(&|u| u <= observed), share(&|u| u >= observed));
        match alternative {
            Alternative::Less => less,
            Alternative::Greater => greater,
            Alternative::TwoSided => (2.0 * less.min(greater)).min(1.0),
        }
    }

    #[test]
    fn exact_p_is_the_share_of_all_deals() {
        let samples: [(&[f64], &[f64]); 4] = [
            (&[1.0, 2.0, 2.0, 5.0], &[2.0, 3.0, 5.0]),
            (&[0.0, 0.0, 1.0], &[1.0, 1.0, 1.0, 0.0, 2.0]),
            (&[1.0, 4.0, 6.0, 7.5], &[2.0, 3.0, 5.0, 8.0, 9.0]),
            (&[3.0], &[3.0, 3.0]),
        ];
        for (first, second) in samples {
            let found = mann_whitney(
                &Sample::new(first.iter().copied()),
                &Sample::new(second.iter().copied()),
            )
            .unwrap();
            for alternative in [Alternative::TwoSided, Alternative::Less, Alternative::Greater] {
                let p = found.exact_p(alternative).unwrap().value();
                let expected = enumerated(first, second, alternative);
                assert!((p - expected).abs() < 1e-14, "{first:?} {second:?} {alternative:?}");
            }
        }
    }
}
