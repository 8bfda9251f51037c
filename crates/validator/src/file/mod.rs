//! Files that are no tables: JSON documents by structure, anything else byte by byte.

mod document;
mod opaque;

pub(crate) use document::compare_documents;
pub(crate) use opaque::same_bytes;
