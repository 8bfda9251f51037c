//! Infinite sums of weighted chi-square variables: the limits of Cramér and von Mises' and of Anderson and Darling's statistic.
//!
//! For `Q = Σ λ_k χ²_k` with distinct falling weights and `D(y) = Π (1 - λ_k y)`, Smirnov's formula (1937; Slepian, 1958, for
//! any weights) gives the upper tail as an alternating sum of positive integrals,
//! `P(Q > x) = 1/π Σ_k (-1)^(k+1) ∫ exp(-x y / 2) / (y sqrt |D(y)|) dy` from `1/λ_(2k-1)` to `1/λ_(2k)`. Each has an inverse
//! square root at both ends, so that Gauss and Chebyshev's quadrature fits. The first dominates in the tail, and its
//! exponential can be kept apart, so nothing underflows.

use std::f64::consts::PI;

use super::Probability;

/// Returns Cramér and von Mises' limit: weights `1 / (k π)²`, `D(y) = sin √y / √y`.
pub(crate) fn cramer_von_mises_sf(x: f64) -> Probability {
    let end = |k: u32| (f64::from(k) * PI).powi(2);
    upper_tail(x, end, |y| y.sqrt().sin() / y.sqrt())
}

/// Returns Anderson and Darling's limit: weights `1 / (k (k + 1))`, `D(y) = -cos(π/2 √(1 + 4 y)) / (π y)`.
pub(crate) fn anderson_darling_sf(x: f64) -> Probability {
    let end = |k: u32| f64::from(k) * f64::from(k + 1);
    upper_tail(x, end, |y| (PI / 2.0 * (1.0 + 4.0 * y).sqrt()).cos() / (PI * y))
}

fn upper_tail(x: f64, end: impl Fn(u32) -> f64, product: impl Fn(f64) -> f64) -> Probability {
    if x <= 0.0 {
        return Probability::ONE;
    }
    if x.is_infinite() {
        return Probability::ZERO;
    }
    let first = end(1);
    let (mut sum, mut sign) = (0.0, 1.0);
    for k in (1..).step_by(2) {
        let (from, to) = (end(k), end(k + 1));
        let factor = (-x * (from - first) / 2.0).exp();
        sum += sign * factor * integral(x, from, to, &product);
        sign = -sign;
        if factor < f64::EPSILON * 1e-3 {
            break;
        }
    }
    Probability::from_ln(-x * first / 2.0 + (sum / PI).ln())
}

/// Integrates over one interval, without the factor `exp(-x from / 2)`.
fn integral(x: f64, from: f64, to: f64, product: &impl Fn(f64) -> f64) -> f64 {
    let half = (to - from) / 2.0;
    // The steeper the exponential, the closer the nodes.
    let nodes = (64.0 + 5.0 * (x * half).sqrt()).min(1e6) as u32;
    let step = PI / f64::from(nodes);
    let node = |index: u32| {
        let angle = (f64::from(index) + 0.5) * step;
        // 1 - cos, without cancellation near the lower end.
        let above = half * 2.0 * (angle / 2.0).sin().powi(2);
        let y = from + above;
        let root = half * angle.sin();
        (-x * above / 2.0).exp() / y * root / product(y).abs().sqrt()
    };
    (0..nodes).map(node).sum::<f64>() * step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_percentage_points() {
        // Anderson and Darling (1952) for W², Marsaglia and Marsaglia (2004) for A²: upper 10, 5 and 1 percent.
        for (x, p) in [(0.34730, 0.10), (0.46136, 0.05), (0.74346, 0.01)] {
            assert!((cramer_von_mises_sf(x).value() - p).abs() < 1e-5, "{x}");
        }
        let points = [
            (1.932_957_832_741_594, 0.10),
            (2.492_367_160_049_41, 0.05),
            (3.878_125_021_605_395, 0.01),
        ];
        for (x, p) in points {
            assert!((anderson_darling_sf(x).value() - p).abs() < 1e-12, "{x}");
        }
    }

    #[test]
    fn the_tail_goes_on_where_doubles_end() {
        // The pole nearest to 0 gives the tail: exp(-π² x / 2) and exp(-x), times slowly falling factors.
        let slope =
            (cramer_von_mises_sf(401.0).ln() - cramer_von_mises_sf(400.0).ln()) / PI.powi(2);
        assert!((slope + 0.5).abs() < 1e-3);
        let slope = anderson_darling_sf(2001.0).ln() - anderson_darling_sf(2000.0).ln();
        assert!((slope + 1.0).abs() < 1e-3);
        assert!(anderson_darling_sf(0.02).value() > 1.0 - 1e-12);
    }
}
