//! Queries in SQL as rules.

mod judge;
mod tables;

pub(crate) use judge::{check_query, judge};
