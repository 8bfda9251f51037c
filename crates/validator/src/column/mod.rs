//! Compares columns: gathers the values of both sides, tests them, and draws them.

mod category;
mod conclusion;
mod distinct;
mod gather;
mod judge;
mod key;
mod missing;
mod no_drift;
mod number;
mod numbers;
mod on_request;
mod outcome;
mod pass;
mod plot;
mod second_look;
mod summary;
mod verdict;

pub(crate) use gather::{Categories, Content, Gathered, MOST_CATEGORIES};
pub(crate) use judge::{Effort, judge_columns, judge_gathered};
pub(crate) use key::{KeySpace, float_key, integer_key};
pub(crate) use numbers::Numbers;
