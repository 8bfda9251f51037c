//! The law of the one-sample Kolmogorov-Smirnov distance for finite n.
//!
//! The two-sample distance of n1 and n2 values has nearly the law of the one-sample distance of
//! `n1 n2 / (n1 + n2)` values. Simard and L'Ecuyer ("Computing the two-sided Kolmogorov-Smirnov
//! distribution", 2011) say which formula is exact enough where; this follows their map, except
//! that up to 140 values the matrix of Marsaglia, Tsang and Wang also serves where they use Pomeranz.

use std::f64::consts::{FRAC_PI_2, LN_2, PI, TAU};

use super::Probability;
use super::gamma::{deviance, stirling_error};

/// Above this the sum over n terms is replaced by Maag and Dicaire's formula, as scipy does.
const LARGEST_SUM: f64 = 1e6;

/// How many terms of a long sum are computed at least, if they were spread evenly, and how many in the width of its hill.
const FEWEST_TERMS: f64 = 10_000.0;
const STEPS_PER_WIDTH: f64 = 8.0;

/// Returns the probability that the distance of `n` values from their law is at least `x`.
pub(crate) fn two_sided_sf(x: f64, n: f64) -> Probability {
    let t = n * x;
    let square = t * x;
    // The distance is never below 1 / (2n), and below 0.18 / sqrt(n) with probability 4e-16.
    if t <= 0.5 || square < 0.0324 && n > 140.0 {
        return Probability::ONE;
    }
    if x >= 1.0 {
        return Probability::from_ln(f64::NEG_INFINITY);
    }
    if t <= 1.0 {
        return Probability::new(1.0 - smallest(t, n));
    }
    if t >= n - 1.0 {
        return Probability::from_ln(LN_2 + n * (-x).ln_1p());
    }
    let doubled_tail_from = if n <= 140.0 { 4.0 } else { 2.2 };
    if x >= 0.5 || square > doubled_tail_from {
        return one_sided_sf(x, n).doubled();
    }
    let below = if n <= 140.0 || (n <= 1e5 && n * x.powf(1.5) <= 1.4) {
        matrix_cdf(x, n)
    } else {
        pelz_good_cdf(x, n)
    };
    Probability::new(1.0 - below)
}

/// The distribution function between `1/(2n)` and `1/n`: `n! (2x - 1/n)^n`.
fn smallest(t: f64, n: f64) -> f64 {
    // ln n! - n ln n, by Stirling's formula with its error.
    let ln_factor = 0.5 * (TAU * n).ln() - n + stirling_error(n);
    (ln_factor + n * (2.0 * t - 1.0).ln()).exp()
}

/// Returns the probability that the one-sided distance is at least `x`: Smirnov's sum.
pub(crate) fn one_sided_sf(x: f64, n: f64) -> Probability {
    if n > LARGEST_SUM {
        let root = 6.0 * n * x + 1.0;
        return Probability::from_ln(-root * root / (18.0 * n));
    }
    // x Σ C(n, j) (x + j/n)^(j-1) (1 - x - j/n)^(n-j): binomial probabilities times x / (x + j/n).
    smirnov_sum(x, n, sampled_step(x, n))
}

/// Returns how many terms of Smirnov's sum one of them may stand for.
///
/// As a function of `j / n` the terms are about `exp(-n x² / 2u(1 - u))`: a smooth hill that vanishes at both ends with all its
/// derivatives. The sum over each s-th of its terms, times s, then differs from the whole by the hill's Fourier transform at `2π / s`,
/// which is far below the precision of a double as long as s is small beside the hill's width, `sqrt(n) / 4x` at the top.
fn sampled_step(x: f64, n: f64) -> usize {
    if x >= 0.5 {
        return 1;
    }
    let width = n.sqrt() / (4.0 * x);
    ((n / FEWEST_TERMS).min(width / STEPS_PER_WIDTH) as usize).max(1)
}

fn smirnov_sum(x: f64, n: f64, step: usize) -> Probability {
    let last = (n * (1.0 - x)).floor() as u64;
    let ln_n = stirling_error(n) + 0.5 * (TAU * n).ln();
    let (mut largest, mut sum) = (f64::NEG_INFINITY, 0.0);
    for j in (0..=last).step_by(step) {
        let term = ln_term(j as f64, x, n, ln_n);
        if term > largest {
            sum = sum * (largest - term).exp() + 1.0;
            largest = term;
        } else {
            sum += (term - largest).exp();
        }
    }
    Probability::from_ln(largest + f64::ln(sum * step as f64))
}

fn ln_term(j: f64, x: f64, n: f64, ln_n: f64) -> f64 {
    let mean = j + n * x;
    let rest = n - mean;
    if rest <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let factorial = |k: f64| if k == 0.0 { 0.0 } else { stirling_error(k) + 0.5 * (TAU * k).ln() };
    let above = n - j;
    ln_n - factorial(j) - factorial(above) - deviance(j, mean) - deviance(above, rest)
        + (n * x / mean).ln()
}

/// The distribution function by the n-th power of Durbin's matrix (Marsaglia, Tsang and Wang, 2003).
fn matrix_cdf(x: f64, n: f64) -> f64 {
    let t = n * x;
    let k = t.ceil();
    let h = k - t;
    let size = 2 * (k as usize) - 1;
    let mut matrix = vec![0.0; size * size];
    for row in 0..size {
        for column in 0..size.min(row + 2) {
            matrix[row * size + column] = 1.0;
        }
    }
    for i in 0..size {
        let power = h.powi(i as i32 + 1);
        matrix[i * size] -= power;
        matrix[(size - 1) * size + (size - 1 - i)] -= power;
    }
    matrix[(size - 1) * size] +=
        if 2.0 * h > 1.0 { (2.0 * h - 1.0).powi(size as i32) } else { 0.0 };
    for row in 0..size {
        for column in 0..size.min(row + 1) {
            for divisor in 1..=(row - column + 1) {
                matrix[row * size + column] /= divisor as f64;
            }
        }
    }
    let (power, mut exponent) = matrix_power(&matrix, size, n as u64);
    let middle = (size - 1) / 2;
    let mut value = power[middle * size + middle];
    for i in 1..=(n as u64) {
        value *= i as f64 / n;
        if value < 1e-140 {
            value *= 1e140;
            exponent -= 140;
        }
    }
    value * 10f64.powi(exponent)
}

/// Returns a power of a matrix as a matrix and a power of ten that it is to be multiplied by.
fn matrix_power(matrix: &[f64], size: usize, exponent: u64) -> (Vec<f64>, i32) {
    let mut result: Option<(Vec<f64>, i32)> = None;
    let mut square = (matrix.to_vec(), 0);
    let mut rest = exponent;
    while rest > 0 {
        if rest & 1 == 1 {
            result = Some(match &result {
                None => square.clone(),
                Some(so_far) => scaled_product(so_far, &square, size),
            });
        }
        rest >>= 1;
        if rest > 0 {
            square = scaled_product(&square, &square, size);
        }
    }
    result.unwrap_or_else(|| (matrix.to_vec(), 0))
}

fn scaled_product(a: &(Vec<f64>, i32), b: &(Vec<f64>, i32), size: usize) -> (Vec<f64>, i32) {
    let mut product = vec![0.0; size * size];
    for row in 0..size {
        for inner in 0..size {
            let factor = a.0[row * size + inner];
            for column in 0..size {
                product[row * size + column] += factor * b.0[inner * size + column];
            }
        }
    }
    let mut exponent = a.1 + b.1;
    let middle = (size - 1) / 2;
    if product[middle * size + middle] > 1e140 {
        for value in &mut product {
            *value *= 1e-140;
        }
        exponent += 140;
    }
    (product, exponent)
}

/// The distribution function by the asymptotic expansion of Pelz and Good (1976), to the order n^-3/2.
fn pelz_good_cdf(x: f64, n: f64) -> f64 {
    let z = n.sqrt() * x;
    let (z2, pi2) = (z * z, PI * PI);
    let (z4, z6) = (z2 * z2, z2 * z2 * z2);
    let (mut k0, mut k1, mut k2, mut k3) = (0.0, 0.0, 0.0, 0.0);
    let (mut k2_whole, mut k3_whole) = (0.0, 0.0);
    // Each sum runs over all integers and is symmetric, so half of it is computed.
    for step in 0..30 {
        let half = f64::from(step) + 0.5;
        let (h2, weight) = (half * half, (-pi2 * half * half / (2.0 * z2)).exp());
        let h4 = h2 * h2;
        k0 += weight;
        k1 += (pi2 * h2 - z2) * weight;
        k2 += (6.0 * z6
            + 2.0 * z4
            + pi2 * (2.0 * z4 - 5.0 * z2) * h2
            + pi2 * pi2 * (1.0 - 2.0 * z2) * h4)
            * weight;
        k3 += (-30.0 * z6 - 90.0 * z6 * z2
            + pi2 * (135.0 * z4 - 96.0 * z6) * h2
            + pi2 * pi2 * (212.0 * z4 - 60.0 * z2) * h4
            + pi2 * pi2 * pi2 * h4 * h2 * (5.0 - 30.0 * z2))
            * weight;
        let whole = f64::from(step) + 1.0;
        let (w2, weight) = (whole * whole, (-pi2 * whole * whole / (2.0 * z2)).exp());
        k2_whole += pi2 * w2 * weight;
        k3_whole += (3.0 * pi2 * w2 * z2 - pi2 * pi2 * w2 * w2) * weight;
    }
    let root = FRAC_PI_2.sqrt();
    let first = (2.0 * PI).sqrt() / z * k0;
    let second = 2.0 * root * k1 / (6.0 * z4);
    let third = 2.0 * root * k2 / (72.0 * z6 * z) - 2.0 * root * k2_whole / (36.0 * z2 * z);
    let fourth = 2.0 * root * k3 / (6480.0 * z6 * z4) + 2.0 * root * k3_whole / (216.0 * z6);
    first + second / n.sqrt() + third / n + fourth / (n * n.sqrt())
}

/// Returns the probability that Kolmogorov's limit is at least `x`: `2 Σ (-1)^(k-1) exp(-2 k² x²)`, or Jacobi's
/// transform of it where that converges faster.
pub(crate) fn limit_sf(x: f64) -> Probability {
    if x < 0.04 {
        // The distribution function is below 1e-300 here.
        return Probability::ONE;
    }
    if x < 1.0 {
        let terms = (0..20).map(|k| {
            let odd = f64::from(2 * k + 1) * PI / x;
            (-odd * odd / 8.0).exp()
        });
        return Probability::new(1.0 - TAU.sqrt() / x * terms.sum::<f64>());
    }
    let mut rest = 1.0;
    for k in (1..10).rev() {
        // From term k to term k + 1 the exponent falls by 2 (2k + 1) x².
        rest = 1.0 - (-2.0 * f64::from(2 * k + 1) * x * x).exp() * rest;
    }
    Probability::from_ln(LN_2 - 2.0 * x * x + f64::ln(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sampled_sum_is_the_whole_sum() {
        for n in [20_000.0, 300_000.0, 1e6] {
            for square in [2.2, 3.0, 9.0, 52.0, 4_000.0] {
                let x = f64::sqrt(square / n);
                let step = sampled_step(x, n);
                let (sampled, whole) = (smirnov_sum(x, n, step), smirnov_sum(x, n, 1));
                let off = (sampled.ln() - whole.ln()).abs();
                assert!(off <= 1e-12 * whole.ln().abs().max(1.0), "{n} {x}: 1 in {step}, {off:e}");
            }
        }
        assert!(sampled_step(0.002, 1e6) >= 100 && sampled_step(0.4, 1e4) == 1);
    }
}
