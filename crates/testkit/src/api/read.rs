//! Reading one object: conditions, ranges, parts, versions and checksums.

use std::ops::Range as Span;

use http::{HeaderMap, HeaderValue, StatusCode};
use s3s::dto::{
    GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, Range, StreamingBlob,
};
use s3s::{Body, S3Error, S3ErrorCode, S3Response, S3Result, s3_error};

use super::condition::Conditions;
use super::encode;
use super::service::Service;
use crate::policy::Action;
use crate::store::{Found, StoredObject};

/// What HEAD and GET have in common.
struct Query {
    bucket: String,
    key: String,
    version_id: Option<String>,
    conditions: Conditions,
    range: Option<Range>,
    part_number: Option<i32>,
    wants_checksum: bool,
}

/// The object that a query found and the part of it to return.
struct Reading {
    found: Found,
    span: Span<usize>,
    content_range: Option<String>,
    parts_count: Option<i32>,
    headers: HeaderMap,
}

impl Service {
    pub(super) fn get(&self, input: GetObjectInput) -> S3Result<S3Response<GetObjectOutput>> {
        let reading = self.read(&Query::from(input))?;
        let object = &reading.found.object;
        if object.is_archived() {
            return Err(s3_error!(
                InvalidObjectState,
                "The operation is not valid for the object's storage class"
            ));
        }
        let body = object.body.slice(reading.span.clone());
        let output = GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: encode::size(body.len()),
            content_range: reading.content_range,
            e_tag: Some(encode::etag(object)),
            last_modified: Some(encode::timestamp(object.last_modified)),
            parts_count: reading.parts_count,
            version_id: reading.found.version_id,
            body: Some(StreamingBlob::from(Body::from(body))),
            ..GetObjectOutput::default()
        };
        Ok(S3Response::with_headers(output, reading.headers))
    }

    pub(super) fn head(&self, input: HeadObjectInput) -> S3Result<S3Response<HeadObjectOutput>> {
        let reading = self.read(&Query::from(input))?;
        let object = &reading.found.object;
        let output = HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: encode::size(reading.span.len()),
            content_range: reading.content_range,
            e_tag: Some(encode::etag(object)),
            last_modified: Some(encode::timestamp(object.last_modified)),
            parts_count: reading.parts_count,
            version_id: reading.found.version_id,
            ..HeadObjectOutput::default()
        };
        Ok(S3Response::with_headers(output, reading.headers))
    }

    fn read(&self, query: &Query) -> S3Result<Reading> {
        let found = self
            .store
            .with(&query.bucket, |bucket| bucket.find(&query.key, query.version_id.as_deref()))
            .map_err(|error| self.hide_absence(query, error))?;
        query.conditions.check(&found.object)?;
        let (span, parts_count) = span(query, &found.object)?;
        let is_partial = query.range.is_some() || query.part_number.is_some();
        let content_range = is_partial.then(|| content_range(&span, found.object.body.len()));
        let headers = headers(&found.object, query.wants_checksum && !is_partial);
        Ok(Reading { found, span, content_range, parts_count, headers })
    }

    /// Who may not list must not learn from a 404 what is missing.
    fn hide_absence(&self, query: &Query, error: S3Error) -> S3Error {
        let is_absence = *error.code() == S3ErrorCode::NoSuchKey;
        if is_absence && self.policies.is_denied(Action::List, &query.bucket, &query.key) {
            return s3_error!(AccessDenied, "Access Denied");
        }
        error
    }
}

/// The bytes that a query asks for and, for a part, how many parts there are.
fn span(query: &Query, object: &StoredObject) -> S3Result<(Span<usize>, Option<i32>)> {
    let length = object.body.len();
    if let Some(number) = query.part_number {
        return part_span(number, object);
    }
    let Some(range) = query.range else { return Ok((0..length, None)) };
    let span = range.check(length as u64).ok().filter(|_| length > 0);
    let Some(span) = span else { return Err(range_error(length)) };
    Ok((index(span.start)..index(span.end), None))
}

fn part_span(number: i32, object: &StoredObject) -> S3Result<(Span<usize>, Option<i32>)> {
    let whole = [object.body.len()];
    let parts = if object.parts.is_empty() { &whole } else { object.parts.as_slice() };
    let position = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let Some((position, size)) = position.and_then(|at| Some((at, *parts.get(at)?))) else {
        let code = S3ErrorCode::Custom("InvalidPartNumber".into());
        let mut error = S3Error::with_message(code, "The requested partnumber is not satisfiable");
        error.set_status_code(StatusCode::RANGE_NOT_SATISFIABLE);
        return Err(error);
    };
    let start = parts[..position].iter().sum();
    let count = if object.parts.is_empty() { None } else { i32::try_from(parts.len()).ok() };
    Ok((start..start + size, count))
}

/// A position inside a body that is in memory.
fn index(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn content_range(span: &Span<usize>, length: usize) -> String {
    format!("bytes {}-{}/{length}", span.start, span.end.saturating_sub(1))
}

fn range_error(length: usize) -> S3Error {
    let mut error = s3_error!(InvalidRange, "The requested range is not satisfiable");
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&format!("bytes */{length}")) {
        headers.insert(http::header::CONTENT_RANGE, value);
    }
    error.set_headers(headers);
    error
}

fn headers(object: &StoredObject, with_checksum: bool) -> HeaderMap {
    let mut headers = object.headers.clone();
    let octets = HeaderValue::from_static("binary/octet-stream");
    headers.entry(http::header::CONTENT_TYPE).or_insert(octets);
    let class = object.storage_class.as_deref().map(HeaderValue::from_str);
    if let Some(Ok(class)) = class {
        headers.insert("x-amz-storage-class", class);
    }
    if let Some(checksum) = object.checksum.as_ref().filter(|_| with_checksum) {
        headers.extend(checksum.headers());
    }
    headers
}

impl From<GetObjectInput> for Query {
    fn from(input: GetObjectInput) -> Self {
        Self {
            bucket: input.bucket,
            key: input.key,
            version_id: input.version_id,
            conditions: Conditions {
                if_match: input.if_match,
                if_none_match: input.if_none_match,
                if_modified_since: input.if_modified_since,
                if_unmodified_since: input.if_unmodified_since,
            },
            range: input.range,
            part_number: input.part_number,
            wants_checksum: input.checksum_mode.is_some(),
        }
    }
}

impl From<HeadObjectInput> for Query {
    fn from(input: HeadObjectInput) -> Self {
        Self {
            bucket: input.bucket,
            key: input.key,
            version_id: input.version_id,
            conditions: Conditions {
                if_match: input.if_match,
                if_none_match: input.if_none_match,
                if_modified_since: input.if_modified_since,
                if_unmodified_since: input.if_unmodified_since,
            },
            range: input.range,
            part_number: input.part_number,
            wants_checksum: input.checksum_mode.is_some(),
        }
    }
}
