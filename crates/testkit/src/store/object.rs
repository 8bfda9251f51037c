//! What is stored under a key: versions, each an object or a delete marker.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName};

use super::Checksum;

/// The headers of an upload that S3 keeps and returns as they are, besides `x-amz-meta-*`.
const KEPT_HEADERS: [HeaderName; 6] = [
    http::header::CACHE_CONTROL,
    http::header::CONTENT_DISPOSITION,
    http::header::CONTENT_ENCODING,
    http::header::CONTENT_LANGUAGE,
    http::header::CONTENT_TYPE,
    http::header::EXPIRES,
];

/// One stored body with all that is returned with it.
#[derive(Debug, Clone)]
pub(crate) struct StoredObject {
    pub(crate) body: Bytes,
    /// Without quotes.
    pub(crate) etag: String,
    pub(crate) checksum: Option<Checksum>,
    /// The sizes of the parts it was uploaded in; empty if it was put in one piece.
    pub(crate) parts: Vec<usize>,
    /// Content type, encoding, user metadata: returned as they came.
    pub(crate) headers: HeaderMap,
    /// `None` is `STANDARD`.
    pub(crate) storage_class: Option<String>,
    pub(crate) last_modified: DateTime<Utc>,
}

impl StoredObject {
    /// Whether the object must be restored before it can be read.
    pub(crate) fn is_archived(&self) -> bool {
        matches!(self.storage_class.as_deref(), Some("GLACIER" | "DEEP_ARCHIVE"))
    }

    /// Those headers of an upload that belong to the object.
    pub(crate) fn kept_headers(upload: &HeaderMap) -> HeaderMap {
        let is_kept = |name: &HeaderName| {
            KEPT_HEADERS.contains(name) || name.as_str().starts_with("x-amz-meta-")
        };
        let mut kept: HeaderMap = upload
            .iter()
            .filter(|(name, _)| is_kept(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        drop_transfer_encoding(&mut kept);
        kept
    }
}

/// Removes `aws-chunked` from a content encoding: it describes the upload, not the object.
fn drop_transfer_encoding(headers: &mut HeaderMap) {
    let Some(value) = headers.get(http::header::CONTENT_ENCODING) else { return };
    let codings = value.to_str().unwrap_or_default().split(',').map(str::trim);
    let stored: Vec<&str> = codings.filter(|coding| *coding != "aws-chunked").collect();
    match http::HeaderValue::from_str(&stored.join(",")) {
        Ok(value) if !value.is_empty() => {
            headers.insert(http::header::CONTENT_ENCODING, value);
        }
        _ => {
            headers.remove(http::header::CONTENT_ENCODING);
        }
    }
}

/// One version of a key.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    /// `null` for what was put while versioning was off.
    pub(crate) id: String,
    pub(crate) content: Content,
}

/// What a version holds.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Object(Arc<StoredObject>),
    DeleteMarker { since: DateTime<Utc> },
}

impl Version {
    pub(crate) fn object(&self) -> Option<&Arc<StoredObject>> {
        match &self.content {
            Content::Object(object) => Some(object),
            Content::DeleteMarker { .. } => None,
        }
    }
}
