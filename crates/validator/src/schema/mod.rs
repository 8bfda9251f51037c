//! Compares the columns of two tables: names, order, types, nullability.

mod diff;
mod relation;

pub(crate) use diff::{Shared, compare_schemas};
