//! SQL conditions on the columns of a row, such as `arr_delay >= -90 AND carrier IN ('AA', 'UA')`.
//!
//! The text is read by `sqlparser`, the parser of `DataFusion`, and evaluated by arrow's kernels a batch at a time. It costs no query
//! engine.

mod evaluate;
mod node;
mod parse;

pub(crate) use evaluate::evaluate;
pub(crate) use node::Expression;
