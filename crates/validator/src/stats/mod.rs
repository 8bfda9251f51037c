//! Statistics of two samples, from their published formulas.

mod moments;
mod order;

pub(crate) use moments::Moments;
pub(crate) use order::{Gap, largest_gap, quantile};
