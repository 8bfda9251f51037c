//! Output trees: which files there are, which of them make a table, and what pairs with what.

mod data_file;
mod name;
mod pair;
mod partition;
mod scan;

pub use data_file::{DataFile, TextEncoding};
pub use name::Compression;
pub(crate) use pair::{Pair, pair};
pub(crate) use scan::{Contents, FileEntry, Tree, Unit};
