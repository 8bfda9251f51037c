//! Trying, with as few requests as possible, what a transfer will do.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::TryStreamExt;

use crate::blocking::blocking;
use crate::directory::{Destination, PartFile};
use crate::error::{Error, ErrorKind, Result};
use crate::preflight::{Check, Finding, PolicyDocument, PreflightReport};
use crate::retry::{RetryPolicy, Retrying};
use crate::source::{GetRequest, ListPage, ListRequest, ObjectMeta, ObjectSource};

/// Finds out beforehand whether a transfer can work: whether the bucket can be listed and an object read, how much there is
/// to fetch, and whether the destination takes it.
///
/// ```
/// use std::sync::Arc;
///
/// use reenact_downloader::{InMemory, Preflight, PreflightRequest};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let bucket = InMemory::new("prod");
/// bucket.put("run/out/a.csv", "x,y\n");
/// let directory = tempfile::tempdir()?;
///
/// let request = PreflightRequest::below("run/out/").with_destination(directory.path());
/// let report = Preflight::new(Arc::new(bucket)).check(&request).await;
/// assert!(report.is_ready());
/// assert_eq!((report.objects, report.bytes), (1, 4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Preflight {
    source: Retrying,
}

/// What is going to be fetched, and where to.
#[derive(Clone, Debug, Default)]
pub struct PreflightRequest {
    prefix: String,
    objects: Option<Vec<ObjectMeta>>,
    destination: Option<PathBuf>,
}

impl PreflightRequest {
    /// Says below which prefix the objects are; empty for the whole bucket.
    #[must_use]
    pub fn below(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..Self::default() }
    }

    /// Says which objects will be fetched. By default the first page of a listing below the prefix stands for them.
    #[must_use]
    pub fn with_objects(mut self, objects: impl IntoIterator<Item = ObjectMeta>) -> Self {
        self.objects = Some(objects.into_iter().collect());
        self
    }

    /// Says into which directory they will be fetched; it need not exist yet. By default the disk is not looked at.
    #[must_use]
    pub fn with_destination(mut self, directory: impl Into<PathBuf>) -> Self {
        self.destination = Some(directory.into());
        self
    }
}

impl Preflight {
    /// Returns a preflight for transfers from `source`.
    #[must_use]
    pub fn new(source: Arc<dyn ObjectSource>) -> Self {
        Self { source: Retrying::new(source, RetryPolicy::default()) }
    }

    /// Sets when failed requests are repeated. By default as [`RetryPolicy::default`] says.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.source = self.source.with_policy(retry);
        self
    }

    /// Tries everything and reports what stands in the way. Nothing is left behind.
    pub async fn check(&self, request: &PreflightRequest) -> PreflightReport {
        let mut findings = Vec::new();
        let mut page = ListPage::default();
        match self.source.list_page(&ListRequest::everything(&request.prefix)).await {
            Ok(listed) => page = listed,
            Err(error) => findings.push(self.finding(Check::List, error, request)),
        }
        let objects = request.objects.as_deref().unwrap_or(&page.objects);
        // Who may not list may yet read; but where there is no bucket or no server, reading tells nothing new.
        if findings.iter().all(|finding| finding.kind() == ErrorKind::AccessDenied)
            && let Err(error) = self.read_one_byte(objects).await
        {
            findings.push(self.finding(Check::Get, error, request));
        }
        if let Some(error) = self.archived(objects) {
            findings.push(self.finding(Check::Archive, error, request));
        }
        let bytes = objects.iter().map(|object| object.size).sum();
        let mut free_bytes = None;
        if let Some(destination) = &request.destination {
            match try_destination(destination.clone(), bytes).await {
                Ok(free) => free_bytes = Some(free),
                Err((free, error)) => {
                    free_bytes = free;
                    findings.push(self.finding(Check::Disk, error, request));
                }
            }
        }
        PreflightReport {
            bucket: self.source.bucket().to_string(),
            objects: objects.len(),
            bytes,
            counted_all: request.objects.is_some() || page.continuation.is_none(),
            free_bytes,
            findings,
        }
    }

    async fn read_one_byte(&self, objects: &[ObjectMeta]) -> Result<()> {
        let Some(object) = objects.iter().find(|object| object.size > 0 && !object.is_archived())
        else {
            return Ok(());
        };
        let body = self.source.get_range(&GetRequest::pinned_to(object).with_range(0..1)).await?;
        body.bytes.try_for_each(async |_| Ok(())).await
    }

    fn archived(&self, objects: &[ObjectMeta]) -> Option<Error> {
        let mut archived = objects.iter().filter(|object| object.is_archived());
        let first = archived.next()?;
        let error = Error::new(ErrorKind::Archived)
            .with_bucket(self.source.bucket().as_str())
            .with_key(&first.key);
        let others = archived.count();
        Some(if others == 0 { error } else { error.with_reason(format!("and {others} others")) })
    }

    fn finding(&self, check: Check, error: Error, request: &PreflightRequest) -> Finding {
        let policy = error.permission().and_then(|permission| {
            PolicyDocument::granting(permission, self.source.bucket(), &request.prefix)
        });
        Finding { check, error, policy }
    }
}

/// Returns how many bytes are free, or why `bytes` cannot be written to `directory`.
async fn try_destination(directory: PathBuf, bytes: u64) -> Result<u64, (Option<u64>, Error)> {
    let existing = directory
        .ancestors()
        .find(|ancestor| ancestor.is_dir())
        .unwrap_or_else(|| Path::new("."))
        .to_owned();
    let tried = blocking(move || {
        let free = free_bytes(&existing)?;
        // A part file that is never committed: it tells whether one can be made, and is gone at once.
        PartFile::new(Destination::At(existing.join("probe"))).file()?;
        Ok(free)
    });
    let free = tried.await.map_err(|error| (None, error))?;
    if bytes <= free {
        return Ok(free);
    }
    let reason = format!("{bytes} bytes are to be fetched and {free} are free");
    Err((Some(free), Error::new(ErrorKind::DiskFull).with_path(directory).with_reason(reason)))
}

fn free_bytes(directory: &Path) -> Result<u64> {
    let status = rustix::fs::statvfs(directory).map_err(|error| Error::io(directory, error))?;
    Ok(status.f_bavail.saturating_mul(status.f_frsize))
}
