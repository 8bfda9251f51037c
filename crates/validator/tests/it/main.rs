//! The validator on real files, through its public API.

mod files;
mod trees;
