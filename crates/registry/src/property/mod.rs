//! Paths to the properties of a step, in which a pipeline refers to what a step wrote.

mod grammar;
mod path;

pub use path::PropertyPath;
