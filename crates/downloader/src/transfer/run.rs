//! Transfers: one object, or all objects of a plan side by side.

use std::path::Path;
use std::sync::Arc;

use futures::stream::{self, StreamExt};
use tokio::time::Instant;
use tracing::Instrument;

use crate::blocking::blocking;
use crate::directory::{Destination, Directory, Tree};
use crate::error::{Error, Result};
use crate::observer::{Event, Observer};
use crate::open_files::side_by_side;
use crate::plan::Plan;
use crate::retry::RetryBudget;
use crate::source::{ObjectMeta, ObjectSource};
use crate::transfer::fetch::{Fetch, Tally};
use crate::transfer::streams::Streams;
use crate::transfer::throttle::Throttle;
use crate::transfer::write::SyncPace;
use crate::transfer::{Landed, Outcome, TransferOptions, TransferReport};

/// Lands objects on disk, whole or not at all.
///
/// Every request is pinned to the ETag (or version) that was listed, every byte is counted, and the content is verified by
/// the best checksum the object carries. A body that breaks off is resumed where it broke. Until a file is whole it lives
/// beside its destination under a name of its own; then it is renamed, over whatever was there. When something fails, or
/// when the future is dropped, that part file is removed. When the process is killed, it stays, with a journal of what it
/// holds, and the next transfer of the same object to the same destination goes on from there.
///
/// Clones share the limit of requests in flight and the budget of repetitions.
///
/// ```
/// use reenact_downloader::{InMemory, Transfer, TransferOptions, Verified};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let bucket = InMemory::new("prod");
/// let object = bucket.put("run/out/a.csv", "x,y\n");
/// let directory = tempfile::tempdir()?;
///
/// let transfer = Transfer::new(std::sync::Arc::new(bucket), TransferOptions::default());
/// let landed = transfer.fetch(&object, &directory.path().join("a.csv"), &()).await?;
/// assert_eq!(std::fs::read_to_string(&landed.path)?, "x,y\n");
/// assert_ne!(landed.verified, Verified::Length);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Transfer {
    shared: Arc<Shared>,
}

/// What all objects of a transfer have in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) source: Arc<dyn ObjectSource>,
    pub(super) options: TransferOptions,
    pub(super) throttle: Throttle,
    pub(super) streams: Streams,
    pub(super) budget: RetryBudget,
    pub(super) sync_pace: Arc<SyncPace>,
}

impl Transfer {
    /// Returns a transfer that reads from `source`.
    #[must_use]
    pub fn new(source: Arc<dyn ObjectSource>, mut options: TransferOptions) -> Self {
        options.concurrency = side_by_side(options.concurrency);
        let concurrency = options.concurrency.get();
        let throttle = Throttle::new(concurrency);
        let streams = Streams::new(concurrency);
        let budget = RetryBudget::new(&options.retry);
        let sync_pace = Arc::default();
        Self { shared: Arc::new(Shared { source, options, throttle, streams, budget, sync_pace }) }
    }

    /// Lands one object at `destination`, whose directory has to exist. A file that is there already is replaced.
    ///
    /// # Errors
    ///
    /// Each names bucket, key and attempts, and nothing is left at or beside `destination`:
    /// [`ErrorKind::Changed`](crate::ErrorKind::Changed), [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt),
    /// [`ErrorKind::Truncated`](crate::ErrorKind::Truncated), [`ErrorKind::DeadlineExceeded`](crate::ErrorKind::DeadlineExceeded),
    /// [`ErrorKind::DiskFull`](crate::ErrorKind::DiskFull), [`ErrorKind::Io`](crate::ErrorKind::Io), and those of
    /// [`ObjectSource::get_range`].
    pub async fn fetch(
        &self,
        object: &ObjectMeta,
        destination: &Path,
        observer: &dyn Observer,
    ) -> Result<Landed> {
        self.land(object, Destination::At(destination.to_owned()), self.deadline(), observer).await
    }

    /// Lands the objects of `plan` below the directory `into`, which is made if it is missing. No symbolic link below it is
    /// followed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the directory cannot be made or opened. What becomes of each object is in the report.
    pub async fn run(
        &self,
        plan: &Plan,
        into: &Path,
        observer: &dyn Observer,
    ) -> Result<TransferReport> {
        observer.on_event(&Event::Planned { objects: plan.items().len(), bytes: plan.bytes() });
        let root = open_root(into).await?;
        let deadline = self.deadline();
        let mut outcomes: Vec<Outcome> = plan.items().iter().map(|_| Outcome::Skipped).collect();
        let mut landings =
            stream::iter(plan.items().iter().enumerate())
                .map(|(index, item)| {
                    let destination = Destination::Below(Arc::clone(&root), item.path().to_owned());
                    async move {
                        (index, self.land(item.object(), destination, deadline, observer).await)
                    }
                })
                .buffer_unordered(self.shared.options.concurrency.get());
        while let Some((index, result)) = landings.next().await {
            let failed = result.is_err();
            outcomes[index] = result.map_or_else(Outcome::Failed, Outcome::Landed);
            if failed && self.shared.options.fail_fast {
                break;
            }
        }
        drop(landings);
        Ok(TransferReport { outcomes: plan.items().iter().cloned().zip(outcomes).collect() })
    }

    async fn land(
        &self,
        object: &ObjectMeta,
        destination: Destination,
        deadline: Option<Instant>,
        observer: &dyn Observer,
    ) -> Result<Landed> {
        let fetch = Fetch {
            shared: &self.shared,
            deadline,
            observer,
            planned: object,
            object,
            tally: &Tally::default(),
        };
        let bucket = self.shared.source.bucket();
        let span = tracing::debug_span!("fetch", %bucket, key = object.key, size = object.size);
        fetch.land(destination).instrument(span).await
    }

    fn deadline(&self) -> Option<Instant> {
        self.shared.options.deadline.map(|allowed| Instant::now() + allowed)
    }
}

async fn open_root(into: &Path) -> Result<Arc<Tree>> {
    let into = into.to_owned();
    blocking(move || {
        let opened = std::fs::create_dir_all(&into).and_then(|()| Directory::open(&into));
        opened.map(|root| Arc::new(Tree::new(root))).map_err(|error| Error::io(into, error))
    })
    .await
}
