//! Landing objects: pinned, counted, verified, whole or not at all.

use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::Arc;

use futures::TryStreamExt;
use reenact_downloader::{
    Algorithm, ErrorKind, Event, InMemory, ObjectMeta, ObjectSourceExt, Outcome, Plan, PlanOptions,
    Transfer, Verified,
};
use reenact_testkit::{ChecksumAlgorithm, Fault, Matcher, Operation, TestObject};

use crate::fixture::{Recorder, World, content, files_below, impatient};

const KEY: &str = "run/out/part-0.bin";
const LARGE: usize = 5_000_000;

fn in_ranges() -> reenact_downloader::TransferOptions {
    impatient().with_range_size(NonZeroU64::new(700_001).unwrap())
}

async fn plan(world: &World, root: &str) -> Plan {
    let objects: Vec<ObjectMeta> = world.source.list(root).try_collect().await.unwrap();
    Plan::new(root, &objects, &PlanOptions::default()).unwrap()
}

#[tokio::test]
async fn a_small_object_takes_one_request() {
    let (world, object) = World::with(KEY, content(300_000)).await;
    world.server.take_requests();
    let recorder = Recorder::default();
    let landed = world.transfer().fetch(&object, &world.destination(), &recorder).await.unwrap();
    assert_eq!(std::fs::read(&landed.path).unwrap(), content(300_000));
    assert_eq!((landed.bytes, landed.requests), (300_000, 1));
    assert_eq!(landed.verified, Verified::Checksum(Algorithm::Crc64Nvme));
    assert_eq!(world.files(), [world.destination()]);
    let requests = world.server.take_requests();
    assert_eq!(requests.iter().map(|request| request.range.as_deref()).collect::<Vec<_>>(), [None]);
    let mut events = recorder.taken();
    events.retain(|event| event != "bytes");
    assert_eq!(events, [format!("started {KEY}"), "finished 300000".to_owned()]);
}

#[tokio::test]
async fn a_large_object_comes_in_ranges_and_is_verified_as_a_whole() {
    let (world, object) = World::with(KEY, content(LARGE)).await;
    let transfer = Transfer::new(Arc::clone(&world.source), in_ranges());
    world.server.take_requests();
    let landed = transfer.fetch(&object, &world.destination(), &()).await.unwrap();
    assert_eq!(std::fs::read(&landed.path).unwrap(), content(LARGE));
    assert_eq!(landed.verified, Verified::Checksum(Algorithm::Crc64Nvme));
    let requests = world.server.take_requests();
    assert_eq!(requests[0].operation, Operation::HeadObject, "it is described first");
    assert!(requests[1..].iter().all(|request| request.range.is_some()), "{requests:?}");
    assert_eq!(
        requests.iter().map(|request| request.bytes_sent).sum::<u64>(),
        LARGE as u64,
        "no byte twice"
    );
}

#[tokio::test]
async fn h4_h17_what_the_object_carries_is_what_verifies_it() {
    let world = World::new().await;
    let body = content(2_000_000);
    let plain = || TestObject::new(body.clone());
    let carried = |algorithm| plain().checksum(algorithm);
    for (object, verified) in [
        (plain(), Verified::Checksum(Algorithm::Crc64Nvme)),
        (carried(ChecksumAlgorithm::Crc32), Verified::Checksum(Algorithm::Crc32)),
        (carried(ChecksumAlgorithm::Crc32c), Verified::Checksum(Algorithm::Crc32c)),
        (carried(ChecksumAlgorithm::Sha1), Verified::Checksum(Algorithm::Sha1)),
        (carried(ChecksumAlgorithm::Sha256), Verified::Checksum(Algorithm::Sha256)),
        (plain().without_checksum(), Verified::Checksum(Algorithm::Md5)),
        (plain().part_size(600_000), Verified::Checksum(Algorithm::Crc64Nvme)),
        (
            carried(ChecksumAlgorithm::Sha256).part_size(600_000),
            Verified::Composite(Algorithm::Sha256),
        ),
        (carried(ChecksumAlgorithm::Sha1).part_size(999_999), Verified::Composite(Algorithm::Sha1)),
        (
            carried(ChecksumAlgorithm::Crc32).part_size(600_000),
            Verified::Composite(Algorithm::Crc32),
        ),
        (
            carried(ChecksumAlgorithm::Crc32c).part_size(1_999_999),
            Verified::Composite(Algorithm::Crc32c),
        ),
        (plain().without_checksum().part_size(600_000), Verified::Length),
        (plain().without_checksum().etag("no-digest"), Verified::Length),
    ] {
        world.bucket.put_object(KEY, object);
        let listed = world.listed(KEY).await;
        for options in [impatient(), in_ranges()] {
            let transfer = Transfer::new(Arc::clone(&world.source), options);
            let landed = transfer.fetch(&listed, &world.destination(), &()).await.unwrap();
            assert_eq!(landed.verified, verified);
            assert_eq!(std::fs::read(&landed.path).unwrap(), body);
        }
    }
}

#[tokio::test]
async fn h22_an_encoded_object_lands_as_it_is_stored() {
    let world = World::new().await;
    let gzip = content(10_000);
    world
        .bucket
        .put_object(KEY, TestObject::new(gzip.clone()).content_encoding("gzip".parse().unwrap()));
    let landed = world.fetch(&world.listed(KEY).await).await.unwrap();
    assert_eq!(std::fs::read(&landed.path).unwrap(), gzip);
}

#[tokio::test]
async fn an_empty_object_becomes_an_empty_file() {
    let (world, object) = World::with(KEY, "").await;
    let landed = world.fetch(&object).await.unwrap();
    assert_eq!((landed.bytes, std::fs::read(&landed.path).unwrap().len()), (0, 0));
}

#[tokio::test]
async fn h15_awkward_keys_land_under_their_names() {
    let world = World::new().await;
    let names =
        ["a b+c%2F.csv", "100%&<x>?#.csv", "ä/a\u{308}\u{301}.csv", "🛫\n.csv", &"x".repeat(255)];
    for name in names {
        world.bucket.put(&format!("out/{name}"), name.to_owned());
    }
    let plan = plan(&world, "out/").await;
    let report = world.transfer().run(&plan, world.directory(), &()).await.unwrap();
    assert!(report.is_complete());
    for name in names {
        assert_eq!(std::fs::read_to_string(world.directory().join(name)).unwrap(), name);
    }
}

#[tokio::test]
async fn d1_d18_a_tree_lands_in_place_and_is_reported_in_the_order_of_the_plan() {
    let world = World::new().await;
    for index in (0..200).rev() {
        let side = if index % 2 == 0 { "train" } else { "val" };
        // The larger ones come later than smaller ones that were begun after them.
        world.bucket.put(&format!("out/{side}/x-{index:03}.bin"), content((200 - index) * 1_000));
    }
    world.bucket.put("out/train/same.json", "TRAIN");
    world.bucket.put("out/val/same.json", "VAL");
    let plan = plan(&world, "out/").await;
    let report = world.transfer().run(&plan, world.directory(), &()).await.unwrap();
    assert!(report.is_complete());
    assert_eq!(report.bytes(), plan.bytes());
    let order: Vec<_> = report.outcomes().iter().map(|(item, _)| item).collect();
    assert_eq!(order, plan.items().iter().collect::<Vec<_>>());
    assert_eq!(
        std::fs::read_to_string(world.directory().join("train/same.json")).unwrap(),
        "TRAIN"
    );
    assert_eq!(std::fs::read_to_string(world.directory().join("val/same.json")).unwrap(), "VAL");
    assert_eq!(world.files().len(), 202, "nothing but what was planned");
}

#[tokio::test]
async fn d14_h2_an_object_replaced_after_listing_is_refused() {
    for (size, options) in [(1_000, impatient()), (LARGE, in_ranges())] {
        let (world, object) = World::with(KEY, content(size)).await;
        world.bucket.put(KEY, vec![0; size]);
        let transfer = Transfer::new(Arc::clone(&world.source), options);
        let error = transfer.fetch(&object, &world.destination(), &()).await.unwrap_err();
        assert_eq!((error.kind(), error.key()), (ErrorKind::Changed, Some(KEY)));
        assert!(world.files().is_empty());
    }
}

#[tokio::test]
async fn h2_an_object_replaced_between_two_ranges_is_refused() {
    let (world, object) = World::with(KEY, content(LARGE)).await;
    let third = Matcher::operation(Operation::GetObject).nth(3);
    world.server.faults().on(third, Fault::Replace { body: vec![0; LARGE].into() });
    let transfer = Transfer::new(Arc::clone(&world.source), in_ranges());
    let error = transfer.fetch(&object, &world.destination(), &()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Changed);
    assert!(world.files().is_empty());
}

#[tokio::test]
async fn a_listed_version_is_read_even_after_it_was_replaced() {
    let world = World::new().await;
    world.bucket.enable_versioning();
    world.bucket.put(KEY, "first");
    let object = world.source.head(KEY, None).await.unwrap();
    assert!(object.version_id.is_some());
    world.bucket.put(KEY, "second");
    let landed = world.fetch(&object).await.unwrap();
    assert_eq!(std::fs::read_to_string(landed.path).unwrap(), "first");
}

#[tokio::test]
async fn the_first_failure_ends_a_run_unless_all_are_wanted() {
    let world = World::new().await;
    for index in 0..50 {
        world.bucket.put(&format!("out/{index:02}"), content(1_000));
    }
    let plan = plan(&world, "out/").await;
    world.bucket.delete("out/00");
    world.bucket.delete("out/49");
    let one_by_one = impatient().with_concurrency(NonZeroUsize::MIN);
    let transfer = |options| Transfer::new(Arc::clone(&world.source), options);

    let report = transfer(one_by_one.clone())
        .run(&plan, &world.directory().join("fast"), &())
        .await
        .unwrap();
    assert!(matches!(report.outcomes()[1].1, Outcome::Skipped));
    assert_eq!((report.landed().count(), report.failures().count()), (0, 1));
    let error = report.into_result().unwrap_err();
    assert_eq!((error.kind(), error.key()), (ErrorKind::KeyNotFound, Some("out/00")));

    let all = one_by_one.with_fail_fast(false);
    let report = transfer(all).run(&plan, &world.directory().join("all"), &()).await.unwrap();
    assert_eq!((report.landed().count(), report.failures().count()), (48, 2));
    assert_eq!(files_below(&world.directory().join("all")).len(), 48);
    assert!(!report.is_complete());
}

#[tokio::test]
async fn h20_a_destination_that_cannot_be_written_is_named() {
    let (world, object) = World::with(KEY, content(1_000)).await;
    let missing = world.directory().join("missing/file");
    let error = world.transfer().fetch(&object, &missing, &()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.path(), error.key()),
        (ErrorKind::Io, Some(missing.as_path()), Some(KEY))
    );
    assert!(error.to_string().contains("missing/file"), "{error}");

    std::fs::write(world.directory().join("file"), "in the way").unwrap();
    let plan = plan(&world, "run/").await;
    let error =
        world.transfer().run(&plan, &world.directory().join("file"), &()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
}

#[tokio::test]
async fn h21_a_link_below_the_destination_is_not_followed() {
    let (world, _) = World::with(KEY, content(1_000)).await;
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), world.directory().join("out")).unwrap();
    let plan = plan(&world, "run/").await;
    let report = world.transfer().run(&plan, world.directory(), &()).await.unwrap();
    assert_eq!(report.into_result().unwrap_err().kind(), ErrorKind::Io);
    assert!(files_below(elsewhere.path()).is_empty());
}

#[tokio::test]
async fn a_landed_file_replaces_what_was_there_and_has_ordinary_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let (world, object) = World::with(KEY, content(1_000)).await;
    std::fs::write(world.destination(), "old").unwrap();
    let ordinary = std::fs::metadata(world.destination()).unwrap().permissions().mode();
    world.fetch(&object).await.unwrap();
    assert_eq!(std::fs::read(world.destination()).unwrap(), content(1_000));
    assert_eq!(std::fs::metadata(world.destination()).unwrap().permissions().mode(), ordinary);
}

/// Drops a transfer at each of its events in turn, as a caller does who gives up.
#[test]
fn d12_a_dropped_transfer_leaves_no_file() {
    for stop_at in 1..40 {
        let directory = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
        let finished = runtime.block_on(async {
            let bucket = InMemory::new("prod");
            let object = bucket.put("x", content(3_000_000));
            let transfer = Transfer::new(Arc::new(bucket), in_ranges().with_sync(false));
            let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
            let stop = std::sync::Mutex::new((0, Some(stop)));
            let observer = |_: &Event<'_>| {
                let mut stop = stop.lock().unwrap();
                stop.0 += 1;
                if stop.0 == stop_at * 5 {
                    drop(stop.1.take());
                }
            };
            let destination = directory.path().join("x");
            tokio::select! {
                biased;
                _ = stopped => false,
                landed = transfer.fetch(&object, &destination, &observer) => landed.is_ok(),
            }
        });
        assert_eq!(runtime.metrics().num_alive_tasks(), 0, "no task goes on");
        // Waits for work on the blocking pool to end.
        drop(runtime);
        assert_eq!(
            files_below(directory.path()).len(),
            usize::from(finished),
            "stopped at event {}",
            stop_at * 5
        );
    }
}
