//! Conditional requests, in the order of precedence that S3 documents.

use http::{HeaderMap, HeaderValue};
use s3s::dto::{ETagCondition, Timestamp};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::encode;
use crate::store::StoredObject;

/// The conditions of a read.
#[derive(Debug, Default)]
#[expect(clippy::struct_field_names, reason = "they are the names of the headers")]
pub(super) struct Conditions {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
    pub(super) if_modified_since: Option<Timestamp>,
    pub(super) if_unmodified_since: Option<Timestamp>,
}

impl Conditions {
    /// Answers 412 or 304 if the object does not meet them.
    ///
    /// An ETag that matches outweighs a date that doesn't, for both pairs of headers.
    pub(super) fn check(&self, object: &StoredObject) -> S3Result<()> {
        let modified = encode::timestamp(object.last_modified);
        let is_refused = match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) => !matches(condition, object),
            (None, Some(since)) => modified > *since,
            (None, None) => false,
        };
        if is_refused {
            return Err(precondition_failed());
        }
        let is_unchanged = match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) => matches(condition, object),
            (None, Some(since)) => modified <= *since,
            (None, None) => false,
        };
        if is_unchanged { Err(not_modified(object)) } else { Ok(()) }
    }
}

/// Checks the conditions of a write against the object it would replace.
pub(super) fn check_write(
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
    current: Option<&StoredObject>,
) -> S3Result<()> {
    match (if_match, current) {
        (Some(_), None) => {
            return Err(s3_error!(NoSuchKey, "The specified key does not exist."));
        }
        (Some(condition), Some(current)) if !matches(condition, current) => {
            return Err(precondition_failed());
        }
        _ => {}
    }
    match (if_none_match, current) {
        (Some(condition), Some(current)) if matches(condition, current) => {
            Err(precondition_failed())
        }
        _ => Ok(()),
    }
}

fn matches(condition: &ETagCondition, object: &StoredObject) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(etag) => etag.value() == object.etag,
    }
}

fn precondition_failed() -> S3Error {
    s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
}

fn not_modified(object: &StoredObject) -> S3Error {
    let mut headers = HeaderMap::new();
    if let Ok(etag) = encode::etag(object).to_http_header() {
        headers.insert(http::header::ETAG, etag);
    }
    if let Ok(date) = HeaderValue::from_str(&encode::http_date(object.last_modified)) {
        headers.insert(http::header::LAST_MODIFIED, date);
    }
    let mut error = S3Error::new(S3ErrorCode::NotModified);
    error.set_headers(headers);
    error
}
