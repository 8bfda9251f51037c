//! What a comparison found: the serialisable result that reports are drawn from.

mod column;
mod failing;
mod finding;
mod plot;
mod rows;
mod table;
mod whole;

pub use column::{ColumnJudgement, ColumnKind, ColumnSummary, NumberSummary, Quantile};
pub use column::{Effect, Interval, PMethod, Statistic, Test, TimeSummary};
pub use failing::{Cell, FailingRow, FailingRows};
pub use finding::{Check, Finding};
pub use plot::{Category, EcdfPoint, HistogramBin, Plot};
pub use rows::{
    CellChange, ColumnChanges, KeyOrigin, LargestChange, RowComparison, RowExample, RowKey,
};
pub use table::{ColumnType, Side, TableFormat, TableJudgement, TableSide};
pub use whole::{
    DocumentDifference, FileJudgement, FileKind, IgnoreReason, IgnoredFile, Judgement,
};
