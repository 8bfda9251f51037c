//! Trying, with as few requests as possible, what a transfer will do.

use std::num::NonZeroUsize;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::TryStreamExt;

use crate::blocking::blocking;
use crate::directory::Destination;
use crate::error::{Error, ErrorKind, Result};
use crate::preflight::{Check, Finding, PolicyDocument, PreflightReport};
use crate::retry::{RetryPolicy, Retrying};
use crate::source::{GetRequest, ListRequest, ObjectMeta, ObjectSource, ObjectSourceExt};
use crate::transfer::PartFile;

/// Finds out beforehand whether a transfer can work: who asks, whether the bucket can be listed and an object read, in which
/// region it is and how far its clock is off, how much there is to fetch, and whether the disks take it.
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
    count_all: bool,
    destination: Option<PathBuf>,
    workspace: Option<PathBuf>,
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

    /// Sets whether all pages of the listing below the prefix are counted where no objects are named. By default only the first.
    #[must_use]
    pub fn with_full_count(mut self, count_all: bool) -> Self {
        self.count_all = count_all;
        self
    }

    /// Says in which directory they will be used, if that is another than where they are fetched to. Within one file system
    /// files are shared; elsewhere there has to be room for copies. By default it is not looked at.
    #[must_use]
    pub fn with_workspace(mut self, directory: impl Into<PathBuf>) -> Self {
        self.workspace = Some(directory.into());
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
        let mut tally = Tally::default();
        let listed = self.list(request, &mut tally).await;
        let counted_all = listed.as_ref().is_ok_and(|complete| *complete);
        findings.extend(listed.err().map(|error| self.finding(Check::List, error, request)));
        // Who may not list may yet read; but where there is no bucket or no server, reading tells nothing new.
        if findings.iter().all(|finding| finding.kind() == ErrorKind::AccessDenied)
            && let Err(error) = self.read_one_byte(tally.readable.as_ref()).await
        {
            findings.push(self.finding(Check::Get, error, request));
        }
        if let Some(error) = self.archived(&tally) {
            findings.push(self.finding(Check::Archive, error, request));
        }
        let mut free_bytes = [None, None];
        for (free, (directory, needed)) in free_bytes.iter_mut().zip(request.disks(tally.bytes)) {
            let Some(directory) = directory else { continue };
            match try_directory(directory, needed).await {
                Ok(bytes) => *free = Some(bytes),
                Err((bytes, error)) => {
                    *free = bytes;
                    findings.push(self.finding(Check::Disk, error, request));
                }
            }
        }
        let [free_bytes, workspace_free_bytes] = free_bytes;
        PreflightReport {
            bucket: self.source.bucket().to_string(),
            circumstances: self.source.circumstances().await,
            objects: tally.objects,
            bytes: tally.bytes,
            counted_all: counted_all || request.objects.is_some(),
            free_bytes,
            workspace_free_bytes,
            findings,
        }
    }

    /// Lists as much as is needed to know whether that is allowed, and what there is. Returns whether that was everything.
    async fn list(&self, request: &PreflightRequest, tally: &mut Tally) -> Result<bool> {
        let mut page = ListRequest::everything(&request.prefix);
        if let Some(objects) = &request.objects {
            for object in objects {
                tally.add(object);
            }
            // The objects are known: one entry shows whether listing is allowed.
            page = page.with_limit(NonZeroUsize::MIN);
            self.source.list_page(&page).await?;
            return Ok(true);
        }
        if request.count_all {
            let mut objects = self.source.list(&request.prefix);
            while let Some(object) = objects.try_next().await? {
                tally.add(&object);
            }
            return Ok(true);
        }
        let page = self.source.list_page(&page).await?;
        for object in &page.objects {
            tally.add(object);
        }
        Ok(page.continuation.is_none())
    }

    async fn read_one_byte(&self, object: Option<&ObjectMeta>) -> Result<()> {
        let Some(object) = object else { return Ok(()) };
        let body = self.source.get_range(&GetRequest::pinned_to(object).with_range(0..1)).await?;
        body.bytes.try_for_each(async |_| Ok(())).await
    }

    fn archived(&self, tally: &Tally) -> Option<Error> {
        let error = Error::new(ErrorKind::Archived)
            .with_bucket(self.source.bucket().as_str())
            .with_key(tally.first_archived.as_ref()?);
        let others = tally.archived - 1;
        Some(if others == 0 { error } else { error.with_reason(format!("and {others} others")) })
    }

    fn finding(&self, check: Check, error: Error, request: &PreflightRequest) -> Finding {
        let policy = error.permission().and_then(|permission| {
            let key = error.encryption_key();
            PolicyDocument::granting(permission, self.source.bucket(), &request.prefix, key)
        });
        Finding { check, error, policy }
    }
}

/// What objects there are, without keeping them.
#[derive(Debug, Default)]
struct Tally {
    objects: usize,
    bytes: u64,
    /// The first of which a byte can be read.
    readable: Option<ObjectMeta>,
    first_archived: Option<String>,
    archived: usize,
}

impl Tally {
    fn add(&mut self, object: &ObjectMeta) {
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(object.size);
        if object.is_archived() {
            self.archived += 1;
            self.first_archived.get_or_insert_with(|| object.key.clone());
        } else if object.size > 0 && self.readable.is_none() {
            self.readable = Some(object.clone());
        }
    }
}

impl PreflightRequest {
    /// Returns the directories, and how many bytes each has to take.
    fn disks(&self, bytes: u64) -> [(Option<PathBuf>, u64); 2] {
        let share = match (&self.destination, &self.workspace) {
            (Some(destination), Some(workspace)) if on_one_disk(destination, workspace) => 0,
            _ => bytes,
        };
        [(self.destination.clone(), bytes), (self.workspace.clone(), share)]
    }
}

/// Returns the directory itself, or the nearest above it that exists.
fn existing(directory: &Path) -> &Path {
    directory.ancestors().find(|ancestor| ancestor.is_dir()).unwrap_or_else(|| Path::new("."))
}

fn on_one_disk(one: &Path, other: &Path) -> bool {
    let device = |path| existing(path).metadata().map(|metadata| metadata.dev()).ok();
    device(one).is_some() && device(one) == device(other)
}

/// Returns how many bytes are free, or why `bytes` cannot be written to `directory`.
async fn try_directory(directory: PathBuf, bytes: u64) -> Result<u64, (Option<u64>, Error)> {
    let existing = existing(&directory).to_owned();
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
