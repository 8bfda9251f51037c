//! The distributions that p-values and intervals are read from, far into their tails.
//!
//! Every function returns `None` where its arguments are outside its domain or not a number.

use super::gamma::{self, gamma_q};
use super::{Probability, ks_law, normal, student};

/// Returns the probability that a standard normal variable exceeds `z`.
pub fn normal_sf(z: f64) -> Option<Probability> {
    (!z.is_nan()).then(|| gamma::normal_sf(z))
}

/// Returns the value that a standard normal variable stays below with probability `share`, `0 < share < 1`.
pub fn normal_quantile(share: f64) -> Option<f64> {
    within_unit(share).then(|| normal::normal_quantile(share))
}

/// Returns the probability that a t variable with `degrees > 0` degrees of freedom exceeds `t`.
///
/// By the continued fraction of the incomplete beta function; by Hill's expansion (1970) above 100,000 degrees.
pub fn student_t_sf(t: f64, degrees: f64) -> Option<Probability> {
    (!t.is_nan() && degrees > 0.0).then(|| student::student_sf(t, degrees))
}

/// Returns the value that a t variable with `degrees > 0` degrees of freedom stays below with probability `share`,
/// `0 < share < 1`.
pub fn student_t_quantile(share: f64, degrees: f64) -> Option<f64> {
    let valid = within_unit(share) && degrees > 0.0;
    valid.then(|| -student::student_upper_quantile(share, degrees))
}

/// Returns the probability that a chi-square variable with `degrees > 0` degrees of freedom exceeds `x`.
pub fn chi_square_sf(x: f64, degrees: f64) -> Option<Probability> {
    let valid = !x.is_nan() && degrees > 0.0 && degrees.is_finite();
    valid.then(|| gamma_q(degrees / 2.0, x / 2.0))
}

/// Returns the probability that the largest distance of the distribution function of `n` values from their law is at
/// least `distance` (Simard and L'Ecuyer, 2011).
pub fn kolmogorov_smirnov_sf(distance: f64, n: u64) -> Option<Probability> {
    (!distance.is_nan() && n > 0).then(|| ks_law::two_sided_sf(distance, n as f64))
}

/// Returns Kolmogorov's limit (1933): the probability that `sqrt(n)` times that distance is at least `x`, for large `n`.
pub fn kolmogorov_sf(x: f64) -> Option<Probability> {
    (!x.is_nan()).then(|| ks_law::limit_sf(x))
}

fn within_unit(share: f64) -> bool {
    share > 0.0 && share < 1.0
}
