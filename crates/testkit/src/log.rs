//! The request log: what clients asked for and what they were sent.

use std::fmt;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// An S3 operation that the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Operation {
    /// `ListBuckets`
    ListBuckets,
    /// `CreateBucket`
    CreateBucket,
    /// `DeleteBucket`
    DeleteBucket,
    /// `HeadBucket`
    HeadBucket,
    /// `GetBucketLocation`
    GetBucketLocation,
    /// `GetBucketVersioning`
    GetBucketVersioning,
    /// `PutBucketVersioning`
    PutBucketVersioning,
    /// `ListObjects`, the first version
    ListObjects,
    /// `ListObjectsV2`
    ListObjectsV2,
    /// `ListObjectVersions`
    ListObjectVersions,
    /// `GetObject`
    GetObject,
    /// `HeadObject`
    HeadObject,
    /// `PutObject`
    PutObject,
    /// `CopyObject`
    CopyObject,
    /// `DeleteObject`
    DeleteObject,
    /// `DeleteObjects`
    DeleteObjects,
    /// `CreateMultipartUpload`
    CreateMultipartUpload,
    /// `UploadPart`
    UploadPart,
    /// `CompleteMultipartUpload`
    CompleteMultipartUpload,
    /// `AbortMultipartUpload`
    AbortMultipartUpload,
    /// An operation that the server does not answer, or a request refused before its operation was known (a wrong
    /// signature, for example).
    Unknown,
}

impl Operation {
    const KNOWN: [Self; 20] = [
        Self::ListBuckets,
        Self::CreateBucket,
        Self::DeleteBucket,
        Self::HeadBucket,
        Self::GetBucketLocation,
        Self::GetBucketVersioning,
        Self::PutBucketVersioning,
        Self::ListObjects,
        Self::ListObjectsV2,
        Self::ListObjectVersions,
        Self::GetObject,
        Self::HeadObject,
        Self::PutObject,
        Self::CopyObject,
        Self::DeleteObject,
        Self::DeleteObjects,
        Self::CreateMultipartUpload,
        Self::UploadPart,
        Self::CompleteMultipartUpload,
        Self::AbortMultipartUpload,
    ];

    pub(crate) fn from_name(name: &str) -> Self {
        let is_named = |operation: &Self| operation.to_string() == name;
        Self::KNOWN.into_iter().find(is_named).unwrap_or(Self::Unknown)
    }
}

/// The operation's name in the S3 API.
impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The variants are named as the API names the operations.
        fmt::Debug::fmt(self, formatter)
    }
}

/// One request that the server received.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// What was asked for.
    pub operation: Operation,
    /// The bucket, unless the request was about none or was refused before it was read.
    pub bucket: Option<String>,
    /// The object's key, for operations on one object.
    pub key: Option<String>,
    /// The prefix, for listings.
    pub prefix: Option<String>,
    /// The `Range` header as it came.
    pub range: Option<String>,
    /// The answer's status; none while it is being made and when the connection was closed instead.
    pub status: Option<u16>,
    /// How many bytes of the answer's body went out.
    pub bytes_sent: u64,
}

/// What a request is about, known once its signature was checked.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) operation: Operation,
    pub(crate) bucket: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) prefix: Option<String>,
}

/// A request that may still be under way.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    range: Option<String>,
    subject: OnceLock<Subject>,
    status: AtomicU16,
    bytes_sent: AtomicU64,
}

impl Entry {
    pub(crate) fn is_about(&self, subject: Subject) {
        self.subject.get_or_init(|| subject);
    }

    pub(crate) fn answers(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    pub(crate) fn sends(&self, bytes: u64) {
        self.bytes_sent.fetch_add(bytes, Ordering::Relaxed);
    }

    fn request(&self) -> Request {
        let subject = self.subject.get();
        let status = self.status.load(Ordering::Relaxed);
        Request {
            operation: subject.map_or(Operation::Unknown, |subject| subject.operation),
            bucket: subject.and_then(|subject| subject.bucket.clone()),
            key: subject.and_then(|subject| subject.key.clone()),
            prefix: subject.and_then(|subject| subject.prefix.clone()),
            range: self.range.clone(),
            status: (status != 0).then_some(status),
            bytes_sent: self.bytes_sent.load(Ordering::Relaxed),
        }
    }
}

/// All requests, in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: Mutex<Vec<Arc<Entry>>>,
}

impl Log {
    /// Opens the entry of a request that has just come.
    pub(crate) fn open(&self, range: Option<String>) -> Arc<Entry> {
        let entry = Arc::new(Entry { range, ..Entry::default() });
        self.entries().push(Arc::clone(&entry));
        entry
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.entries().iter().map(|entry| entry.request()).collect()
    }

    pub(crate) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.entries()).iter().map(|entry| entry.request()).collect()
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Arc<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Operation;

    #[test]
    fn operations_are_found_by_their_names() {
        for operation in Operation::KNOWN {
            assert_eq!(Operation::from_name(&operation.to_string()), operation);
        }
        assert_eq!(Operation::from_name("GetObjectTorrent"), Operation::Unknown);
    }
}
