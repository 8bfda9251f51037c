//! Output trees: which files there are, which of them make a table, and what pairs with what.

mod name;
mod pair;
mod partition;
mod scan;

pub(crate) use name::Compression;
pub(crate) use pair::{Pair, pair};
pub(crate) use scan::{Contents, FileEntry, Tree, Unit};
