//! P-values of the two-sample Kolmogorov-Smirnov distance.

use super::ks_law::two_sided_sf;
use super::{Alternative, Gap, Probability};

/// The most lattice points that an exact law is summed over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PathLimit(pub(crate) u128);

impl PathLimit {
    pub(crate) const DEFAULT: Self = Self(10_000_000);
}

/// Returns the two-sided p-value of the distance between two sorted samples, and whether it is exact.
///
/// Exact means given the ties; where that is too costly, the law of the one-sample distance of
/// `n1 n2 / (n1 + n2)` values stands in, which ignores ties and is then conservative.
pub(crate) fn ks_p(gap: &Gap, first: &[u64], second: &[u64]) -> (Probability, bool) {
    let ends = tie_ends(first, second);
    match exact_p(gap, Alternative::TwoSided, &ends, PathLimit::DEFAULT) {
        Some(p) => (p, true),
        None => (asymptotic_p(gap), false),
    }
}

/// Returns the share of all ways to deal the pooled values to two samples that have at least this distance.
pub(crate) fn exact_p(
    gap: &Gap,
    alternative: Alternative,
    ends: &[bool],
    limit: PathLimit,
) -> Option<Probability> {
    if ends.iter().all(|end| *end) {
        return exact_p_ignoring_ties(gap, alternative, limit);
    }
    let points = u128::from(gap.n1) * u128::from(gap.n2);
    (points <= limit.0).then(|| lattice_p(gap, alternative, Some(ends)))
}

/// As [`exact_p`] for samples without ties.
pub(crate) fn exact_p_ignoring_ties(
    gap: &Gap,
    alternative: Alternative,
    limit: PathLimit,
) -> Option<Probability> {
    let points = u128::from(gap.n1) * u128::from(gap.n2);
    let band = match alternative {
        Alternative::TwoSided => 2 * gap.of(alternative) + u128::from(gap.n1),
        _ => points,
    };
    if gap.n1 == gap.n2 && points > 1_000_000 {
        return Some(equal_sizes_p(gap, alternative));
    }
    (band.min(points) <= limit.0).then(|| lattice_p(gap, alternative, None))
}

/// For each count of pooled values, whether the value after them is another one.
pub(crate) fn tie_ends(first: &[u64], second: &[u64]) -> Vec<bool> {
    let total = first.len() + second.len();
    let mut ends = vec![false; total + 1];
    let (mut i, mut j) = (0, 0);
    while i + j < total {
        let key = match (first.get(i), second.get(j)) {
            (Some(a), Some(b)) => *a.min(b),
            (Some(key), None) | (None, Some(key)) => *key,
            (None, None) => break,
        };
        while first.get(i) == Some(&key) {
            i += 1;
        }
        while second.get(j) == Some(&key) {
            j += 1;
        }
        ends[i + j] = true;
    }
    ends[0] = true;
    ends
}

/// Sums over the lattice of paths from (0, 0) to (n1, n2): the share of paths to each point that have
/// been at the distance before. Adding only positive numbers, it keeps full relative precision.
///
/// Without `ends` ties are ignored; then only points nearer than the distance need computing.
pub(crate) fn lattice_p(gap: &Gap, alternative: Alternative, ends: Option<&[bool]>) -> Probability {
    let distance = gap.of(alternative);
    if distance == 0 {
        return Probability::ONE;
    }
    let (n1, n2) = (gap.n1 as usize, gap.n2 as usize);
    let shares: Vec<f64> = (0..=n1 + n2).map(|steps| 1.0 / steps.max(1) as f64).collect();
    // The points of row i that are nearer than the distance, from the first to before the last.
    let near = |i: usize| {
        let (on, width) = (i as u128 * n2 as u128, n1 as u128);
        let first = match alternative {
            Alternative::Less => 0,
            _ if on < distance => 0,
            _ => (on - distance) / width + 1,
        };
        let end = match alternative {
            Alternative::Greater => n2 as u128 + 1,
            _ => (on + distance).div_ceil(width),
        };
        (first as usize, end.min(n2 as u128 + 1) as usize)
    };
    let mut row = vec![1.0; n2 + 1];
    let (mut start, _) = near(0);
    for i in 0..=n1 {
        let (first, end) = near(i);
        let computed = if ends.is_some() { 0..n2 + 1 } else { first..end };
        if ends.is_none() {
            row[start.min(first)..first].fill(1.0);
            start = first;
        }
        for j in computed {
            let is_far = j < first || j >= end;
            row[j] = if is_far && ends.is_none_or(|ends| ends[i + j]) {
                1.0
            } else {
                match (i, j) {
                    (0, 0) => 0.0,
                    (0, _) => row[j - 1],
                    (_, 0) => row[0],
                    _ => (row[j] * i as f64 + row[j - 1] * j as f64) * shares[i + j],
                }
            };
        }
    }
    Probability::new(row[n2])
}

/// The closed form for samples of one size, ignoring ties: with `h = n D`, one-sided
/// `C(2n, n - h) / C(2n, n)` and two-sided `2 Σ (-1)^(k-1) C(2n, n - kh) / C(2n, n)`, nested from the last
/// term on so that nothing cancels.
pub(crate) fn equal_sizes_p(gap: &Gap, alternative: Alternative) -> Probability {
    let n = gap.n1;
    let h = u64::try_from(gap.of(alternative) / u128::from(n)).unwrap_or(u64::MAX);
    if h == 0 {
        return Probability::ONE;
    }
    if alternative != Alternative::TwoSided {
        return Probability::from_ln(ln_binomial_ratio(n, 0, h));
    }
    let mut rest = Probability::ZERO;
    for k in (0..n / h).rev() {
        let ln_ratio = ln_binomial_ratio(n, k * h, h);
        rest = Probability::from_ln(ln_ratio + (-rest.value()).ln_1p());
    }
    rest.doubled()
}

/// Returns `ln [C(2n, n - start - h) / C(2n, n - start)]`.
fn ln_binomial_ratio(n: u64, start: u64, h: u64) -> f64 {
    let (mut ln, mut product) = (0.0, 1.0);
    for j in 0..h {
        product *= (n - start - j) as f64 / (n + start + j + 1) as f64;
        if product < 1e-200 {
            ln += f64::ln(product);
            product = 1.0;
        }
    }
    ln + f64::ln(product)
}

/// The law of the one-sample distance of `n1 n2 / (n1 + n2)` values, rounded half to even.
pub(crate) fn asymptotic_p(gap: &Gap) -> Probability {
    let (n1, n2) = (gap.n1 as f64, gap.n2 as f64);
    let n = (n1 * n2 / (n1 + n2)).round_ties_even().max(1.0);
    two_sided_sf(gap.distance(), n)
}

/// The one-sided limit with Hodges' correction for the sizes ("The significance probability of the Smirnov
/// two-sample test", 1958, eq. 5.3).
pub(crate) fn hodges_p(gap: &Gap, distance: f64) -> Probability {
    let (large, small) = (gap.n1.max(gap.n2) as f64, gap.n1.min(gap.n2) as f64);
    let z = (large * small / (large + small)).sqrt() * distance;
    let correction = (large + 2.0 * small) / (large * small * (large + small)).sqrt() / 3.0;
    Probability::from_ln(-2.0 * z * z - 2.0 * z * correction)
}
