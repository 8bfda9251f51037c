//! Which output of which step became which input of which other one.

mod edge;
mod export;
mod graph;

pub use edge::Edge;
pub use graph::{Lineage, LineageReport};
