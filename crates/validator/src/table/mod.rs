//! Tables as streams of record batches, whatever their format.

mod canonical;
mod cells;
mod delimited;
mod dialect;
mod guard;
mod input;
mod ipc;
mod ipc_lengths;
mod json;
mod json_objects;
mod nested;
mod parquet;
mod partition;
mod records;
mod scan;
mod source;
mod text_batch;
mod text_type;
mod unpack;
mod utf16;
mod window;

pub(crate) use canonical::{canonical_type, common_type, convert, display_cell};
pub(crate) use cells::{Cells, Values, decimal, differing, float_bits, seconds};
pub(crate) use dialect::Dialect;
pub(crate) use input::{Input, decompressed};
pub(crate) use nested::element_type;
pub use source::Batches;
pub(crate) use source::{Source, Target};
