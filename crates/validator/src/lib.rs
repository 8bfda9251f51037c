//! Judges whether one tree of tables is as good as another: schema, rows, distributions, rules of one's own.
//!
//! ```
//! use reenact_validator::{Rules, Validator, Verdict};
//!
//! let directory = tempfile::tempdir()?;
//! let (candidate, reference) = (directory.path().join("candidate"), directory.path().join("reference"));
//! for (side, rows) in [(&candidate, "id,amount\n2,20\n1,11\n"), (&reference, "id,amount\n1,10\n2,20\n")] {
//!     std::fs::create_dir(side)?;
//!     std::fs::write(side.join("part-0.csv"), rows)?;
//! }
//!
//! let judgement = Validator::new(Rules::new().with_key(["id"])).compare(&candidate, &reference)?;
//! assert_eq!(judgement.verdict, Verdict::Fail);
//! let rows = judgement.tables[0].rows.as_ref().expect("rows are compared by default");
//! assert_eq!((rows.matched, rows.changed), (1, 1));
//! let cell = &rows.examples[0].cells[0];
//! assert_eq!((cell.reference.as_deref(), cell.candidate.as_deref()), (Some("10"), Some("11")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A directory is compared as a tree: part files of one format make one table, whatever their order; other files are paired by
//! name. Rows are compared first, by a key or as a multiset. Then each column is: the verdict rests on an interval of an effect size
//! and a margin, and p-values stand beside it; `docs/statistics.md` in the repository argues why. What has no answer is
//! [`Verdict::Inconclusive`], never a pass.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    clippy::many_single_char_names,
    reason = "counts become floating-point numbers and back in bounded formulas, written with the letters of their sources"
)]

mod both;
mod budget;
#[cfg(test)]
mod budget_test;
mod business;
mod column;
mod constraint;
mod error;
mod file;
mod histogram;
mod judgement;
mod observer;
mod parallel;
mod profile;
mod rows;
mod rules;
mod schema;
pub mod stats;
mod table;
mod tree;
mod validator;
mod verdict;
mod whole;

pub use crate::business::{BusinessRule, RuleOutcome, TablePair};
pub use crate::error::{Error, ErrorKind, Result};
pub use crate::judgement::*;
pub use crate::observer::Observer;
pub use crate::profile::{
    ColumnProfile, DistinctCount, NumberCell, NumberProfile, Profile, ProfileOptions, Suggestion,
    TableProfile, TableProfiler, TextProfile, suggest,
};
pub use crate::rules::{
    Bounds, CellType, Constraint, Direction, Level, Margins, MeanMethod, References, Rules, Scalar,
    TextFormat, TextTolerance, Tolerance,
};
pub use crate::table::Batches;
pub use crate::tree::{Compression, DataFile, TextEncoding};
pub use crate::validator::Validator;
pub use crate::verdict::{Severity, Verdict};
