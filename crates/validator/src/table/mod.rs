//! Tables as streams of record batches, whatever their format.

mod canonical;
mod cells;
mod delimited;
mod file;
mod guard;
mod json_lines;
mod parquet;
mod source;
mod text_type;

pub(crate) use canonical::{canonical_type, common_type, display_cell};
pub(crate) use cells::{Cells, Values, decimal, float_bits, seconds};
pub(crate) use file::decompressed;
pub use source::Batches;
pub(crate) use source::{Source, Target};
