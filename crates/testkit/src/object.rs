//! Objects as tests describe them.

use bytes::Bytes;
use chrono::{DateTime, SubsecRound, Utc};
use http::{HeaderMap, HeaderValue};

use crate::store::{Checksum, ChecksumAlgorithm, Md5Sum, StoredObject, now};

/// An object to put into a [`TestBucket`](crate::TestBucket): a body, and whatever else the test is about.
///
/// ```
/// use reenact_testkit::{ChecksumAlgorithm, TestObject};
///
/// // Uploaded in three parts: the ETag is no MD5, the checksum is made of the parts' checksums.
/// let object = TestObject::new("0123456789").part_size(4).checksum(ChecksumAlgorithm::Sha256);
/// ```
#[derive(Debug, Clone)]
pub struct TestObject {
    body: Bytes,
    last_modified: Option<DateTime<Utc>>,
    checksum: Option<ChecksumAlgorithm>,
    part_size: Option<usize>,
    etag: Option<String>,
    storage_class: Option<String>,
    headers: HeaderMap,
}

impl TestObject {
    /// An object put now, in one piece, with the checksum that S3 adds by itself (CRC-64/NVME).
    pub fn new(body: impl Into<Bytes>) -> Self {
        Self {
            body: body.into(),
            last_modified: None,
            checksum: Some(ChecksumAlgorithm::Crc64Nvme),
            part_size: None,
            etag: None,
            storage_class: None,
            headers: HeaderMap::new(),
        }
    }

    /// When it was last modified, in whole seconds; default: now.
    #[must_use]
    pub fn last_modified(mut self, time: DateTime<Utc>) -> Self {
        self.last_modified = Some(time.trunc_subsecs(0));
        self
    }

    /// The checksum stored with it. For an object in parts, CRC-64/NVME is that of the whole object, any other a
    /// composite of the parts' checksums.
    #[must_use]
    pub fn checksum(mut self, algorithm: ChecksumAlgorithm) -> Self {
        self.checksum = Some(algorithm);
        self
    }

    /// No checksum, as objects have that were uploaded before 2025.
    #[must_use]
    pub fn without_checksum(mut self) -> Self {
        self.checksum = None;
        self
    }

    /// Uploaded in parts of this many bytes (at least 1): the ETag is `md5-of-md5s-N`.
    #[must_use]
    pub fn part_size(mut self, bytes: usize) -> Self {
        self.part_size = Some(bytes.max(1));
        self
    }

    /// An ETag (without quotes) that is no digest of the body, as of objects encrypted with KMS.
    #[must_use]
    pub fn etag(mut self, etag: impl Into<String>) -> Self {
        self.etag = Some(etag.into());
        self
    }

    /// A storage class such as `STANDARD_IA`. `GLACIER` and `DEEP_ARCHIVE` can't be read.
    #[must_use]
    pub fn storage_class(mut self, class: impl Into<String>) -> Self {
        self.storage_class = Some(class.into());
        self
    }

    /// A `Content-Encoding` such as `gzip`, stored and returned as it is; the body is not touched.
    #[must_use]
    pub fn content_encoding(mut self, encoding: HeaderValue) -> Self {
        self.headers.insert(http::header::CONTENT_ENCODING, encoding);
        self
    }

    pub(crate) fn into_stored(self) -> StoredObject {
        let parts: Vec<&[u8]> = match self.part_size {
            None => Vec::new(),
            Some(_) if self.body.is_empty() => vec![&[]],
            Some(size) => self.body.chunks(size).collect(),
        };
        let etag = self.etag.unwrap_or_else(|| {
            if parts.is_empty() {
                return Md5Sum::of(&self.body).etag();
            }
            let sums: Vec<Md5Sum> = parts.iter().map(|part| Md5Sum::of(part)).collect();
            Md5Sum::multipart_etag(&sums)
        });
        let checksum = self.checksum.map(|algorithm| {
            if parts.is_empty() || !algorithm.is_composite_by_default() {
                Checksum::of(algorithm, &self.body)
            } else {
                Checksum::of_parts(algorithm, parts.iter().copied())
            }
        });
        StoredObject {
            etag,
            checksum,
            parts: parts.iter().map(|part| part.len()).collect(),
            headers: self.headers,
            storage_class: self.storage_class,
            last_modified: self.last_modified.unwrap_or_else(now),
            body: self.body,
        }
    }
}
