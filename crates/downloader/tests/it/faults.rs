//! Faults on the wire: the outcome is right bytes, or a typed error and no debris.

use std::error::Error as _;
use std::num::{NonZeroU32, NonZeroU64};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reenact_downloader::{ErrorKind, Event, RetryPolicy, S3Source, Transfer};
use reenact_testkit::{Fault, Matcher, Operation};

use crate::fixture::{BUCKET, Recorder, World, at_once, content, impatient, options};

const KEY: &str = "run/out/part-0.bin";
const SIZE: usize = 2_000_000;

fn reads() -> Matcher {
    Matcher::operation(Operation::GetObject)
}

/// Lands the object although the first read meets `fault`, and returns what happened.
async fn lands_in_spite_of(fault: Fault) -> (World, Vec<String>) {
    let (world, object) = World::with(KEY, content(SIZE)).await;
    world.server.faults().on(reads().first(1), fault.clone());
    let recorder = Recorder::default();
    let landed = world.transfer().fetch(&object, &world.destination(), &recorder).await;
    let landed = landed.unwrap_or_else(|error| panic!("{fault:?}: {error}: {:?}", error.source()));
    assert_eq!(std::fs::read(&landed.path).unwrap(), content(SIZE), "{fault:?}");
    assert_eq!(world.files(), [world.destination()], "{fault:?}");
    assert_eq!(world.server.faults().played(), 1, "{fault:?}");
    let mut events = recorder.taken();
    events.retain(|event| event.starts_with("retried"));
    (world, events)
}

/// Returns the error of a transfer whose every read meets `fault`.
async fn fails_with(fault: Fault) -> reenact_downloader::Error {
    let (world, object) = World::with(KEY, content(SIZE)).await;
    world.server.faults().on(reads(), fault.clone());
    let error = world.fetch(&object).await.expect_err("every read fails");
    assert_eq!((error.bucket(), error.key()), (Some(BUCKET), Some(KEY)), "{fault:?}");
    assert!(error.to_string().contains(&format!("s3://{BUCKET}/{KEY}")), "{error}");
    assert!(world.files().is_empty(), "{fault:?} leaves debris");
    assert_eq!(u64::from(error.attempts()), world.server.faults().played(), "{fault:?}");
    error
}

#[tokio::test]
async fn d12_a_server_that_fails_once_is_asked_again() {
    for (fault, kind) in [
        (Fault::InternalError, "ServerFailure"),
        (Fault::SlowDown { retry_after: None }, "Throttled"),
        (Fault::Refuse, "Unreachable"),
        (Fault::ExpiredToken, "ExpiredCredentials"),
        (Fault::RequestTimeTooSkewed, "ClockSkew"),
    ] {
        let (_, retries) = lands_in_spite_of(fault).await;
        assert_eq!(retries, [format!("retried 1 {kind}")]);
    }
}

#[tokio::test]
async fn h7_a_body_cut_short_is_resumed_where_it_broke() {
    for fault in [Fault::Truncate { after: 1_200_000 }, Fault::Reset { after: 1_200_000 }] {
        let (world, retries) = lands_in_spite_of(fault).await;
        assert_eq!(retries, ["retried 1 Truncated"]);
        let requests = world.server.requests();
        let range = requests.last().unwrap().range.clone().unwrap();
        let start: u64 =
            range.trim_start_matches("bytes=").split('-').next().unwrap().parse().unwrap();
        assert!(start > 0 && start <= 1_200_000, "{range}");
    }
}

#[tokio::test]
async fn h7_a_body_without_a_length_that_ends_early_is_noticed() {
    let (_, retries) = lands_in_spite_of(Fault::TruncateUnannounced { after: 700_000 }).await;
    assert_eq!(retries.len(), 1, "{retries:?}");
}

#[tokio::test]
async fn h7_a_body_that_breaks_anywhere_still_lands() {
    let (world, object) = World::with(KEY, content(SIZE)).await;
    let whole = content(SIZE);
    let ranges = impatient().with_range_size(NonZeroU64::new(300_000).unwrap());
    for options in [impatient(), ranges] {
        let transfer = Transfer::new(Arc::clone(&world.source), options.with_sync(false));
        for point in 0..50 {
            let after = point * SIZE as u64 / 50;
            for fault in [Fault::Reset { after }, Fault::Truncate { after }] {
                world.server.faults().clear();
                world.server.faults().on(reads().first(1), fault.clone());
                let landed = transfer.fetch(&object, &world.destination(), &()).await;
                let landed = landed.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
                assert_eq!(std::fs::read(&landed.path).unwrap(), whole, "{fault:?}");
                assert_eq!(world.files().len(), 1);
            }
        }
    }
}

#[tokio::test]
async fn h16_a_body_that_stands_still_is_resumed() {
    let (world, object) = World::with(KEY, content(SIZE)).await;
    world.server.faults().on(reads().first(1), Fault::Stall { after: 700_000 });
    let options = options(&world.server).with_stall_timeout(Duration::from_secs(1));
    let source = S3Source::connect(BUCKET, &options).await.unwrap();
    let recorder = Recorder::default();
    let transfer = Transfer::new(Arc::new(source), impatient());
    let landed = transfer.fetch(&object, &world.destination(), &recorder).await.unwrap();
    assert_eq!(std::fs::read(&landed.path).unwrap(), content(SIZE));
    assert!(recorder.taken().contains(&"retried 1 Truncated".to_owned()));
}

#[tokio::test]
async fn h17_content_that_does_not_fit_its_checksum_is_fetched_again() {
    let (_, retries) = lands_in_spite_of(Fault::Corrupt { at: 1_000_000 }).await;
    assert_eq!(retries, ["retried 1 Corrupt"]);
}

#[tokio::test]
async fn a_fault_that_stays_is_a_typed_error_without_debris() {
    for (fault, kind) in [
        (Fault::InternalError, ErrorKind::ServerFailure),
        (Fault::SlowDown { retry_after: None }, ErrorKind::Throttled),
        (Fault::Refuse, ErrorKind::Unreachable),
        (Fault::Reset { after: 100_000 }, ErrorKind::Truncated),
        (Fault::Truncate { after: 100_000 }, ErrorKind::Truncated),
        (Fault::TruncateUnannounced { after: 100_000 }, ErrorKind::Truncated),
        (Fault::Corrupt { at: 7 }, ErrorKind::Corrupt),
        (Fault::WrongChecksum, ErrorKind::Corrupt),
        (Fault::AccessDenied, ErrorKind::AccessDenied),
        (Fault::ExpiredToken, ErrorKind::ExpiredCredentials),
        (Fault::RequestTimeTooSkewed, ErrorKind::ClockSkew),
        (Fault::WrongRegion { region: "eu-north-1".to_owned() }, ErrorKind::WrongRegion),
        (Fault::Replace { body: content(SIZE + 1) }, ErrorKind::Changed),
        (Fault::Delete, ErrorKind::KeyNotFound),
    ] {
        let error = fails_with(fault.clone()).await;
        assert_eq!(error.kind(), kind, "{fault:?}: {error}: {:?}", error.source());
    }
}

#[tokio::test]
async fn h9_the_server_says_how_long_to_wait() {
    let (world, object) = World::with(KEY, content(SIZE)).await;
    let retry_after = Some(Duration::from_secs(1));
    world.server.faults().on(reads().first(1), Fault::SlowDown { retry_after });
    let waited = AtomicU64::new(0);
    let observer = |event: &Event<'_>| {
        if let Event::Retried { delay, .. } = event {
            waited.store(delay.as_secs(), Ordering::Relaxed);
        }
    };
    world.transfer().fetch(&object, &world.destination(), &observer).await.unwrap();
    assert_eq!(waited.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn d12_the_deadline_holds_however_often_it_may_be_tried() {
    let (world, object) = World::with(KEY, content(SIZE)).await;
    world.server.faults().on(reads(), Fault::Stall { after: 100_000 });
    let options = impatient().with_deadline(Duration::from_millis(300));
    let transfer = Transfer::new(Arc::clone(&world.source), options);
    let error = transfer.fetch(&object, &world.destination(), &()).await.unwrap_err();
    assert_eq!((error.kind(), error.key()), (ErrorKind::DeadlineExceeded, Some(KEY)));
    assert!(world.files().is_empty());
}

#[tokio::test]
async fn a_wait_past_the_deadline_is_not_begun() {
    let (world, object) = World::with(KEY, content(SIZE)).await;
    let retry_after = Some(Duration::from_mins(1));
    world.server.faults().on(reads(), Fault::SlowDown { retry_after });
    let options = impatient().with_deadline(Duration::from_secs(30));
    let transfer = Transfer::new(Arc::clone(&world.source), options);
    let error = transfer.fetch(&object, &world.destination(), &()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Throttled, 1));
}

#[tokio::test]
async fn attempts_are_counted_and_told() {
    let (world, object) = World::with(KEY, content(SIZE)).await;
    world.server.faults().on(reads(), Fault::InternalError);
    let retry = at_once().with_max_attempts(NonZeroU32::new(4).unwrap());
    let transfer = Transfer::new(Arc::clone(&world.source), impatient().with_retry(retry));
    let error = transfer.fetch(&object, &world.destination(), &()).await.unwrap_err();
    assert_eq!(error.attempts(), 4);
    assert!(error.to_string().contains("after 4 attempts"), "{error}");

    let never =
        Transfer::new(Arc::clone(&world.source), impatient().with_retry(RetryPolicy::never()));
    assert_eq!(never.fetch(&object, &world.destination(), &()).await.unwrap_err().attempts(), 1);
}
