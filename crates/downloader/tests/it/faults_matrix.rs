//! Every fault at fifty points of a transfer: the outcome is the right bytes, or a typed error and no debris.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use reenact_downloader::{ErrorKind, ObjectSource, Transfer, TransferOptions};
use reenact_testkit::{Fault, Matcher, Operation};

use crate::fixture::{BUCKET, World, at_once, content, files_below, impatient};

/// An object of ten segments, each fetched by a request of its own.
const SIZE: usize = 10 * SEGMENT;
const SEGMENT: usize = 2_000;
/// The fifty points: five in each of ten requests.
const REQUESTS: u64 = 10;
const POINTS: u64 = 5;
const ATTEMPTS: u32 = 3;

/// When a fault is met.
#[derive(Clone, Copy, Debug)]
enum Met {
    /// Once.
    Once,
    /// By every request from there on.
    FromThereOn,
}

fn options() -> TransferOptions {
    impatient()
        .with_range_size(NonZeroU64::new(SEGMENT as u64).unwrap())
        .with_sync(false)
        .with_retry(at_once().with_max_attempts(NonZeroU32::new(ATTEMPTS).unwrap()))
}

/// Transfers an object for each of the fifty points, with the fault that `fault` makes for a position in a body of so many bytes.
async fn at_every_point(
    options: TransferOptions,
    met: Met,
    fault: impl Fn(u64) -> Fault + Send + Sync,
) -> Vec<Result<(), ErrorKind>> {
    let world = World::new().await;
    let whole = content(SIZE);
    let mut transfers = Vec::new();
    for request in 0..REQUESTS {
        for point in 0..POINTS {
            let key = format!("run/{request}/{point}");
            world.bucket.put(&key, whole.clone());
            let reads = Matcher::operation(Operation::GetObject).key(&key).after(request);
            let reads = match met {
                Met::Once => reads.first(1),
                Met::FromThereOn => reads,
            };
            world.server.faults().on(reads, fault(point * SEGMENT as u64 / POINTS));
            let source = Arc::clone(&world.source);
            transfers.push(transfer(source, options.clone(), key, whole.clone()));
        }
    }
    let outcomes = stream::iter(transfers).buffered(8).collect().await;
    assert!(world.server.faults().played() >= REQUESTS * POINTS, "every fault was met");
    outcomes
}

/// Checks what is promised of every outcome, and returns the kind of the error if it is one.
async fn transfer(
    source: Arc<dyn ObjectSource>,
    options: TransferOptions,
    key: String,
    whole: Bytes,
) -> Result<(), ErrorKind> {
    let directory = tempfile::tempdir().unwrap();
    let destination = directory.path().join("landed");
    let mut object = reenact_downloader::ObjectMeta::new(&key, whole.len() as u64);
    object.etag = source.head(&key, None).await.unwrap().etag;
    match Transfer::new(source, options).fetch(&object, &destination, &()).await {
        Ok(_) => {
            assert_eq!(std::fs::read(&destination).unwrap(), whole, "{key}");
            assert_eq!(files_below(directory.path()), [destination], "{key}");
            Ok(())
        }
        Err(error) => {
            assert_eq!((error.bucket(), error.key()), (Some(BUCKET), Some(key.as_str())));
            assert!(error.attempts() > 0, "{error:?}");
            assert_no_debris(directory.path());
            Err(error.kind())
        }
    }
}

fn assert_no_debris(directory: &Path) {
    let files = files_below(directory);
    assert!(files.is_empty(), "{files:?}");
}

/// A fault that may pass: met once, the object lands; met by every request, it is an error of this kind.
async fn passes(fault: impl Fn(u64) -> Fault + Send + Sync, kind: ErrorKind) {
    let once = at_every_point(options(), Met::Once, &fault).await;
    assert!(once.iter().all(Result::is_ok), "{kind}: {once:?}");
    let for_ever = at_every_point(options(), Met::FromThereOn, &fault).await;
    assert!(for_ever.iter().all(|outcome| *outcome == Err(kind)), "{kind}: {for_ever:?}");
}

/// A fault of a body that may pass: as [`passes`], except that an object may land although each request meets it, where enough
/// of every body arrives.
async fn breaks(fault: impl Fn(u64) -> Fault + Send + Sync, kind: ErrorKind) {
    let once = at_every_point(options(), Met::Once, &fault).await;
    assert!(once.iter().all(Result::is_ok), "{kind}: {once:?}");
    check_broken(&at_every_point(options(), Met::FromThereOn, &fault).await, kind);
}

fn check_broken(outcomes: &[Result<(), ErrorKind>], kind: ErrorKind) {
    for (point, outcome) in outcomes.iter().enumerate() {
        assert!(outcome.is_ok() || *outcome == Err(kind), "{kind}: {outcomes:?}");
        let nothing_arrives = point % 5 == 0;
        assert!(outcome.is_err() || !nothing_arrives, "{kind}: {outcomes:?}");
    }
}

/// A fault that does not pass: met once, it is an error of one of these kinds.
async fn does_not_pass(fault: impl Fn(u64) -> Fault + Send + Sync, kinds: &[ErrorKind]) {
    let once = at_every_point(options(), Met::Once, &fault).await;
    let is_expected =
        |outcome: &Result<(), ErrorKind>| outcome.is_err_and(|kind| kinds.contains(&kind));
    assert!(once.iter().all(is_expected), "{kinds:?}: {once:?}");
}

#[tokio::test]
async fn a_connection_that_is_refused() {
    passes(|_| Fault::Refuse, ErrorKind::Unreachable).await;
}

#[tokio::test]
async fn h7_a_connection_that_is_reset_at_a_byte() {
    breaks(|after| Fault::Reset { after }, ErrorKind::Truncated).await;
}

#[tokio::test]
async fn h7_a_body_that_ends_early() {
    breaks(|after| Fault::Truncate { after }, ErrorKind::Truncated).await;
}

#[tokio::test]
async fn h7_a_body_without_length_that_ends_early() {
    breaks(|after| Fault::TruncateUnannounced { after }, ErrorKind::Truncated).await;
}

#[tokio::test]
async fn a_server_that_fails() {
    passes(|_| Fault::InternalError, ErrorKind::ServerFailure).await;
}

#[tokio::test]
async fn h9_a_server_that_asks_to_slow_down() {
    passes(|_| Fault::SlowDown { retry_after: None }, ErrorKind::Throttled).await;
    passes(|_| Fault::SlowDown { retry_after: Some(Duration::ZERO) }, ErrorKind::Throttled).await;
}

#[tokio::test]
async fn h10_a_token_that_expires() {
    passes(|_| Fault::ExpiredToken, ErrorKind::ExpiredCredentials).await;
}

#[tokio::test]
async fn h12_a_clock_that_is_off() {
    passes(|_| Fault::RequestTimeTooSkewed, ErrorKind::ClockSkew).await;
}

#[tokio::test]
async fn h16_a_body_that_stands_still() {
    let patient = at_once().with_budget(1_000).with_max_attempts(NonZeroU32::new(50).unwrap());
    let window = Duration::from_millis(150);
    let once = options().with_stall_limit(1, window).with_retry(patient);
    let once = at_every_point(once, Met::Once, |after| Fault::Stall { after }).await;
    assert!(once.iter().all(Result::is_ok), "{once:?}");
    let for_ever = options().with_stall_limit(1, window);
    let for_ever = at_every_point(for_ever, Met::FromThereOn, |after| Fault::Stall { after }).await;
    check_broken(&for_ever, ErrorKind::Stalled);
}

#[tokio::test]
async fn h17_a_byte_that_is_wrong() {
    passes(|at| Fault::Corrupt { at }, ErrorKind::Corrupt).await;
}

#[tokio::test]
async fn h17_a_checksum_beside_a_range_is_not_compared_with_it() {
    let outcomes = at_every_point(options(), Met::FromThereOn, |_| Fault::WrongChecksum).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
}

#[tokio::test]
async fn h11_a_region_that_turns_out_to_be_wrong() {
    let elsewhere = |_| Fault::WrongRegion { region: "eu-north-1".to_owned() };
    does_not_pass(elsewhere, &[ErrorKind::WrongRegion]).await;
}

#[tokio::test]
async fn h11_a_redirect_to_anywhere() {
    let elsewhere = |_| Fault::Redirect { location: "http://elsewhere/".to_owned() };
    does_not_pass(elsewhere, &[ErrorKind::UnexpectedReply]).await;
}

#[tokio::test]
async fn a_permission_that_is_withdrawn() {
    does_not_pass(|_| Fault::AccessDenied, &[ErrorKind::AccessDenied]).await;
}

#[tokio::test]
async fn an_object_that_is_deleted() {
    does_not_pass(|_| Fault::Delete, &[ErrorKind::KeyNotFound]).await;
}

#[tokio::test]
async fn h2_an_object_that_is_replaced() {
    does_not_pass(|_| Fault::Replace { body: content(SIZE + 1) }, &[ErrorKind::Changed]).await;
    let same_length = Bytes::from(vec![0; SIZE]);
    does_not_pass(|_| Fault::Replace { body: same_length.clone() }, &[ErrorKind::Changed]).await;
}

#[tokio::test]
async fn a_body_that_is_longer_than_it_should_be() {
    does_not_pass(|_| Fault::WrongLength, &[ErrorKind::UnexpectedReply, ErrorKind::Changed]).await;
}

#[tokio::test]
async fn an_answer_that_no_server_would_give() {
    let page = || Bytes::from_static(b"<html>sign in to the network</html>");
    let fault = |_| Fault::Answer { status: 200, body: page() };
    does_not_pass(fault, &[ErrorKind::UnexpectedReply, ErrorKind::Changed]).await;
}
