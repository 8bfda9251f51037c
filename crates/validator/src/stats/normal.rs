//! Quantiles of the normal distribution.

use statrs::distribution::{ContinuousCDF as _, Normal};

/// Returns the value that a standard normal variable stays below with probability `share`.
pub(crate) fn normal_quantile(share: f64) -> f64 {
    Normal::standard().inverse_cdf(share)
}
