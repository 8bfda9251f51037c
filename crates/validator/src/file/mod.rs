//! Files that are no tables.

mod document;
mod judge;
mod opaque;

pub(crate) use judge::judge_file;
