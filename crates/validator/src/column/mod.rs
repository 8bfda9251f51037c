//! Compares columns: gathers the values of both sides, tests them, and draws them.

mod gather;
mod judge;
mod key;
mod number;
mod plot;
mod summary;
mod verdict;

pub(crate) use judge::judge_columns;
