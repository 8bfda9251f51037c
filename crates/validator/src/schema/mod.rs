//! Compares the columns of two tables: names, order, types, nullability, nested fields, metadata.

mod diff;
mod relation;

pub(crate) use diff::{Declared, Shared, compare_schemas};
