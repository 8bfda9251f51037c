//! Made-up tables: from a schema with distributions, or from what was measured of real ones; the same seed gives the same bytes.

mod batches;
mod column;
mod copula;
mod data;
mod data_set;
mod measured;
mod model_table;
mod profiled;
mod provider;
mod quantiles;
mod schema;
mod stream;
mod time;
mod unusual;
mod write;
mod written;

pub use column::{ColumnKind, SyntheticColumn};
pub use data::SyntheticData;
pub use data_set::DataSet;
pub use provider::Synthetic;
pub use schema::{RankCorrelation, SyntheticTable};
pub use write::SyntheticFormat;
pub(crate) use written::WrittenSynthetic;
