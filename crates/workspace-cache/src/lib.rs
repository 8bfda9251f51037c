//! A shared content cache and run directories on the local disk.
//!
//! Objects of a remote source are fetched once per machine, however many tests, each a process of its own, want them at
//! the same moment; nobody is ever handed half an object, a stale one, or one that disappears while it is read.
//!
//! ```
//! use reenact_workspace_cache::{Cache, CacheOptions, Identity, Reserved, Revision, Workspace, stage};
//!
//! let directory = tempfile::tempdir()?;
//! let cache = Cache::open(CacheOptions::default().with_location(directory.path().join("cache")))?;
//!
//! // What the source says of an object. Another ETag or version would be another object.
//! let identity = Identity::new("lake", "flights/part-0.csv", Revision::ETag("9b2cf535".into()), 12)?;
//! let entry = match cache.reserve(&identity)? {
//!     Reserved::Ready(entry) => entry,
//!     Reserved::Fill(reservation) => {
//!         // Only one caller on this machine gets here; the others wait in `reserve`.
//!         std::fs::write(reservation.path(), "carrier\nUA\n\n")?;
//!         reservation.commit()?
//!     }
//! };
//! assert_eq!(std::fs::read_to_string(entry.path())?, "carrier\nUA\n\n");
//!
//! // A program that runs on the object gets files of its own.
//! let workspace = Workspace::create(&directory.path().join("runs"), "clean-2013-03")?;
//! let staged = stage([("part-0.csv", entry)], &workspace.inputs().join("flights"))?;
//! assert_eq!(staged.bytes(), 12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The pieces
//! - [`Cache`] finds objects by [`Identity`]: bucket, key, version or `ETag`, and size; never by a modification time.
//!   [`Cache::reserve`] answers with an [`Entry`] to read or a [`Reservation`] to fill.
//! - [`stage()`] puts entries into a directory for a program that may do to them what it likes.
//! - [`Workspace`] is the directories of one run, which are removed as a whole.
//! - [`Retention`] says what should leave the cache, [`Cache::plan`] shows it, [`Cache::apply`] does it; a commit does
//!   both when the cache outgrows its limits. [`Cache::verify`], [`Cache::sweep`] and [`Cache::purge`] are for upkeep,
//!   [`Cache::objects`] and [`Cache::usage`] for looking at it.
//! - [`Freshness`] says for how long the cache may be believed about what the current state of a key is.
//! - [`Notice`]s tell what the cache mended by itself, such as a damaged index.
//!
//! # What it promises
//! - A blob has its name only when it is whole and on the disk. Its length was compared with the identity, and its name is
//!   the [`Digest`] of its bytes, so the same bytes are stored once, whatever they are called.
//! - At every hit the file is looked at. If its length or its ctime is not what it was, it is hashed again, and if the
//!   bytes are not what they were, it goes to the quarantine and the object is fetched again.
//! - As long as an [`Entry`] lives, no process removes its file, unless its bytes were altered.
//! - A process may be killed at any moment. What it held is free at once, what it left half done is taken over or swept.
//! - Losing the index loses nothing: it is rebuilt from a journal and the blobs.
//!
//! # What it does not do
//! - It does not fetch, and knows no network. It blocks; async code calls it from a blocking task.
//! - It works on Unix only.
//! - It is for one user. Its files are readable by their owner alone, and a directory shared by users is not supported.
//! - It must be on a local file system. Network file systems are not supported: on NFS and its like, locks may not exclude
//!   or not be released when a process dies, a rename may not be seen at once, and `SQLite`'s write-ahead log needs shared
//!   memory. Nothing checks for that.
//! - A change that a disk makes to a byte by itself, without changing a time stamp, is found by
//!   [`Depth::Full`] verification only; so is one made within the same tick of the file system's clock as the store.
//! - It does not flush the index and the journal at each commit. After a power cut the last objects may have to be fetched
//!   again; those that are there are whole.

mod cache;
mod clock;
mod contents;
mod digest;
mod entry;
mod error;
mod evict;
mod freshness;
mod identity;
mod index;
mod journal;
mod lease;
mod location;
mod lock;
mod notice;
mod options;
mod purge;
mod reservation;
mod retention;
mod stage;
mod sweep;
mod tree;
mod upkeep;
mod verify;
mod workspace;

pub use cache::Cache;
pub use clock::{Clock, ManualClock, SystemClock};
pub use contents::{StoredObject, Usage};
pub use digest::{Digest, ParseDigestError};
pub use entry::Entry;
pub use error::{Error, ErrorKind, Result};
pub use evict::{EvictionReport, EvictionResult};
pub use freshness::Freshness;
pub use identity::{Identity, Revision};
pub use notice::Notice;
pub use options::CacheOptions;
pub use purge::PurgeReport;
pub use reservation::{Reservation, Reserved, Waiting};
pub use retention::{Candidate, Eviction, EvictionPlan, EvictionReason, Retention};
pub use stage::{LinkKind, Staged, StagedFile, stage};
pub use sweep::SweepReport;
pub use verify::{Depth, VerifyProgress, VerifyReport};
pub use workspace::{DirectoryUsage, Workspace, WorkspaceUsage};
