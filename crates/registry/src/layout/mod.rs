//! How object keys encode pipeline, execution, step, output and relative path.

mod automaton;
mod compiled;
mod explanation;
mod fields;
mod mismatch;
mod preset;
mod template;
mod variant;

pub use compiled::{KeyPrefix, Layout};
pub use explanation::{Attempt, Explanation};
pub use fields::KeyFields;
pub use mismatch::{Mismatch, MismatchReason};

pub(crate) use automaton::Witness;
