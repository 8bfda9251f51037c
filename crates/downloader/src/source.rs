//! What a place that holds objects can be asked: the seam between this crate and S3, a directory, or a double.

use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};

use crate::bucket::Bucket;
use crate::checksum::Checksum;
use crate::error::{Error, ErrorKind, Result};

/// What is known about one object without reading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ObjectMeta {
    /// The object's key.
    pub key: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its ETag without quotes: opaque, and different whenever the content is.
    pub etag: Option<String>,
    /// Its version, where the bucket keeps versions. Listings do not tell it.
    pub version_id: Option<String>,
    /// When it was written.
    pub last_modified: Option<DateTime<Utc>>,
    /// The digest of its content, where one is known. Listings seldom tell it.
    pub checksum: Option<Checksum>,
    /// Its storage class, where it is not the standard one.
    pub storage_class: Option<String>,
}

impl ObjectMeta {
    /// Returns an object of which only key and size are known; the other fields may be set.
    #[must_use]
    pub fn new(key: impl Into<String>, size: u64) -> Self {
        Self {
            key: key.into(),
            size,
            etag: None,
            version_id: None,
            last_modified: None,
            checksum: None,
            storage_class: None,
        }
    }

    /// Returns whether this is the zero-byte `name/` object that consoles make to show an empty folder.
    pub fn is_folder_marker(&self) -> bool {
        self.size == 0 && self.key.ends_with('/')
    }

    /// Returns what differs between two contents of one key.
    pub(crate) fn identity(&self) -> (u64, Option<&str>, Option<&str>) {
        (self.size, self.etag.as_deref(), self.version_id.as_deref())
    }

    /// Returns whether the object has to be restored from an archive tier before it can be read.
    pub fn is_archived(&self) -> bool {
        matches!(self.storage_class.as_deref(), Some("GLACIER" | "DEEP_ARCHIVE"))
    }
}

/// One page of a listing, to be asked of [`ObjectSource::list_page`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListRequest {
    /// What every key has to start with.
    pub prefix: String,
    /// Whether keys are cut at the first `/` after the prefix and reported once, as a common prefix.
    pub one_level: bool,
    /// Where the page before this one said to go on.
    pub continuation: Option<String>,
    /// The most keys and common prefixes to return; by default, and at most, what the source likes (1,000 on S3).
    pub limit: Option<NonZeroUsize>,
}

impl ListRequest {
    /// Asks for every object whose key starts with `prefix`.
    #[must_use]
    pub fn everything(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..Self::default() }
    }

    /// Asks for the objects and the common prefixes of the one level right after `prefix`.
    #[must_use]
    pub fn one_level(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), one_level: true, ..Self::default() }
    }

    /// Asks for the page after one that said to go on at `continuation`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnexpectedReply`] if that is the page just read: a server that does not advance would be listed for ever.
    pub(crate) fn follow(&mut self, continuation: Option<String>, bucket: &Bucket) -> Result<()> {
        if continuation.is_some() && continuation == self.continuation {
            return Err(Error::new(ErrorKind::UnexpectedReply)
                .with_bucket(bucket.as_str())
                .with_key(&self.prefix)
                .with_reason("the listing goes round in circles"));
        }
        self.continuation = continuation;
        Ok(())
    }

    /// Limits the page to `limit` entries.
    #[must_use]
    pub fn with_limit(mut self, limit: NonZeroUsize) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// One page of a listing, in the order of the keys' UTF-8 bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListPage {
    /// The objects.
    pub objects: Vec<ObjectMeta>,
    /// The common prefixes, each with its final `/`; only of a one-level listing.
    pub common_prefixes: Vec<String>,
    /// Where the next page starts. Nothing here means that the listing is complete.
    pub continuation: Option<String>,
}

impl ListPage {
    /// Returns a page.
    #[must_use]
    pub fn new(
        objects: Vec<ObjectMeta>,
        common_prefixes: Vec<String>,
        continuation: Option<String>,
    ) -> Self {
        Self { objects, common_prefixes, continuation }
    }
}

/// Bytes of one object, to be asked of [`ObjectSource::get_range`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GetRequest {
    /// The object's key.
    pub key: String,
    /// Which bytes; by default all of them. An empty object has no range that could be asked for.
    pub range: Option<Range<u64>>,
    /// The ETag that the object must still have.
    pub if_match: Option<String>,
    /// The version to read; by default the current one.
    pub version_id: Option<String>,
}

impl GetRequest {
    /// Asks for the whole current content of `key`.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), range: None, if_match: None, version_id: None }
    }

    /// Asks for the whole content of exactly the `object` that was listed.
    #[must_use]
    pub fn pinned_to(object: &ObjectMeta) -> Self {
        Self {
            key: object.key.clone(),
            range: None,
            if_match: object.etag.clone(),
            version_id: object.version_id.clone(),
        }
    }

    /// Asks for some bytes only.
    #[must_use]
    pub fn with_range(mut self, range: Range<u64>) -> Self {
        self.range = Some(range);
        self
    }

    /// Returns which bytes of an object of `size` bytes are asked for: everything, or the range, cut at the end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] if the range is empty or starts past the end.
    pub fn range_within(&self, size: u64) -> Result<Range<u64>> {
        match &self.range {
            None => Ok(0..size),
            Some(asked) if asked.start < size && asked.start < asked.end => {
                Ok(asked.start..asked.end.min(size))
            }
            Some(asked) => Err(Error::new(ErrorKind::Invalid)
                .with_key(&self.key)
                .with_reason(format!("bytes {}..{} of {size}", asked.start, asked.end))),
        }
    }
}

/// The answer to a [`GetRequest`]: what the object is, and its bytes as they arrive.
#[non_exhaustive]
pub struct ObjectBody {
    /// The object; its size is that of the whole object, whatever was asked for.
    pub meta: ObjectMeta,
    /// Which bytes of the object follow.
    pub range: Range<u64>,
    /// The bytes as stored, never decoded. May end early without an error: count them.
    pub bytes: BoxStream<'static, Result<Bytes>>,
}

impl ObjectBody {
    /// Returns an answer.
    #[must_use]
    pub fn new(
        meta: ObjectMeta,
        range: Range<u64>,
        bytes: BoxStream<'static, Result<Bytes>>,
    ) -> Self {
        Self { meta, range, bytes }
    }
}

impl fmt::Debug for ObjectBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ObjectBody")
            .field("meta", &self.meta)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

/// Who asks, and who answers, as far as a [source](ObjectSource) knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Circumstances {
    /// Who asks: the ARN of a user or role, or the id of an access key where nobody tells whose it is.
    pub caller: Option<String>,
    /// Where the credentials are from, such as `environment variables`, as far as the one who gave them out tells.
    pub credentials_from: Option<String>,
    /// Where the bucket is found.
    pub address: Option<String>,
    /// The region that the bucket is in, as far as is known.
    pub region: Option<String>,
    /// The region that it was looked for first, if that was another.
    pub configured_region: Option<String>,
    /// By how many seconds the server's clock is ahead of this machine's; known after the first answer.
    pub clock_ahead_seconds: Option<i64>,
}

/// A bucket that can be listed and read. There is no way to write to it.
///
/// A source makes each request once and reports what came of it; repeating is the business of its user, who knows the
/// deadline. The suite in `conformance` (feature `conformance`) checks what is promised here.
pub trait ObjectSource: fmt::Debug + Send + Sync {
    /// Returns the bucket that this source reads.
    fn bucket(&self) -> &Bucket;

    /// Returns one page of a listing, in the order of the keys' UTF-8 bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BucketNotFound`], [`ErrorKind::AccessDenied`], and whatever may go wrong on the way.
    fn list_page<'a>(&'a self, request: &'a ListRequest) -> BoxFuture<'a, Result<ListPage>>;

    /// Returns what is known about one object, with its checksum where it carries one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::KeyNotFound`], [`ErrorKind::AccessDenied`], and whatever may go wrong on the way.
    fn head<'a>(
        &'a self,
        key: &'a str,
        version_id: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ObjectMeta>>;

    /// Starts reading an object. A range that goes past the end is cut there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::KeyNotFound`], [`ErrorKind::Changed`] if the ETag is another, [`ErrorKind::Archived`],
    /// [`ErrorKind::Invalid`] if the range starts past the end, [`ErrorKind::AccessDenied`], and whatever may go wrong on the way.
    fn get_range<'a>(&'a self, request: &'a GetRequest) -> BoxFuture<'a, Result<ObjectBody>>;

    /// Returns how many bytes of an object were uploaded as its part `number`, counted from 1; nothing, as by default, if the
    /// source cannot tell. Without it, content cannot be compared with a composite [`Checksum`].
    ///
    /// # Errors
    ///
    /// As [`head`](Self::head).
    fn part_length<'a>(
        &'a self,
        object: &'a ObjectMeta,
        number: NonZeroU32,
    ) -> BoxFuture<'a, Result<Option<u64>>> {
        let _ = (object, number);
        Box::pin(std::future::ready(Ok(None)))
    }

    /// Returns who asks and who answers; nothing, as by default, if there is nobody to tell apart.
    fn circumstances(&self) -> BoxFuture<'_, Circumstances> {
        Box::pin(std::future::ready(Circumstances::default()))
    }
}

/// Conveniences on every [`ObjectSource`]. None of them repeats a failed request.
pub trait ObjectSourceExt: ObjectSource {
    /// Lists every object whose key starts with `prefix`, page after page. A failure ends the stream with an error: what
    /// came before it is not the whole.
    fn list<'a>(&'a self, prefix: &str) -> BoxStream<'a, Result<ObjectMeta>> {
        pages(self, ListRequest::everything(prefix))
            .map_ok(|page| stream::iter(page.objects.into_iter().map(Ok)))
            .try_flatten()
            .boxed()
    }

    /// Returns one level below `prefix`, from all pages: its objects and its common prefixes.
    ///
    /// # Errors
    ///
    /// Those of [`ObjectSource::list_page`]; there is no partial answer.
    fn list_level<'a>(&'a self, prefix: &str) -> BoxFuture<'a, Result<ListPage>> {
        let pages = pages(self, ListRequest::one_level(prefix));
        Box::pin(pages.try_fold(ListPage::default(), async |mut level, page| {
            level.objects.extend(page.objects);
            level.common_prefixes.extend(page.common_prefixes);
            Ok(level)
        }))
    }

    /// Returns the whole content of a small object, such as a manifest.
    ///
    /// # Errors
    ///
    /// Those of [`ObjectSource::get_range`], and [`ErrorKind::Truncated`].
    fn read<'a>(&'a self, key: &str) -> BoxFuture<'a, Result<Bytes>> {
        let request = GetRequest::new(key);
        Box::pin(async move {
            let mut body = self.get_range(&request).await?;
            let mut content = BytesMut::new();
            while let Some(bytes) = body.bytes.try_next().await? {
                content.extend_from_slice(&bytes);
            }
            if content.len() as u64 == body.meta.size {
                return Ok(content.freeze());
            }
            Err(Error::new(ErrorKind::Truncated)
                .with_bucket(self.bucket().as_str())
                .with_key(request.key)
                .with_reason(format!("{} of {} bytes", content.len(), body.meta.size)))
        })
    }
}

impl<S: ObjectSource + ?Sized> ObjectSourceExt for S {}

/// Asks for page after page until one has no continuation.
fn pages<S: ObjectSource + ?Sized>(
    source: &S,
    first: ListRequest,
) -> BoxStream<'_, Result<ListPage>> {
    stream::try_unfold(Some(first), move |request| async move {
        let Some(mut request) = request else { return Ok(None) };
        let page = source.list_page(&request).await?;
        let next = match &page.continuation {
            None => None,
            Some(continuation) => {
                request.follow(Some(continuation.clone()), source.bucket())?;
                Some(request)
            }
        };
        Ok(Some((page, next)))
    })
    .boxed()
}
