//! One HTTP request and its answer: through the S3 protocol, past the request log, with the faults that were scripted.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, DATE, LOCATION, RANGE};
use http::response::Parts;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use s3s::service::S3Service;

use crate::api::http_date;
use crate::body::{Aborted, Ending, WireBody};
use crate::faults::Fault;
use crate::gate::Exchange;
use crate::log::Entry;
use crate::state::State;
use crate::store::ChecksumAlgorithm;
use crate::wire::Link;

/// Answers one request.
///
/// # Errors
/// When the connection is to be closed without an answer.
pub(crate) async fn answer(
    state: Arc<State>,
    service: S3Service,
    link: Arc<Link>,
    mut request: Request<Incoming>,
) -> Result<Response<WireBody>, Aborted> {
    let range = request.headers().get(RANGE).and_then(|range| range.to_str().ok());
    let entry = state.log.open(range.map(str::to_owned));
    let exchange = Arc::new(Exchange::new(Arc::clone(&entry)));
    request.extensions_mut().insert(Arc::clone(&exchange));
    let response = service.call(request.map(s3s::Body::from)).await.map_err(|error| {
        tracing::error!(error = ?error, "the protocol layer gave up on a request");
        Aborted
    })?;
    let (mut parts, body) = response.into_parts();
    // Bodies are in memory and in one piece: this copies nothing.
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).map_err(|error| {
        tracing::error!(error, "the body of an answer could not be read");
        Aborted
    })?;
    let bytes = complete(&mut parts, bytes);
    if state.clock_offset.load(Ordering::Relaxed) != 0 {
        set_date(&mut parts, state.clock());
    }
    match exchange.take_fault() {
        None => {
            entry.answers(parts.status.as_u16());
            Ok(Response::from_parts(parts, WireBody::new(bytes, entry, link)))
        }
        Some(fault) => spoil(fault, parts, bytes, entry, link).await,
    }
}

/// Sends an answer as a fault has it.
async fn spoil(
    fault: Fault,
    mut parts: Parts,
    mut bytes: Bytes,
    entry: Arc<Entry>,
    link: Arc<Link>,
) -> Result<Response<WireBody>, Aborted> {
    match &fault {
        Fault::Refuse => {
            link.reset_at_end();
            return Err(Aborted);
        }
        Fault::Corrupt { at } => bytes = corrupt(bytes, *at),
        Fault::WrongLength => {
            bytes = [&bytes[..], b"x"].concat().into();
            parts.headers.remove(CONTENT_LENGTH);
        }
        Fault::WrongChecksum => set_wrong_checksum(&mut parts),
        Fault::TruncateUnannounced { .. } => drop(parts.headers.remove(CONTENT_LENGTH)),
        Fault::Slow { delay, .. } => tokio::time::sleep(*delay).await,
        Fault::Answer { status, body } => {
            (parts, bytes) = (other_parts(*status), body.clone());
        }
        Fault::Redirect { location } => (parts, bytes) = (redirect(location), Bytes::new()),
        _ => {}
    }
    entry.answers(parts.status.as_u16());
    let mut body = WireBody::new(bytes, entry, Arc::clone(&link));
    match fault {
        Fault::Reset { after } => {
            link.reset_at_end();
            body.cut(after, Ending::Abort);
        }
        Fault::Truncate { after } => body.cut(after, Ending::Abort),
        Fault::TruncateUnannounced { after } => {
            body.hide_length();
            body.cut(after, Ending::Complete);
        }
        Fault::Stall { after } => body.cut(after, Ending::Stall),
        Fault::Slow { bytes_per_second: Some(rate), .. } => body.throttle(rate),
        _ => {}
    }
    Ok(Response::from_parts(parts, body))
}

/// The head of an answer that has nothing to do with the request.
fn other_parts(status: u16) -> Parts {
    let (mut parts, ()) = Response::new(()).into_parts();
    parts.status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    parts
}

/// The head of an answer that only says where to ask instead.
fn redirect(location: &str) -> Parts {
    let (mut parts, ()) = Response::new(()).into_parts();
    parts.status = StatusCode::TEMPORARY_REDIRECT;
    if let Ok(location) = HeaderValue::from_str(location) {
        parts.headers.insert(LOCATION, location);
    }
    parts
}

fn set_date(parts: &mut Parts, now: DateTime<Utc>) {
    if let Ok(date) = HeaderValue::from_str(&http_date(now)) {
        parts.headers.insert(DATE, date);
    }
}

/// Puts right what the protocol layer leaves open, and returns the body to send.
fn complete(parts: &mut Parts, body: Bytes) -> Bytes {
    // HEAD, unlike GET, comes back as 200 for a range.
    if parts.status == StatusCode::OK && parts.headers.contains_key(CONTENT_RANGE) {
        parts.status = StatusCode::PARTIAL_CONTENT;
    }
    if parts.status == StatusCode::NOT_MODIFIED {
        parts.headers.remove(CONTENT_TYPE);
        return Bytes::new();
    }
    // Errors that set headers of their own lose the one that says what they are.
    if parts.status.as_u16() >= 300 && !body.is_empty() {
        let xml = HeaderValue::from_static("application/xml");
        parts.headers.entry(CONTENT_TYPE).or_insert(xml);
    }
    body
}

fn corrupt(bytes: Bytes, at: u64) -> Bytes {
    let mut changed = BytesMut::from(bytes);
    if let Some(byte) = usize::try_from(at).ok().and_then(|at| changed.get_mut(at)) {
        *byte ^= 1;
    }
    changed.freeze()
}

/// Claims a CRC-32 of one, which not even an empty body has, and no other checksum.
fn set_wrong_checksum(parts: &mut Parts) {
    let is_checksum = |name: &HeaderName| name.as_str().starts_with("x-amz-checksum-");
    let claimed: Vec<HeaderName> =
        parts.headers.keys().filter(|name| is_checksum(name)).cloned().collect();
    for name in claimed {
        parts.headers.remove(name);
    }
    parts.headers.insert(ChecksumAlgorithm::Crc32.header(), HeaderValue::from_static("AAAAAQ=="));
}
