//! A shared content cache and run directories on the local disk.

mod cache;
mod clock;
mod digest;
mod entry;
mod error;
mod identity;
mod index;
mod journal;
mod lease;
mod location;
mod lock;
mod notice;
mod options;
mod reservation;
mod retention;
mod stage;
mod tree;
mod workspace;

pub use cache::Cache;
pub use clock::{Clock, ManualClock, SystemClock};
pub use digest::{Digest, ParseDigestError};
pub use entry::Entry;
pub use error::{Error, ErrorKind, Result};
pub use identity::{Identity, Revision};
pub use notice::Notice;
pub use options::CacheOptions;
pub use reservation::{Reservation, Reserved, Waiting};
pub use retention::{Candidate, Eviction, EvictionPlan, EvictionReason, Retention};
pub use stage::{LinkKind, Staged, StagedFile, stage};
pub use workspace::{DirectoryUsage, Workspace, WorkspaceUsage};
