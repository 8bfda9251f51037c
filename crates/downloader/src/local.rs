//! A local directory that mirrors one bucket.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt};
use rustix::io::Errno;

use crate::blocking::blocking;
use crate::bucket::Bucket;
use crate::directory::Directory;
use crate::error::{Error, ErrorKind, Result};
use crate::source::{GetRequest, ListPage, ListRequest, ObjectBody, ObjectMeta, ObjectSource};

/// The most entries on a page, as on S3.
const PAGE: usize = 1_000;
/// How much is read at a time.
const PIECE: u64 = 256 * 1024;

/// A local directory that mirrors one bucket: the file at `a/b.csv` below it is the object `a/b.csv`.
///
/// It behaves as a bucket does, with these differences:
/// - What cannot be a file does not exist: keys with an empty, `.` or `..` part, with NUL or a final `/`. Files whose names are
///   not UTF-8 are not listed; neither are empty directories.
/// - Symbolic links are not followed and are not objects; only the directory itself may be reached through one.
/// - The ETag is made of the file's inode, length, modification time and status-change time. It changes whenever the content
///   does (setting the modification time back does not hide a change, to the clock tick of the file system), and also when a
///   file is moved, copied or given another mode.
/// - There are no versions and no checksums.
#[derive(Clone, Debug)]
pub struct LocalSource {
    bucket: Bucket,
    root: Arc<Path>,
}

impl LocalSource {
    /// Returns a source for `directory`. Whether it exists shows at the first request, as with any bucket.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] if the path is not absolute or not UTF-8.
    pub fn new(directory: impl Into<PathBuf>) -> Result<Self> {
        let bucket = Bucket::from_directory(directory)?;
        let root = bucket.directory().unwrap_or_else(|| Path::new("")).into();
        Ok(Self { bucket, root })
    }

    /// Runs `work` where it may block.
    async fn unblocked<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let this = self.clone();
        blocking(move || work(&this)).await
    }

    fn error(&self, kind: ErrorKind, key: &str) -> Error {
        Error::new(kind).with_bucket(self.bucket.as_str()).with_key(key)
    }

    /// Says what a failed file operation means for a reader of the bucket.
    fn failed(&self, key: &str, source: io::Error) -> Error {
        let kind = match source.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::InvalidFilename => ErrorKind::KeyNotFound,
            // The file has become shorter than it was.
            io::ErrorKind::UnexpectedEof => ErrorKind::Changed,
            // A link where none is followed.
            _ if source.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
                ErrorKind::KeyNotFound
            }
            io::ErrorKind::PermissionDenied => ErrorKind::AccessDenied,
            _ => ErrorKind::Io,
        };
        self.error(kind, key).with_source(source)
    }

    fn open_root(&self) -> Result<Directory> {
        Directory::open(&self.root).map_err(|source| {
            let kind = match source.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ErrorKind::BucketNotFound,
                io::ErrorKind::PermissionDenied => ErrorKind::AccessDenied,
                _ => ErrorKind::Io,
            };
            Error::new(kind).with_bucket(self.bucket.as_str()).with_source(source)
        })
    }

    fn open(&self, key: &str, version_id: Option<&str>) -> Result<(File, ObjectMeta)> {
        let root = self.open_root()?;
        if !is_path(key) || version_id.is_some() {
            return Err(self.error(ErrorKind::KeyNotFound, key));
        }
        let path = Path::new(key);
        let parent = path.parent().unwrap_or_else(|| Path::new(""));
        let name = path.file_name().unwrap_or_else(|| OsStr::new(""));
        let opened = root.open_below(parent).and_then(|directory| directory.open_file(name));
        let file = opened.map_err(|source| self.failed(key, source))?;
        let metadata = file.metadata().map_err(|source| self.failed(key, source))?;
        if !metadata.is_file() {
            return Err(self.error(ErrorKind::KeyNotFound, key));
        }
        Ok((file, describe(key.to_owned(), &metadata)))
    }

    fn get(&self, request: &GetRequest) -> Result<ObjectBody> {
        let (file, meta) = self.open(&request.key, request.version_id.as_deref())?;
        if request.if_match.is_some() && request.if_match != meta.etag {
            return Err(self.error(ErrorKind::Changed, &request.key));
        }
        let range = request
            .range_within(meta.size)
            .map_err(|error| error.with_bucket(self.bucket.as_str()))?;
        let bytes = self.clone().stream(Arc::new(file), meta.clone(), range.clone());
        Ok(ObjectBody::new(meta, range, bytes))
    }

    /// Reads a file piece by piece. After the last one the file must still be what it was before the first.
    fn stream(
        self,
        file: Arc<File>,
        meta: ObjectMeta,
        range: Range<u64>,
    ) -> BoxStream<'static, Result<Bytes>> {
        stream::try_unfold((self, file, meta, range), |(source, file, meta, range)| async move {
            if range.is_empty() {
                return Ok(None);
            }
            let (state, piece) = blocking(move || {
                let count = PIECE.min(range.end - range.start);
                let failed = |error| source.failed(&meta.key, error);
                let mut piece = BytesMut::zeroed(usize::try_from(count).unwrap_or_default());
                file.read_exact_at(&mut piece, range.start).map_err(failed)?;
                let rest = range.start + count..range.end;
                if rest.is_empty() && Some(identity(&file.metadata().map_err(failed)?)) != meta.etag
                {
                    return Err(source.error(ErrorKind::Changed, &meta.key));
                }
                Ok(((source, file, meta, rest), piece.freeze()))
            })
            .await?;
            Ok(Some((piece, state)))
        })
        .boxed()
    }

    fn list(&self, request: &ListRequest) -> Result<ListPage> {
        let root = self.open_root()?;
        let base = request.prefix.rfind('/').map_or("", |slash| &request.prefix[..=slash]);
        let parent = base.strip_suffix('/').unwrap_or(base);
        let mut walk = Walk::new(request);
        if !base.is_empty() && !is_path(parent) {
            return Ok(walk.page);
        }
        // Opened for the sake of links on the way, which are not followed.
        match root
            .open_below(Path::new(parent))
            .map_err(|source| self.failed(&request.prefix, source))
        {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::KeyNotFound => return Ok(walk.page),
            Err(error) => return Err(error),
        }
        walk.visit(&self.root.join(parent), base)
            .map_err(|source| self.failed(&request.prefix, source))?;
        Ok(walk.page)
    }
}

impl ObjectSource for LocalSource {
    fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    fn list_page<'a>(&'a self, request: &'a ListRequest) -> BoxFuture<'a, Result<ListPage>> {
        let request = request.clone();
        Box::pin(self.unblocked(move |this| this.list(&request)))
    }

    fn head<'a>(
        &'a self,
        key: &'a str,
        version_id: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ObjectMeta>> {
        let (key, version_id) = (key.to_owned(), version_id.map(ToOwned::to_owned));
        Box::pin(self.unblocked(move |this| Ok(this.open(&key, version_id.as_deref())?.1)))
    }

    fn get_range<'a>(&'a self, request: &'a GetRequest) -> BoxFuture<'a, Result<ObjectBody>> {
        let request = request.clone();
        Box::pin(self.unblocked(move |this| this.get(&request)))
    }
}

/// Goes through a directory tree in the order of the keys and collects one page.
struct Walk<'a> {
    request: &'a ListRequest,
    limit: usize,
    last: Option<String>,
    page: ListPage,
}

impl<'a> Walk<'a> {
    fn new(request: &'a ListRequest) -> Self {
        let limit = request.limit.map_or(PAGE, NonZeroUsize::get).min(PAGE);
        Self { request, limit, last: None, page: ListPage::default() }
    }

    /// Visits a directory whose keys start with `base`. Returns false once the page is full.
    fn visit(&mut self, directory: &Path, base: &str) -> io::Result<bool> {
        for (name, is_directory) in entries(directory)? {
            let key = format!("{base}{name}");
            let path = directory.join(name.trim_end_matches('/'));
            let goes_on =
                if is_directory { self.enter(&path, key)? } else { self.add_file(&path, key)? };
            if !goes_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn enter(&mut self, path: &Path, key: String) -> io::Result<bool> {
        if !key.starts_with(&self.request.prefix) {
            return Ok(true);
        }
        let before_page = self.is_before_page(&key);
        if self.request.one_level {
            return if before_page || !holds_file(path)? {
                Ok(true)
            } else {
                Ok(self.add(key, None))
            };
        }
        let holds_start =
            self.request.continuation.as_ref().is_some_and(|start| start.starts_with(&key));
        if before_page && !holds_start { Ok(true) } else { self.visit(path, &key) }
    }

    fn add_file(&mut self, path: &Path, key: String) -> io::Result<bool> {
        if !key.starts_with(&self.request.prefix) || self.is_before_page(&key) {
            return Ok(true);
        }
        match std::fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_file() => {
                let meta = describe(key.clone(), &metadata);
                Ok(self.add(key, Some(meta)))
            }
            Ok(_) => Ok(true),
            // Removed since the directory was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn is_before_page(&self, key: &str) -> bool {
        self.request.continuation.as_deref().is_some_and(|start| key <= start)
    }

    /// Adds an object or a common prefix, unless the page is full.
    fn add(&mut self, key: String, object: Option<ObjectMeta>) -> bool {
        if self.page.objects.len() + self.page.common_prefixes.len() == self.limit {
            self.page.continuation = self.last.take();
            return false;
        }
        self.last = Some(key.clone());
        match object {
            Some(object) => self.page.objects.push(object),
            None => self.page.common_prefixes.push(key),
        }
        true
    }
}

/// Returns the files and directories in a directory, the latter with a final `/`, in the order of the keys they begin.
fn entries(directory: &Path) -> io::Result<Vec<(String, bool)>> {
    let mut entries = Vec::new();
    let listing = match std::fs::read_dir(directory) {
        // Removed since the directory above it was read.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(entries),
        listing => listing?,
    };
    for entry in listing {
        let entry = entry?;
        let file_type = entry.file_type()?;
        let Ok(mut name) = entry.file_name().into_string() else { continue };
        if file_type.is_dir() {
            name.push('/');
            entries.push((name, true));
        } else if file_type.is_file() {
            entries.push((name, false));
        }
    }
    entries.sort_unstable();
    Ok(entries)
}

/// Returns whether there is any object below a directory.
fn holds_file(directory: &Path) -> io::Result<bool> {
    for (name, is_directory) in entries(directory)? {
        if !is_directory || holds_file(&directory.join(name))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns whether a key can be a path below a directory.
fn is_path(key: &str) -> bool {
    !key.contains('\0') && key.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn describe(key: String, metadata: &Metadata) -> ObjectMeta {
    let mut meta = ObjectMeta::new(key, metadata.len());
    meta.etag = Some(identity(metadata));
    meta.last_modified = metadata.modified().ok().map(DateTime::<Utc>::from);
    meta
}

/// What changes whenever the content of a file does.
fn identity(metadata: &Metadata) -> String {
    format!(
        "{:x}-{:x}-{:x}.{:x}-{:x}.{:x}",
        metadata.ino(),
        metadata.len(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    )
}
