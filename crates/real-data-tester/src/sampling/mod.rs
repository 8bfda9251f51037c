//! Runs on a part of the data: which files or rows are taken, always the same ones.

mod model;
mod row_sample;
mod written;

pub use model::{SampleBy, Sampling};
pub(crate) use row_sample::RowSample;
pub(crate) use written::WrittenSampling;
