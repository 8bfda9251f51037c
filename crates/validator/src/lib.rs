//! Judges whether one table is as good as another.

#![expect(
    clippy::cast_precision_loss,
    reason = "counts become floating-point numbers on the way into every statistic"
)]

mod both;
mod business;
mod column;
mod error;
mod file;
mod judgement;
mod rows;
mod rules;
mod schema;
mod stats;
mod table;
mod tree;
mod validator;
mod verdict;

pub use crate::business::{BusinessRule, RuleOutcome, TablePair};
pub use crate::error::{Error, ErrorKind, Result};
pub use crate::judgement::*;
pub use crate::rules::{Level, Margins, Rules, TextFormat, Tolerance};
pub use crate::table::Batches;
pub use crate::validator::Validator;
pub use crate::verdict::{Severity, Verdict};
