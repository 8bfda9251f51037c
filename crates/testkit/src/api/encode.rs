//! Values in the form that answers carry them.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use s3s::dto::{ChecksumAlgorithm, ChecksumType, ETag, Timestamp};

use crate::store::StoredObject;

pub(super) fn timestamp(time: DateTime<Utc>) -> Timestamp {
    SystemTime::from(time).into()
}

/// The storage class as listings name it.
pub(super) fn storage_class(object: &StoredObject) -> String {
    object.storage_class.clone().unwrap_or_else(|| "STANDARD".to_owned())
}

/// A time as HTTP headers have it.
pub(crate) fn http_date(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

pub(super) fn etag(object: &StoredObject) -> ETag {
    ETag::Strong(object.etag.clone())
}

pub(super) fn size(bytes: usize) -> Option<i64> {
    i64::try_from(bytes).ok()
}

pub(super) fn checksum_algorithms(object: &StoredObject) -> Option<Vec<ChecksumAlgorithm>> {
    let checksum = object.checksum.as_ref()?;
    Some(vec![ChecksumAlgorithm::from_static(checksum.algorithm.as_str())])
}

pub(super) fn checksum_type(object: &StoredObject) -> Option<ChecksumType> {
    let checksum = object.checksum.as_ref()?;
    Some(ChecksumType::from_static(checksum.type_name()))
}

/// Keys and prefixes of one listing: verbatim, or percent-encoded if the client asked for `encoding-type=url`.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyEncoding {
    is_url: bool,
}

impl KeyEncoding {
    pub(super) fn new(encoding_type: Option<&s3s::dto::EncodingType>) -> Self {
        Self { is_url: encoding_type.is_some_and(|encoding| encoding.as_str() == "url") }
    }

    /// S3 writes a space as `+` and leaves `/` as it is.
    pub(super) fn text(self, text: &str) -> String {
        if !self.is_url {
            return text.to_owned();
        }
        let segments: Vec<String> = text
            .split('/')
            .map(|segment| form_urlencoded::byte_serialize(segment.as_bytes()).collect())
            .collect();
        segments.join("/")
    }

    pub(super) fn optional(self, text: Option<&str>) -> Option<String> {
        text.map(|text| self.text(text))
    }
}
