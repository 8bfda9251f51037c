//! Statistics of two samples, from their published formulas.

mod counts;
mod gamma;
mod ks;
mod ks_law;
mod moments;
mod multiple;
mod normal;
mod order;
mod probability;
mod proportion;
mod student;
mod transport;
mod welch;

#[cfg(test)]
mod references;

pub(crate) use counts::Counts;
pub(crate) use ks::ks_p;
pub(crate) use moments::Moments;
pub(crate) use multiple::benjamini_hochberg;
pub(crate) use normal::normal_quantile;
pub(crate) use order::{Gap, largest_gap, quantile};
pub(crate) use probability::Probability;
pub(crate) use proportion::{WeightedShare, newcombe};
pub(crate) use transport::wasserstein;
pub(crate) use welch::Welch;
