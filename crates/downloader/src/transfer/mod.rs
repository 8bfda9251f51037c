//! Landing objects on disk.

mod fetch;
mod options;
mod report;
mod run;
mod write;

pub use options::TransferOptions;
pub use report::{Landed, Outcome, TransferReport, Verified};
pub use run::Transfer;
