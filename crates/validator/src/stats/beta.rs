//! The incomplete beta function, far into both tails.

use std::f64::consts::TAU;

use super::Probability;
use super::gamma::{deviance, stirling_error};

/// The continued fraction of the incomplete beta function, by the modified Lentz method.
pub(crate) fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let lift = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / lift(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    let mut m = 0.0;
    loop {
        m += 1.0;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / lift(1.0 + even * d);
        c = lift(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / lift(1.0 + odd * d);
        c = lift(1.0 + odd / c);
        let factor = d * c;
        fraction *= factor;
        if (factor - 1.0).abs() <= f64::EPSILON {
            return fraction;
        }
    }
}

/// Returns the probability that a beta variable with parameters `a, b >= 1` is at most `x`, given with `y = 1 - x`.
fn beta_cdf(a: f64, b: f64, x: f64, y: f64) -> Probability {
    let all = a + b;
    // x^a y^b / B(a, b), from binomial probabilities.
    let ln_front = stirling_error(all)
        - stirling_error(a)
        - stirling_error(b)
        - deviance(a, all * x)
        - deviance(b, all * y)
        + 0.5 * (a * b / (TAU * all)).ln();
    if x < (a + 1.0) / (all + 2.0) {
        Probability::from_ln(ln_front + (beta_fraction(a, b, x) / a).ln())
    } else {
        Probability::from_ln(ln_front + (beta_fraction(b, a, y) / b).ln()).complement()
    }
}

/// Returns the value that a beta variable with parameters `a, b >= 1` stays below with probability `share`.
pub(crate) fn beta_quantile(a: f64, b: f64, share: f64) -> f64 {
    // In the logarithm of the odds, where both tails are of one kind.
    let (mut low, mut high) = (-700.0_f64, 700.0_f64);
    let value = |log_odds: f64| 1.0 / (1.0 + (-log_odds).exp());
    for _ in 0..80 {
        let middle = low.midpoint(high);
        if beta_cdf(a, b, value(middle), value(-middle)).value() < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    value(low.midpoint(high))
}
