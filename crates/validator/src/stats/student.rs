//! Student's t distribution, for any degrees of freedom and far into the tails.

use std::f64::consts::{LN_2, PI};

use super::Probability;
use super::beta::beta_fraction;
use super::gamma::{normal_sf, stirling_error};
use super::normal::normal_quantile;

/// Above this many degrees of freedom Hill's expansion is exact to double precision, and the continued
/// fraction would need ever more terms.
const MANY: f64 = 1e5;

/// Returns the probability that a t variable with `degrees` of freedom exceeds `t`.
pub(crate) fn student_sf(t: f64, degrees: f64) -> Probability {
    if t < 0.0 {
        return Probability::new(1.0 - student_sf(-t, degrees).value());
    }
    // ln(1 + t^2 / degrees), without overflow of the square.
    let ratio = t / degrees.sqrt();
    let log = if ratio > 1e100 { 2.0 * ratio.ln() } else { (ratio * ratio).ln_1p() };
    if degrees > MANY {
        return normal_sf(hill(log, degrees));
    }
    let a = degrees / 2.0;
    // Γ(a + 1/2) / (Γ(a) Γ(1/2)), from Stirling's formula with its error.
    let ln_ratio = a * (0.5 / a).ln_1p() - 0.5 + 0.5 * a.ln() + stirling_error(a + 0.5)
        - stirling_error(a)
        - 0.5 * PI.ln();
    let near_one = (-log).exp();
    let near_zero = -(-log).exp_m1();
    // x^a (1 - x)^(1/2) / B(a, 1/2) with x = degrees / (degrees + t^2).
    let ln_front = ln_ratio - a * log + 0.5 * near_zero.ln();
    if near_one < (a + 1.0) / (a + 2.5) {
        let tail = ln_front + (beta_fraction(a, 0.5, near_one) / a).ln();
        Probability::from_ln(tail - LN_2)
    } else {
        let middle = ln_front.exp() * beta_fraction(0.5, a, near_zero) / 0.5;
        Probability::new(0.5 - 0.5 * middle)
    }
}

/// Hill's normal deviate of a t value ("Algorithm 395", 1970), from `ln(1 + t^2 / degrees)`.
fn hill(log: f64, degrees: f64) -> f64 {
    let a = degrees - 0.5;
    let b = 48.0 * a * a;
    let y = a * log;
    let correction =
        ((((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + b) + y + 3.0) / b;
    (correction + 1.0) * y.sqrt()
}

/// Returns the `t` that a t variable exceeds with probability `upper`, for `0 < upper < 1`.
pub(crate) fn student_upper_quantile(upper: f64, degrees: f64) -> f64 {
    if upper > 0.5 {
        return -student_upper_quantile(1.0 - upper, degrees);
    }
    if upper == 0.5 {
        return 0.0;
    }
    // In ln t the log tail is smooth and falls ever faster, so Newton's method closes in safely.
    let wanted = upper.ln();
    let z = -normal_quantile(upper);
    let mut position = (z * (1.0 + (z * z + 1.0) / (4.0 * degrees))).max(f64::MIN_POSITIVE).ln();
    for _ in 0..200 {
        let t = position.exp();
        let tail = student_sf(t, degrees).ln();
        let slope = -(ln_density(t, degrees) + position - tail).exp();
        let step = ((tail - wanted) / slope).clamp(-2.0, 2.0);
        position -= step;
        if step.abs() <= 1e-15 * position.abs().max(1.0) {
            break;
        }
    }
    position.exp()
}

fn ln_density(t: f64, degrees: f64) -> f64 {
    let a = degrees / 2.0;
    let ratio = t / degrees.sqrt();
    let log = if ratio > 1e100 { 2.0 * ratio.ln() } else { (ratio * ratio).ln_1p() };
    let ln_ratio = a * (0.5 / a).ln_1p() - 0.5 + stirling_error(a + 0.5) - stirling_error(a);
    ln_ratio - 0.5 * (2.0 * PI).ln() - (a + 0.5) * log
}
