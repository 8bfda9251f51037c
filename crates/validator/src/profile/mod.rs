//! What is worth keeping of a table once its rows are gone: accumulators that merge, saved as a baseline.

mod column;
mod compare;
mod distinct;
mod frequent;
mod gathered;
mod numbers;
mod numbers_form;
mod options;
mod profiler;
mod suggest;
mod suggested_text;
mod table;
mod whole;

pub use column::{ColumnProfile, TextProfile};
pub use distinct::DistinctCount;
pub use numbers::{NumberCell, NumberProfile};
pub use options::ProfileOptions;
pub use profiler::TableProfiler;
pub use suggest::{Suggestion, suggest};
pub use table::TableProfile;
pub use whole::Profile;
