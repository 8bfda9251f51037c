//! Statistics of two samples, from their published formulas, for use without a comparison of tables too.
//!
//! | question | function |
//! |---|---|
//! | are two samples of one distribution? | [`ks_test`], [`cramer_von_mises()`], [`anderson_darling()`], [`mann_whitney()`] |
//! | are two means equal, or equivalent? | [`mean_comparison`], [`MeanDifference::equivalence`], [`cohen_d`] |
//! | are two spreads equal? | [`spread_comparison`], [`variance_ratio`] |
//! | how far apart are the values? | [`wasserstein_distance`], [`energy_distance`] |
//! | do categories occur as often? | [`Counts`], [`fisher_exact`] |
//! | is a share what it should be? | [`Proportion`] |
//! | what of many p-values? | [`adjust`] |
//! | is an effect small enough? | [`decide`], [`values_to_settle`] |
//!
//! A question without an answer (no value, nothing varies, a level out of range) is answered by `None`, never by a number
//! that is none. What is not a number is counted as missing by [`Sample`]. P-values are [`Probability`]: with a logarithm
//! that goes on below the range of doubles. [`law`] has the distributions themselves. `docs/statistics.md` in the
//! repository says when to use which, and what it cannot tell.

mod alternative;
mod anderson_darling;
mod beta;
mod contingency;
mod counts;
mod cramer_von_mises;
mod decision;
mod discrete;
mod fisher;
mod gamma;
mod kolmogorov_smirnov;
mod ks;
mod ks_law;
pub mod law;
mod mann_whitney;
mod means;
mod moments;
mod multiple;
mod normal;
mod order;
mod probability;
mod proportion;
mod random;
mod ranks;
mod ratio;
mod sample;
pub mod seed_compat;
mod student;
mod transport;
mod weighted_chi_square;

#[cfg(test)]
mod references;

pub use crate::judgement::{Interval, PMethod};
pub use alternative::Alternative;
pub use anderson_darling::{AndersonDarling, TieForm, anderson_darling};
pub use contingency::ChiSquare;
pub use counts::Counts;
pub use cramer_von_mises::{CramerVonMises, cramer_von_mises};
pub use decision::{decide, values_to_settle};
pub use fisher::fisher_exact;
pub use kolmogorov_smirnov::{KsTest, ks_test};
pub use mann_whitney::{MannWhitney, mann_whitney};
pub use means::{Equivalence, MeanDifference, cohen_d, mean_comparison, spread_comparison};
pub use moments::Moments;
pub use multiple::{Adjustment, adjust};
pub use probability::Probability;
pub use proportion::Proportion;
pub use ratio::{mean_ratio, variance_ratio};
pub use sample::Sample;
pub use transport::{energy_distance, wasserstein_distance};

pub(crate) use ks::{asymptotic_p, ks_p};
pub(crate) use normal::normal_quantile;
pub(crate) use order::{Gap, largest_gap, quantile};
pub(crate) use proportion::{WeightedShare, newcombe};
pub(crate) use random::SplitMix;
pub(crate) use transport::{wasserstein, weighted_wasserstein};
