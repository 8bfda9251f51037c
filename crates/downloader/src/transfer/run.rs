//! Transfers: one object, or all objects of a plan side by side.

use std::path::Path;
use std::sync::Arc;

use futures::stream::{self, FuturesUnordered, StreamExt};
use tokio::time::Instant;

use crate::blocking::blocking;
use crate::directory::{Destination, Directory, Tree};
use crate::error::{Error, Result};
use crate::observer::{Event, Observer};
use crate::open_files::side_by_side;
use crate::plan::Plan;
use crate::retry::RetryBudget;
use crate::source::{ObjectMeta, ObjectSource};
use crate::transfer::fetch::{Fetch, Tally};
use crate::transfer::pace::Pace;
use crate::transfer::slots::Slots;
use crate::transfer::streams::Streams;
use crate::transfer::throttle::Throttle;
use crate::transfer::{Landed, Outcome, TransferOptions, TransferReport};

/// How many files may wait for the disk while others are fetched: it takes many together nearly as quickly as one.
const WAITING: usize = 64;

/// Lands objects on disk, whole or not at all.
///
/// Every request is pinned to the ETag (or version) that was listed, every byte is counted, and the content is verified by
/// the best checksum the object carries. A body that breaks off is resumed where it broke. Until a file is whole and forced to
/// the disk it has no name, or lives beside its destination under one of its own; then it gets its name, over whatever was there.
/// When something fails, or when the future is dropped, that part file is removed. When the process is killed, that of a large
/// object stays, with a journal of what it holds, and the next transfer of the same object to the same destination goes on from there.
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
    /// How quick files are forced to the disk.
    pub(super) sync_pace: Arc<Pace>,
    /// How quick bytes are written.
    pub(super) write_pace: Arc<Pace>,
}

impl Transfer {
    /// Returns a transfer that reads from `source`.
    #[must_use]
    pub fn new(source: Arc<dyn ObjectSource>, mut options: TransferOptions) -> Self {
        options.concurrency = side_by_side(options.concurrency);
        let concurrency = options.concurrency.get();
        let shared = Shared {
            source,
            throttle: Throttle::new(concurrency),
            streams: Streams::new(concurrency),
            budget: RetryBudget::new(&options.retry),
            sync_pace: Arc::default(),
            write_pace: Arc::default(),
            options,
        };
        Self { shared: Arc::new(shared) }
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
        let tally = Tally::default();
        let fetch = self.begin(object, &tally, self.deadline(), observer);
        fetch.appear(fetch.fetch(Destination::At(destination.to_owned())).await?).await
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
        let tallies: Vec<Tally> = plan.items().iter().map(|_| Tally::default()).collect();
        let rooms = self.rooms();
        let mut fetching = stream::iter(plan.items().iter().zip(&tallies).enumerate())
            .map(|(index, (item, tally))| {
                let fetch = self.begin(item.object(), tally, deadline, observer);
                let destination = Destination::Below(Arc::clone(&root), item.path().to_owned());
                let rooms = &rooms;
                async move {
                    let room = rooms.acquire().await;
                    (index, room, fetch, fetch.fetch(destination).await)
                }
            })
            .buffer_unordered(self.shared.options.concurrency.get());
        let mut appearing = FuturesUnordered::new();
        let mut outcomes: Vec<Outcome> = plan.items().iter().map(|_| Outcome::Skipped).collect();
        let mut is_over = false;
        loop {
            let (index, result) = tokio::select! {
                Some((index, room, fetch, fetched)) = fetching.next(), if !is_over => match fetched {
                    Ok(whole) => {
                        appearing.push(async move {
                            let _room = room;
                            (index, fetch.appear(whole).await)
                        });
                        continue;
                    }
                    Err(error) => (index, Err(error)),
                },
                Some(appeared) = appearing.next() => appeared,
                else => break,
            };
            is_over |= result.is_err() && self.shared.options.fail_fast;
            outcomes[index] = result.map_or_else(Outcome::Failed, Outcome::Landed);
        }
        drop((fetching, appearing));
        Ok(TransferReport { outcomes: plan.items().iter().cloned().zip(outcomes).collect() })
    }

    fn begin<'a>(
        &'a self,
        object: &'a ObjectMeta,
        tally: &'a Tally,
        deadline: Option<Instant>,
        observer: &'a dyn Observer,
    ) -> Fetch<'a> {
        Fetch { shared: &self.shared, deadline, observer, planned: object, object, tally }
    }

    /// Room for files that are being fetched, and for those that wait for the disk.
    fn rooms(&self) -> Slots {
        Slots::new(side_by_side(self.shared.options.concurrency.saturating_add(WAITING)).get())
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
