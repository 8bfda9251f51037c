//! Faults of what comes before the first byte, and of what answers claim, at each of the fifty objects of one run.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reenact_downloader::{
    ErrorKind, ObjectSource, Outcome, Plan, PlanOptions, S3Source, Transfer, TransferOptions,
};
use reenact_testkit::{ChecksumAlgorithm, Fault, Matcher, Operation, TestObject};

use crate::fixture::{
    BUCKET, World, at_once, content, files_below, impatient, options, passing_faults,
};

const OBJECTS: usize = 50;
const SIZE: usize = 6_000;
/// In segments of this size an object is asked what it is before its bytes are.
const SEGMENT: u64 = 2_000;
const ATTEMPTS: u64 = 3;

fn in_segments() -> TransferOptions {
    impatient()
        .with_range_size(NonZeroU64::new(SEGMENT).unwrap())
        .with_concurrency(NonZeroUsize::new(8).unwrap())
        .with_fail_fast(false)
        .with_sync(false)
        .with_retry(at_once().with_budget(1_000))
}

fn at_once_each() -> TransferOptions {
    in_segments().with_range_size(NonZeroU64::new(SIZE as u64).unwrap())
}

fn heads() -> Matcher {
    Matcher::operation(Operation::HeadObject)
}

fn reads() -> Matcher {
    Matcher::operation(Operation::GetObject)
}

/// Runs a transfer of fifty objects, in each of which the requests that `met` takes meet the fault.
async fn run(
    options: TransferOptions,
    met: impl Fn() -> Matcher,
    fault: &Fault,
) -> Vec<Result<(), ErrorKind>> {
    run_of(TestObject::new, options, met, fault).await
}

async fn run_of(
    make: impl Fn(Bytes) -> TestObject,
    transfer: TransferOptions,
    met: impl Fn() -> Matcher,
    fault: &Fault,
) -> Vec<Result<(), ErrorKind>> {
    let world = World::new().await;
    let whole = content(SIZE);
    let (mut objects, keys) = (Vec::new(), (0..OBJECTS).map(|index| format!("out/{index:02}")));
    for key in keys {
        world.bucket.put_object(&key, make(whole.clone()));
        let mut object = reenact_downloader::ObjectMeta::new(&key, SIZE as u64);
        object.etag = world.bucket.etag(&key);
        world.server.faults().on(met().key(key), fault.clone());
        objects.push(object);
    }
    let plan = Plan::new("out/", &objects, &PlanOptions::default()).unwrap();
    // Credentials of a session, which may have run out.
    let server = &world.server;
    let (id, secret) = (server.access_key_id(), server.secret_access_key());
    let session = options(server).with_access_keys(id, secret, Some("token".to_owned()));
    let source: Arc<dyn ObjectSource> =
        Arc::new(S3Source::connect(BUCKET, &session).await.unwrap());
    let report = Transfer::new(source, transfer).run(&plan, world.directory(), &()).await.unwrap();
    assert!(world.server.faults().played() >= OBJECTS as u64, "{fault:?} was met by all");
    let mut landed = Vec::new();
    let outcomes = report.outcomes().iter().map(|(item, outcome)| match outcome {
        Outcome::Landed(file) => {
            assert_eq!(std::fs::read(&file.path).unwrap(), whole, "{fault:?}");
            landed.push(file.path.clone());
            Ok(())
        }
        Outcome::Failed(error) => {
            let key = item.object().key.as_str();
            assert_eq!((error.bucket(), error.key()), (Some(BUCKET), Some(key)), "{fault:?}");
            assert!(error.attempts() > 0, "{error:?}");
            Err(error.kind())
        }
        other => panic!("{other:?}"),
    });
    let outcomes = outcomes.collect();
    assert_eq!(files_below(world.directory()), landed, "{fault:?} leaves debris");
    outcomes
}

/// A fault that may pass: met once, all objects land; met by every request, each is an error of this kind.
async fn passes(options: TransferOptions, met: fn() -> Matcher, fault: Fault, kind: ErrorKind) {
    let once = run(options.clone(), || met().first(1), &fault).await;
    assert!(once.iter().all(Result::is_ok), "{fault:?}: {once:?}");
    let for_ever = run(options, met, &fault).await;
    assert!(for_ever.iter().all(|outcome| *outcome == Err(kind)), "{fault:?}: {for_ever:?}");
}

/// A fault that does not pass: met once, each object is an error of this kind.
async fn does_not_pass(met: fn() -> Matcher, fault: Fault, kind: ErrorKind) {
    let once = run(in_segments(), || met().first(1), &fault).await;
    assert!(once.iter().all(|outcome| *outcome == Err(kind)), "{fault:?}: {once:?}");
}

#[tokio::test]
async fn d12_what_an_object_is_may_take_more_than_one_request_to_learn() {
    for (fault, kind) in passing_faults() {
        passes(in_segments(), heads, fault, kind).await;
    }
}

#[tokio::test]
async fn what_an_object_is_may_be_refused() {
    for (fault, kind) in [
        (Fault::AccessDenied, ErrorKind::AccessDenied),
        (Fault::Delete, ErrorKind::KeyNotFound),
        (Fault::Replace { body: content(SIZE + 1) }, ErrorKind::Changed),
        (Fault::Replace { body: vec![0; SIZE].into() }, ErrorKind::Changed),
        (Fault::WrongRegion { region: "eu-north-1".to_owned() }, ErrorKind::WrongRegion),
        (Fault::Redirect { location: "http://elsewhere/".to_owned() }, ErrorKind::UnexpectedReply),
        (Fault::Answer { status: 418, body: Bytes::new() }, ErrorKind::UnexpectedReply),
    ] {
        does_not_pass(heads, fault, kind).await;
    }
}

#[tokio::test]
async fn h16_an_answer_about_an_object_that_does_not_come() {
    let late = Fault::Slow { delay: Duration::from_hours(1), bytes_per_second: None };
    let window = Duration::from_millis(150);
    let patient = at_once().with_budget(1_000).with_max_attempts(NonZeroU32::new(50).unwrap());
    let once = in_segments().with_stall_limit(1, window).with_retry(patient);
    let once = run(once, || heads().first(1), &late).await;
    assert!(once.iter().all(Result::is_ok), "{once:?}");
    let for_ever = run(in_segments().with_stall_limit(1, window), heads, &late).await;
    assert!(for_ever.iter().all(|outcome| *outcome == Err(ErrorKind::Stalled)), "{for_ever:?}");
}

#[tokio::test]
async fn h17_a_checksum_that_is_wrong_is_asked_for_again() {
    passes(in_segments(), heads, Fault::WrongChecksum, ErrorKind::Corrupt).await;
    passes(at_once_each(), reads, Fault::WrongChecksum, ErrorKind::Corrupt).await;
}

#[tokio::test]
async fn h17_the_parts_of_an_object_may_take_more_than_one_request_to_learn() {
    let in_parts =
        |body| TestObject::new(body).checksum(ChecksumAlgorithm::Sha256).part_size(2_500);
    for (fault, kind) in [
        (Fault::Refuse, ErrorKind::Unreachable),
        (Fault::InternalError, ErrorKind::ServerFailure),
        (Fault::SlowDown { retry_after: None }, ErrorKind::Throttled),
    ] {
        // The first is about the object itself.
        let parts = || heads().after(1);
        let once = run_of(in_parts, in_segments(), || parts().first(1), &fault).await;
        assert!(once.iter().all(Result::is_ok), "{fault:?}: {once:?}");
        let for_ever = run_of(in_parts, in_segments(), parts, &fault).await;
        assert!(for_ever.iter().all(|outcome| *outcome == Err(kind)), "{fault:?}: {for_ever:?}");
    }
}

#[tokio::test]
async fn attempts_are_told_of_every_object() {
    let world = World::new().await;
    world.bucket.put("out/x", content(SIZE));
    let object = world.listed("out/x").await;
    world.server.faults().on(heads(), Fault::InternalError);
    let transfer = Transfer::new(Arc::clone(&world.source), in_segments());
    let error = transfer.fetch(&object, &world.destination(), &()).await.unwrap_err();
    assert_eq!(u64::from(error.attempts()), ATTEMPTS);
    assert_eq!(world.server.faults().played(), ATTEMPTS);
}
