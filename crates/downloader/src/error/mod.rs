//! What can go wrong between a bucket and a file: one error, its kinds and its context.

mod context;
mod kind;
mod text;

pub(crate) use context::is_of_too_many_files;
pub use context::{Error, Result};
pub use kind::ErrorKind;
