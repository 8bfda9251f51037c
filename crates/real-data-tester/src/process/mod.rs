//! Child processes: started, watched, measured, logged, and ended with all that they started.

mod environment;
mod group;
mod log;
mod measure;
mod start;
mod stragglers;
mod watch;

pub(crate) use start::{Program, run};
