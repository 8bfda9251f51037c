//! The index: an SQLite database that says which identity is which blob and when each blob was last used.

mod connection;
mod query;
mod schema;

pub(crate) use connection::Index;
pub(crate) use query::{BlobRow, ObjectRow, Totals};
