//! Landing objects on disk.

mod created;
mod division;
mod fetch;
mod journal;
mod ledger;
mod options;
mod pace;
mod part;
mod report;
mod request;
mod run;
mod segments;
mod slots;
mod streams;
mod sync;
mod throttle;
mod unnamed;
mod verify;
mod watch;
mod write;

pub(crate) use part::PartFile;

pub use options::{TransferOptions, WhenReplaced};
pub use report::{Landed, Outcome, TransferReport, Verified};
pub use run::Transfer;
