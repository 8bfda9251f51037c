//! Cramér and von Mises' test of two samples.

use super::ranks::tie_groups;
use super::weighted_chi_square::cramer_von_mises_sf;
use super::{PMethod, Probability, Sample};

/// Up to this size of the larger sample the exact law is the default, as in scipy.
const SMALL: u64 = 20;

/// The most values of the statistic that an exact count keeps at a time.
const MOST_VALUES: usize = 2_000_000;

/// Compares two distribution functions by their mean squared distance (Anderson, "On the distribution of the two-sample
/// Cramér-von Mises criterion", 1962); `None` unless both samples have two values.
///
/// ```
/// use reenact_validator::stats::{Sample, cramer_von_mises};
///
/// let first = Sample::new([1.0, 2.0, 3.0, 4.0]);
/// let second = Sample::new([5.0, 6.0, 7.0, 8.0]);
/// let found = cramer_von_mises(&first, &second).expect("both have values");
/// // Of the 70 ways to deal eight values, two separate them wholly.
/// assert!((found.p().0.value() - 2.0 / 70.0).abs() < 1e-15);
/// ```
pub fn cramer_von_mises(first: &Sample, second: &Sample) -> Option<CramerVonMises> {
    let (n1, n2) = (first.len() as u64, second.len() as u64);
    if n1 < 2 || n2 < 2 {
        return None;
    }
    // Four times n1 Σ (r - i)² + n2 Σ (s - j)², with midranks r and s in the pooled sample: an integer.
    let mut quadrupled = 0_u128;
    let (mut i, mut j) = (0, 0);
    for (ours, theirs) in tie_groups(first.keys(), second.keys()) {
        // Twice the midrank of a group is twice the values below it, plus its size, plus 1.
        let doubled_rank = 2 * (i + j) + ours + theirs + 1;
        let squares = |from: u64, count: u64| -> u128 {
            let distance = |rank: u64| u128::from(doubled_rank.abs_diff(2 * rank)).pow(2);
            (from + 1..=from + count).map(distance).sum()
        };
        quadrupled += u128::from(n1) * squares(i, ours) + u128::from(n2) * squares(j, theirs);
        i += ours;
        j += theirs;
    }
    Some(CramerVonMises { quadrupled, n1, n2 })
}

/// Cramér and von Mises' statistic and its p-values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CramerVonMises {
    quadrupled: u128,
    n1: u64,
    n2: u64,
}

impl CramerVonMises {
    /// Returns `T`: `n1 n2 / (n1 + n2)²` times the sum of the squared distances at all values; with ties, by midranks.
    pub fn statistic(&self) -> f64 {
        let (pairs, all) = (self.pairs(), self.all());
        // The two terms cancel, so they are brought to one denominator as integers.
        let whole = 12 * pairs * all;
        let taken = 2 * (4 * pairs - 1) * pairs;
        let numerator = (3 * self.quadrupled).cast_signed() - taken.cast_signed();
        numerator as f64 / whole as f64
    }

    /// Returns the p-value as scipy's `method="auto"` chooses it: exact where both samples have at most 20 values.
    pub fn p(&self) -> (Probability, PMethod) {
        let small = self.n1.max(self.n2) <= SMALL;
        match small.then(|| self.exact_p()).flatten() {
            Some(p) => (p, PMethod::Exact),
            None => (self.asymptotic_p(), PMethod::Asymptotic),
        }
    }

    /// Returns the p-value of the limiting law, for the statistic brought to the limit's mean 1/6 and variance 1/45
    /// (Anderson, 1962).
    pub fn asymptotic_p(&self) -> Probability {
        let (pairs, all) = (self.pairs() as f64, self.all() as f64);
        let (n1, n2) = (self.n1 as f64, self.n2 as f64);
        let mean = (1.0 + 1.0 / all) / 6.0;
        let variance = (all + 1.0) * (4.0 * pairs * all - 3.0 * (n1 * n1 + n2 * n2) - 2.0 * pairs)
            / (45.0 * all * all * 4.0 * pairs);
        cramer_von_mises_sf(1.0 / 6.0 + (self.statistic() - mean) / (45.0 * variance).sqrt())
    }

    /// Returns the exact p-value, as if no value occurred twice: the share of all ways to deal the ranks to the samples
    /// with at least this statistic (Xiao, Gordon and Yakovlev, 2007). `None` where there are too many values to count.
    pub fn exact_p(&self) -> Option<Probability> {
        let (n1, n2) = (u128::from(self.n1), u128::from(self.n2));
        let common = n1 / gcd(n1, n2) * n2;
        let (a, b) = (common / n1, common / n2);
        let pairs = self.pairs();
        // Σ (a v - b u)² over a path of ranks, from the statistic; rounded down where ties fall between.
        let excess = (6 * self.quadrupled).saturating_sub(4 * pairs * (4 * pairs - 1));
        let square = common.checked_pow(2)?.checked_mul(self.all())?;
        u64::try_from(square).ok()?;
        let wanted = u64::try_from(square.checked_mul(excess)? / (24 * pairs * pairs)).ok()?;
        let mut row: Vec<Law> = Vec::new();
        for u in 0..=n2 {
            for v in 0..=n1 {
                let own = (a * v).abs_diff(b * u).pow(2) as u64;
                let weight = |steps: u128| steps as f64 / (u + v).max(1) as f64;
                let cell = match (u, v) {
                    (0, 0) => vec![(0, 1.0)],
                    _ => mixed(
                        row.get(v as usize).filter(|_| u > 0).map_or(&[], Vec::as_slice),
                        weight(u),
                        row.get((v as usize).wrapping_sub(1)).map_or(&[], Vec::as_slice),
                        weight(v),
                        own,
                    ),
                };
                if u == 0 { row.push(cell) } else { row[v as usize] = cell }
            }
            if row.iter().map(Vec::len).sum::<usize>() > MOST_VALUES {
                return None;
            }
        }
        let last = row.pop()?;
        let reached = last.iter().filter(|(value, _)| *value >= wanted);
        Some(Probability::new(reached.map(|(_, share)| share).sum()))
    }

    fn pairs(&self) -> u128 {
        u128::from(self.n1) * u128::from(self.n2)
    }

    fn all(&self) -> u128 {
        u128::from(self.n1 + self.n2)
    }
}

/// The values that a sum over paths can have, ascending, with the share of the paths that reach each.
type Law = Vec<(u64, f64)>;

/// Mixes two laws and shifts the result.
fn mixed(first: &[(u64, f64)], p: f64, second: &[(u64, f64)], q: f64, shift: u64) -> Law {
    let mut law = Law::with_capacity(first.len() + second.len());
    let (mut i, mut j) = (0, 0);
    while i < first.len() || j < second.len() {
        let one = first.get(i).map_or(u64::MAX, |entry| entry.0);
        let other = second.get(j).map_or(u64::MAX, |entry| entry.0);
        let value = one.min(other);
        let mut share = 0.0;
        if one == value {
            share += p * first[i].1;
            i += 1;
        }
        if other == value {
            share += q * second[j].1;
            j += 1;
        }
        law.push((value + shift, share));
    }
    law
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}
