//! The `flights` pipeline: `ingest` -> `clean` -> `delays`.
//!
//! Each step is a program of its own, started as `<program> flights STEP INPUTS OUTPUTS [FLAG]`. `INPUTS` and `OUTPUTS` hold one
//! directory for each logical name: that is the whole contract between a pipeline and its steps.

mod clean;
mod delays;
mod ingest;
mod parquet_files;
mod production;
mod program;

pub use production::{BUCKET, MONTHS, PIPELINE, Production, data_dir};
pub use program::{run_step, step_command};
