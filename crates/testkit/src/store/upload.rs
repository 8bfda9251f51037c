//! Multipart uploads: parts that become one object when the upload is completed.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use s3s::{S3Result, s3_error};

use super::{Checksum, ChecksumAlgorithm, Md5Sum, StoredObject, now};

/// Every part but the last must have this size.
const MIN_PART_BYTES: usize = 5 << 20;

/// An upload under way.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) key: String,
    pub(crate) headers: HeaderMap,
    pub(crate) storage_class: Option<String>,
    pub(crate) algorithm: ChecksumAlgorithm,
    pub(crate) is_composite: bool,
    pub(crate) parts: BTreeMap<i32, Part>,
}

/// One uploaded part.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) body: Bytes,
    pub(crate) md5: Md5Sum,
}

impl Part {
    pub(crate) fn new(body: Bytes) -> Self {
        Self { md5: Md5Sum::of(&body), body }
    }
}

impl Upload {
    /// Joins the parts that the client lists, by number and ETag.
    pub(crate) fn complete(&self, listed: &[(i32, Option<String>)]) -> S3Result<StoredObject> {
        if listed.is_empty() {
            return Err(s3_error!(MalformedXML, "You must specify at least one part"));
        }
        if !listed.is_sorted_by_key(|(number, _)| *number) {
            return Err(s3_error!(
                InvalidPartOrder,
                "The list of parts was not in ascending order."
            ));
        }
        let parts: Vec<&Part> = listed
            .iter()
            .map(|(number, etag)| self.part(*number, etag.as_deref()))
            .collect::<S3Result<_>>()?;
        let all_but_last = parts.len() - 1;
        if parts.iter().take(all_but_last).any(|part| part.body.len() < MIN_PART_BYTES) {
            return Err(s3_error!(
                EntityTooSmall,
                "Your proposed upload is smaller than the minimum allowed size"
            ));
        }
        Ok(join(&parts, self))
    }

    fn part(&self, number: i32, etag: Option<&str>) -> S3Result<&Part> {
        self.parts
            .get(&number)
            .filter(|part| etag.is_none_or(|etag| etag == part.md5.etag()))
            .ok_or_else(|| {
                s3_error!(InvalidPart, "One or more of the specified parts could not be found.")
            })
    }
}

fn join(parts: &[&Part], upload: &Upload) -> StoredObject {
    let mut body = BytesMut::with_capacity(parts.iter().map(|part| part.body.len()).sum());
    for part in parts {
        body.extend_from_slice(&part.body);
    }
    let body = body.freeze();
    let checksum = if upload.is_composite {
        Checksum::of_parts(upload.algorithm, parts.iter().map(|part| part.body.as_ref()))
    } else {
        Checksum::of(upload.algorithm, &body)
    };
    let sums: Vec<Md5Sum> = parts.iter().map(|part| part.md5).collect();
    StoredObject {
        body,
        etag: Md5Sum::multipart_etag(&sums),
        checksum: Some(checksum),
        parts: parts.iter().map(|part| part.body.len()).collect(),
        headers: upload.headers.clone(),
        storage_class: upload.storage_class.clone(),
        last_modified: now(),
    }
}
