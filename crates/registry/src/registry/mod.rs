//! The registry of one execution: register, look up, merge, sum up.

mod lookup;
mod merge;
mod steps;
mod store;
mod summary;

pub use merge::{MergeOutcome, OnConflict};
pub use store::{Registration, Registry};
pub use summary::Summary;
