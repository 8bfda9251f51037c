//! A bucket in memory, for tests and examples: versions, pages, and failures on demand.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};

use crate::bucket::Bucket;
use crate::checksum::{Algorithm, Checksum};
use crate::error::{Error, ErrorKind, Result};
use crate::source::{GetRequest, ListPage, ListRequest, ObjectBody, ObjectMeta, ObjectSource};

/// The most entries on a page, as on S3.
const PAGE: usize = 1_000;
/// Bodies come in pieces, as from a network.
const PIECE: usize = 16 * 1024;

/// A bucket in memory.
///
/// Clones share one content. Failures are queued with [`fail_next`](Self::fail_next) and met by the next reads.
///
/// ```
/// use reenact_downloader::{InMemory, ObjectSourceExt};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let bucket = InMemory::new("prod");
/// bucket.put("a/b.csv", "x,y\n");
/// assert_eq!(&bucket.read("a/b.csv").await?[..], b"x,y\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct InMemory {
    bucket: Bucket,
    shared: Arc<Mutex<Content>>,
}

#[derive(Default)]
struct Content {
    objects: BTreeMap<String, Vec<Stored>>,
    versions: u64,
    faults: VecDeque<Fault>,
    requests: usize,
}

#[derive(Clone)]
struct Stored {
    meta: ObjectMeta,
    content: Bytes,
}

/// A failure that [`InMemory::fail_next`] brings about.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The request is refused with this error.
    Refuse(Error),
    /// The body breaks off with this error after so many bytes.
    BreakAfter(u64, Error),
    /// The body ends after so many bytes as though it were complete.
    EndAfter(u64),
    /// One bit of the body's first byte is flipped on its way.
    FlipBit,
    /// The request never gets an answer.
    Hang,
    /// Nothing happens to this request.
    Pass,
}

impl InMemory {
    /// Returns an empty bucket.
    ///
    /// # Panics
    ///
    /// If `name` cannot be the name of a bucket.
    #[must_use]
    #[expect(
        clippy::panic,
        reason = "a double is set up with literals; a wrong one is a mistake in the test"
    )]
    pub fn new(name: &str) -> Self {
        let bucket = name.parse().unwrap_or_else(|error| panic!("{error}"));
        Self { bucket, shared: Arc::default() }
    }

    /// Puts an object, written now, as a new version of what may be there.
    pub fn put(&self, key: impl Into<String>, content: impl Into<Bytes>) -> ObjectMeta {
        self.put_at(key, content, Utc::now())
    }

    /// Puts an object that was written at `last_modified`.
    pub fn put_at(
        &self,
        key: impl Into<String>,
        content: impl Into<Bytes>,
        last_modified: DateTime<Utc>,
    ) -> ObjectMeta {
        let content = content.into();
        let mut meta = ObjectMeta::new(key, content.len() as u64);
        let md5 = Checksum::of(Algorithm::Md5, &content);
        meta.etag = Some(md5.to_hex());
        meta.checksum = Some(Checksum::of(Algorithm::Crc64Nvme, &content));
        meta.last_modified = Some(last_modified);
        self.put_as(meta, content)
    }

    /// Puts an object whose ETag, checksum, date and storage class are exactly those of `meta`. Key, size and version are
    /// always the object's own.
    pub fn put_as(&self, mut meta: ObjectMeta, content: impl Into<Bytes>) -> ObjectMeta {
        let content = content.into();
        let mut shared = self.lock();
        shared.versions += 1;
        meta.size = content.len() as u64;
        meta.version_id = Some(format!("v{}", shared.versions));
        let versions = shared.objects.entry(meta.key.clone()).or_default();
        versions.push(Stored { meta: meta.clone(), content });
        meta
    }

    /// Removes an object with all its versions.
    pub fn remove(&self, key: &str) {
        self.lock().objects.remove(key);
    }

    /// Queues a failure for the next request that no queued failure waits for yet.
    pub fn fail_next(&self, fault: Fault) {
        self.lock().faults.push_back(fault);
    }

    /// Returns how many requests were made so far.
    pub fn requests(&self) -> usize {
        self.lock().requests
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request and takes the failure that waits for it.
    fn begin(&self) -> Option<Fault> {
        let mut shared = self.lock();
        shared.requests += 1;
        shared.faults.pop_front()
    }

    fn find(&self, key: &str, version_id: Option<&str>) -> Result<Stored> {
        let shared = self.lock();
        let versions = shared.objects.get(key).map_or(&[][..], Vec::as_slice);
        let found = match version_id {
            Some(wanted) => {
                versions.iter().find(|stored| stored.meta.version_id.as_deref() == Some(wanted))
            }
            None => versions.last(),
        };
        found.cloned().ok_or_else(|| self.error(ErrorKind::KeyNotFound, key))
    }

    fn error(&self, kind: ErrorKind, key: &str) -> Error {
        Error::new(kind).with_bucket(self.bucket.as_str()).with_key(key)
    }

    fn page(&self, request: &ListRequest) -> ListPage {
        let shared = self.lock();
        let limit = request.limit.map_or(PAGE, NonZeroUsize::get).min(PAGE);
        let mut page = ListPage::default();
        let mut last: Option<String> = None;
        for (key, versions) in shared.objects.range(request.prefix.clone()..) {
            let Some(rest) = key.strip_prefix(&request.prefix) else { break };
            let cut = rest.find('/').filter(|_| request.one_level);
            let entry = cut.map_or(key.as_str(), |cut| &key[..=request.prefix.len() + cut]);
            let seen = |before: &String| entry <= before.as_str();
            if last.as_ref().is_some_and(seen) || request.continuation.as_ref().is_some_and(seen) {
                continue;
            }
            if page.objects.len() + page.common_prefixes.len() == limit {
                page.continuation = last;
                break;
            }
            last = Some(entry.to_owned());
            if cut.is_some() {
                page.common_prefixes.push(entry.to_owned());
            } else if let Some(stored) = versions.last() {
                // As on S3, a listing tells neither version nor checksum.
                page.objects.push(ObjectMeta {
                    version_id: None,
                    checksum: None,
                    ..stored.meta.clone()
                });
            }
        }
        page
    }

    fn body(&self, request: &GetRequest, fault: Option<Fault>) -> Result<ObjectBody> {
        let Stored { meta, content } = self.find(&request.key, request.version_id.as_deref())?;
        if request.if_match.is_some() && request.if_match != meta.etag {
            return Err(self.error(ErrorKind::Changed, &request.key));
        }
        if meta.is_archived() {
            return Err(self.error(ErrorKind::Archived, &request.key));
        }
        let range = request
            .range_within(meta.size)
            .map_err(|error| error.with_bucket(self.bucket.as_str()))?;
        let pieces = pieces(&content, &range, fault);
        Ok(ObjectBody::new(meta, range, stream::iter(pieces).boxed()))
    }
}

/// Cuts a body into pieces and applies the fault that waits for it.
fn pieces(content: &Bytes, range: &Range<u64>, fault: Option<Fault>) -> Vec<Result<Bytes>> {
    let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(content.len());
    let mut sent = content.slice(at(range.start)..at(range.end));
    let mut end = None;
    match fault {
        Some(Fault::BreakAfter(count, error)) => {
            sent.truncate(at(count));
            end = Some(Err(error));
        }
        Some(Fault::EndAfter(count)) => sent.truncate(at(count)),
        Some(Fault::FlipBit) => {
            let mut flipped = sent.to_vec();
            if let Some(first) = flipped.first_mut() {
                *first ^= 1;
            }
            sent = flipped.into();
        }
        Some(Fault::Refuse(_) | Fault::Hang | Fault::Pass) | None => {}
    }
    let starts = (0..sent.len()).step_by(PIECE);
    starts.map(|start| Ok(sent.slice(start..sent.len().min(start + PIECE)))).chain(end).collect()
}

impl ObjectSource for InMemory {
    fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    fn list_page<'a>(&'a self, request: &'a ListRequest) -> BoxFuture<'a, Result<ListPage>> {
        Box::pin(async move {
            refuse(self.begin()).await?;
            Ok(self.page(request))
        })
    }

    fn head<'a>(
        &'a self,
        key: &'a str,
        version_id: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ObjectMeta>> {
        Box::pin(async move {
            refuse(self.begin()).await?;
            self.find(key, version_id).map(|stored| stored.meta)
        })
    }

    fn get_range<'a>(&'a self, request: &'a GetRequest) -> BoxFuture<'a, Result<ObjectBody>> {
        Box::pin(async move {
            let fault = refuse(self.begin()).await?;
            self.body(request, fault)
        })
    }
}

/// Lets a fault that concerns the request as a whole happen, and passes on one that concerns the body.
async fn refuse(fault: Option<Fault>) -> Result<Option<Fault>> {
    match fault {
        Some(Fault::Refuse(error)) => Err(error),
        Some(Fault::Hang) => std::future::pending().await,
        other => Ok(other),
    }
}

impl fmt::Debug for InMemory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let objects = self.lock().objects.len();
        formatter
            .debug_struct("InMemory")
            .field("bucket", &self.bucket)
            .field("objects", &objects)
            .finish_non_exhaustive()
    }
}
