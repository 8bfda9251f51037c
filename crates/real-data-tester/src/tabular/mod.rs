//! Tables as they lie on the disk, to be looked through or made anew with fewer rows or masked columns.

mod batches;
mod delimited;
mod edit;
mod encoding;
mod file;
mod ipc;
mod json;
mod json_value;
mod parquet;
mod tree;

pub(crate) use edit::{Cell, Edits};
pub(crate) use tree::{all_have_columns, edit_tree, learn_tree};
