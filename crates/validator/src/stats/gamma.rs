//! Gamma functions with small relative error far out in the tails.
//!
//! Products of factorials and powers are evaluated as Loader does ("Fast and accurate computation of
//! binomial probabilities", 2000): through the error of Stirling's formula and the deviance, both of
//! which are small and computed without cancellation.

use std::f64::consts::TAU;

use super::Probability;

/// Stands for the zero with which Lentz's method would have to divide.
const TINY: f64 = 1e-300;

/// Returns `ln Γ(z) - [(z - 1/2) ln z - z + ln(2π)/2]`, the error of Stirling's formula, for `z > 0`.
pub(crate) fn stirling_error(z: f64) -> f64 {
    // Below 15 the series is not exact enough, so the recurrence lifts z there.
    let mut z = z;
    let mut lifted = 0.0;
    while z < 15.0 {
        // S(z) - S(z + 1) = (z + 1/2) ln(1 + 1/z) - 1.
        lifted += (z + 0.5) * (1.0 / z).ln_1p() - 1.0;
        z += 1.0;
    }
    let square = z * z;
    let series = (1.0 / 12.0
        - (1.0 / 360.0
            - (1.0 / 1260.0
                - (1.0 / 1680.0 - (1.0 / 1188.0 - 691.0 / 360_360.0 / square) / square) / square)
                / square)
            / square)
        / z;
    lifted + series
}

/// Returns `x ln(x / mean) + mean - x`, the deviance, without cancellation where `x` is near `mean`.
pub(crate) fn deviance(x: f64, mean: f64) -> f64 {
    let difference = x - mean;
    if difference.abs() < 0.1 * (x + mean) {
        let v = difference / (x + mean);
        let mut sum = difference * v;
        let mut power = 2.0 * x * v;
        let square = v * v;
        let mut odd = 1.0;
        loop {
            power *= square;
            odd += 2.0;
            let next = sum + power / odd;
            if next == sum {
                return next;
            }
            sum = next;
        }
    }
    if x == 0.0 { mean } else { x * (x / mean).ln() + mean - x }
}

/// Returns `ln(x^a e^-x / Γ(a + 1))`, the log density of a Poisson law with mean `x` at `a`.
fn ln_poisson(a: f64, x: f64) -> f64 {
    if a == 0.0 {
        return -x;
    }
    // ln Γ(a + 1) = ln Γ(a) + ln a, so Stirling's error at a is that of a!.
    -stirling_error(a) - deviance(a, x) - 0.5 * (TAU * a).ln()
}

/// Returns the upper regularised incomplete gamma function `Q(a, x)` for `a > 0` and `x >= 0`.
///
/// By series below `a + 1`, by Legendre's continued fraction (modified Lentz) above.
pub(crate) fn gamma_q(a: f64, x: f64) -> Probability {
    if x <= 0.0 {
        return Probability::ONE;
    }
    if x.is_infinite() {
        return Probability::from_ln(f64::NEG_INFINITY);
    }
    let ln_density = ln_poisson(a, x);
    if x < a + 1.0 {
        let (mut sum, mut term, mut n) = (1.0, 1.0, a);
        while term > sum * f64::EPSILON * 0.25 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return Probability::new(1.0 - (ln_density + f64::ln(sum)).exp());
    }
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    let mut n = 0.0;
    loop {
        n += 1.0;
        let numerator = -n * (n - a);
        b += 2.0;
        d = 1.0 / lift(numerator * d + b, TINY);
        c = lift(b + numerator / c, TINY);
        let factor = d * c;
        fraction *= factor;
        if (factor - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    Probability::from_ln(ln_density + (a * fraction).ln())
}

fn lift(value: f64, tiny: f64) -> f64 {
    if value.abs() < tiny { tiny } else { value }
}

/// Returns the probability that a standard normal variable exceeds `z`.
pub(crate) fn normal_sf(z: f64) -> Probability {
    let tail = gamma_q(0.5, z * z / 2.0);
    if z >= 0.0 {
        Probability::from_ln(tail.ln() - std::f64::consts::LN_2)
    } else {
        Probability::new(1.0 - 0.5 * tail.value())
    }
}
