//! What must hold beyond the comparison: constraints, evaluated in one pass over the candidate.

mod advice;
mod bind;
mod catalogue;
mod condition;
mod expression;
mod freshness;
mod judge;
mod limits;
mod monotone;
mod pass;
mod referential;
mod row_count;
mod rows;
#[cfg(feature = "sql")]
mod sql;
mod statistical;
mod tally;
mod unique;
mod value;

pub(crate) use catalogue::Catalogue;
pub(crate) use expression::Expression;
pub(crate) use judge::{Asked, Subject, judge_constraints};
#[cfg(feature = "sql")]
pub(crate) use sql::check_query;
