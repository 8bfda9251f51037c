//! What a transfer does when objects change, servers slow down, and bodies stand still.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reenact_downloader::{
    ErrorKind, Event, InMemory, ObjectMeta, Outcome, Plan, PlanOptions, RetryPolicy, Transfer,
    Verified, WhenReplaced,
};
use reenact_testkit::{ChecksumAlgorithm, Fault, Matcher, Operation, TestObject};

use crate::fixture::{World, at_once, content, impatient};

const KEY: &str = "run/out/part-0.bin";

fn reads() -> Matcher {
    Matcher::operation(Operation::GetObject)
}

#[tokio::test]
async fn h2_a_replaced_object_is_fetched_anew_if_that_is_wanted() {
    for (size, range_size) in [(10_000, 1_000_000), (100_000, 10_000)] {
        let (world, object) = World::with(KEY, content(size)).await;
        let new: Vec<u8> = vec![7; size + 1_000];
        world.server.faults().on(reads().nth(1), Fault::Replace { body: new.clone().into() });
        let options = impatient()
            .with_range_size(NonZeroU64::new(range_size).unwrap())
            .with_when_replaced(WhenReplaced::Restart);
        let transfer = Transfer::new(Arc::clone(&world.source), options);
        let size_now = AtomicU64::new(0);
        let observer = |event: &Event<'_>| {
            if let Event::Restarted { size, .. } = event {
                size_now.store(*size, Ordering::Relaxed);
            }
        };
        let landed = transfer.fetch(&object, &world.destination(), &observer).await.unwrap();
        assert_eq!(std::fs::read(&landed.path).unwrap(), new);
        assert_eq!(landed.bytes, new.len() as u64);
        assert_eq!(size_now.into_inner(), landed.bytes);
        assert_eq!(landed.etag, world.bucket.etag(KEY));
        assert_ne!(landed.etag, object.etag);
        assert_eq!(world.files(), [world.destination()]);
    }
}

#[tokio::test]
async fn h2_an_object_that_is_replaced_again_and_again_is_given_up() {
    let (world, object) = World::with(KEY, content(1_000)).await;
    for number in 1..10 {
        let body = vec![number; 1_000].into();
        world.server.faults().on(reads().nth(1), Fault::Replace { body });
    }
    let options = impatient().with_when_replaced(WhenReplaced::Restart);
    let transfer = Transfer::new(Arc::clone(&world.source), options);
    let error = transfer.fetch(&object, &world.destination(), &()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Changed);
    assert!(world.files().is_empty());
}

#[tokio::test]
async fn h3_no_request_for_content_names_a_part() {
    let world = World::new().await;
    let object = TestObject::new(content(2_000_000)).checksum(ChecksumAlgorithm::Sha256);
    world.bucket.put_object(KEY, object.part_size(300_000));
    let object = world.listed(KEY).await;
    world.server.take_requests();
    let options = impatient().with_range_size(NonZeroU64::new(500_000).unwrap());
    let transfer = Transfer::new(Arc::clone(&world.source), options);
    let landed = transfer.fetch(&object, &world.destination(), &()).await.unwrap();
    assert!(matches!(landed.verified, Verified::Composite(_)));
    let requests = world.server.take_requests();
    let mut reads = requests.iter().filter(|request| request.operation == Operation::GetObject);
    assert!(reads.all(|request| request.range.is_some()), "{requests:?}");
}

#[tokio::test]
async fn h9_a_server_that_asks_to_slow_down_gets_fewer_requests_at_once_and_all_is_landed() {
    let world = World::new().await;
    for index in 0..60 {
        world.bucket.put(&format!("out/{index:02}"), content(2_000));
    }
    world.server.faults().on(reads().after(5).first(20), Fault::SlowDown { retry_after: None });
    let retry = at_once().with_max_attempts(NonZeroU32::new(30).unwrap());
    let transfer = Transfer::new(Arc::clone(&world.source), impatient().with_retry(retry));
    let objects: Vec<ObjectMeta> = listed(&world).await;
    let plan = Plan::new("out/", &objects, &PlanOptions::default()).unwrap();
    let report = transfer.run(&plan, world.directory(), &()).await.unwrap();
    assert!(report.is_complete());
    assert_eq!(world.server.faults().played(), 20);
}

#[tokio::test]
async fn h9_a_server_that_is_down_is_not_asked_again_for_every_object() {
    let world = World::new().await;
    for index in 0..200 {
        world.bucket.put(&format!("out/{index:03}"), "x");
    }
    let plan = Plan::new("out/", &listed(&world).await, &PlanOptions::default()).unwrap();
    world.server.take_requests();
    world.server.faults().on(reads(), Fault::InternalError);
    let retry = at_once().with_budget(10);
    let options = impatient().with_fail_fast(false).with_retry(retry);
    let transfer = Transfer::new(Arc::clone(&world.source), options);
    let report = transfer.run(&plan, world.directory(), &()).await.unwrap();
    assert_eq!(report.failures().count(), 200);
    assert!(report.failures().any(|error| error.to_string().contains("no more repetitions")));
    assert_eq!(world.server.requests().len(), 210, "one for each object, and ten repetitions");
}

async fn listed(world: &World) -> Vec<ObjectMeta> {
    use futures::TryStreamExt;
    use reenact_downloader::ObjectSourceExt;
    world.source.list("out/").try_collect().await.unwrap()
}

#[tokio::test]
async fn h16_an_answer_that_never_comes_is_asked_for_again() {
    let bucket = InMemory::new("prod");
    let object = bucket.put("x", content(10_000));
    bucket.fail_next(reenact_downloader::Fault::Hang);
    let directory = tempfile::tempdir().unwrap();
    let retry = at_once().with_max_attempts(NonZeroU32::new(20).unwrap());
    let options = impatient().with_stall_limit(1, Duration::from_millis(50)).with_retry(retry);
    let transfer = Transfer::new(Arc::new(bucket), options);
    let landed = transfer.fetch(&object, &directory.path().join("x"), &()).await.unwrap();
    assert!(landed.requests > 1);
}

#[tokio::test]
async fn skipped_objects_are_those_that_another_failure_cut_short() {
    let bucket = InMemory::new("prod");
    let objects: Vec<_> = (0..5).map(|index| bucket.put(format!("o/{index}"), "x")).collect();
    bucket.remove("o/2");
    let plan = Plan::new("o/", &objects, &PlanOptions::default()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let options = impatient().with_concurrency(NonZeroUsize::MIN).with_retry(RetryPolicy::never());
    let report =
        Transfer::new(Arc::new(bucket), options).run(&plan, directory.path(), &()).await.unwrap();
    let outcomes: Vec<&str> = report
        .outcomes()
        .iter()
        .map(|(_, outcome)| match outcome {
            Outcome::Landed(_) => "landed",
            Outcome::Failed(_) => "failed",
            _ => "skipped",
        })
        .collect();
    assert_eq!(outcomes, ["landed", "landed", "failed", "skipped", "skipped"]);
}
