//! P-values of the two-sample Kolmogorov-Smirnov distance.

use super::Probability;
use super::ks_law::two_sided_sf;
use super::order::Gap;

/// Up to this `n1 * n2` the exact law is summed over the lattice, given the ties in the data.
const LARGEST_LATTICE: u128 = 10_000_000;

/// Returns the p-value of the distance between two sorted samples, and whether it is exact.
///
/// Exact means: among all ways to deal the pooled values, ties and all, to two samples of these
/// sizes, the share that has at least this distance. Up to 10,000,000 pairs it is counted; beyond,
/// only for samples of one size without ties, for which there is a closed form. Otherwise the law of
/// the one-sample distance of `n1 n2 / (n1 + n2)` values stands in, which ignores ties and is then
/// conservative.
pub(crate) fn ks_p(gap: &Gap, first: &[u64], second: &[u64]) -> (Probability, bool) {
    let ends = tie_ends(first, second);
    let ties = ends.iter().any(|end| !end);
    if u128::from(gap.n1) * u128::from(gap.n2) <= LARGEST_LATTICE {
        (lattice_p(gap, Some(&ends)), true)
    } else if gap.n1 == gap.n2 && !ties {
        (equal_sizes_p(gap), true)
    } else {
        (asymptotic_p(gap), false)
    }
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
/// Without `ends` ties are ignored.
pub(crate) fn lattice_p(gap: &Gap, ends: Option<&[bool]>) -> Probability {
    let distance = gap.above.max(gap.below);
    if distance == 0 {
        return Probability::ONE;
    }
    let (n1, n2) = (gap.n1 as usize, gap.n2 as usize);
    let shares: Vec<f64> = (0..=n1 + n2).map(|steps| 1.0 / steps.max(1) as f64).collect();
    let far = |i: usize, j: usize| {
        let checked = ends.is_none_or(|ends| ends[i + j]);
        checked && (i as u128 * n2 as u128).abs_diff(j as u128 * n1 as u128) >= distance
    };
    let mut row = vec![0.0; n2 + 1];
    for j in 1..=n2 {
        row[j] = if far(0, j) { 1.0 } else { row[j - 1] };
    }
    for i in 1..=n1 {
        row[0] = if far(i, 0) { 1.0 } else { row[0] };
        for j in 1..=n2 {
            row[j] = if far(i, j) {
                1.0
            } else {
                (row[j] * i as f64 + row[j - 1] * j as f64) * shares[i + j]
            };
        }
    }
    Probability::new(row[n2])
}

/// The closed form for samples of one size, ignoring ties: `2 Σ (-1)^(k-1) C(2n, n - kh) / C(2n, n)`
/// with `h = n D`, nested from the last term on so that nothing cancels.
pub(crate) fn equal_sizes_p(gap: &Gap) -> Probability {
    let n = gap.n1;
    let h = u64::try_from(gap.above.max(gap.below) / u128::from(n)).unwrap_or(u64::MAX);
    if h == 0 {
        return Probability::ONE;
    }
    let mut rest = Probability::from_ln(f64::NEG_INFINITY);
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
