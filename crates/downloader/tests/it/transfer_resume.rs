//! What a killed process has fetched is not fetched again.

use std::io::{BufRead, BufReader, Write};
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use reenact_downloader::{
    ConnectOptions, ErrorKind, Event, Landed, ObjectSource, S3Source, Transfer, TransferOptions,
    Verified,
};
use reenact_testkit::{ChecksumAlgorithm, Fault, Matcher, Operation, TestObject};

use crate::fixture::{
    BUCKET, World, assert_passed, at_once, content, files_below, impatient, skip,
};

const KEY: &str = "run/out/model.bin";
const SIZE: u64 = 20_000_000;
const SEGMENT: u64 = 500_000;
const WORKERS: u64 = 4;

/// The environment of the process that is killed.
const DESTINATION: &str = "REENACT_TEST_DESTINATION";

fn in_segments() -> TransferOptions {
    impatient()
        .with_range_size(NonZeroU64::new(SEGMENT).unwrap())
        .with_concurrency(NonZeroUsize::new(4).unwrap())
        .with_sync(false)
}

fn whole() -> bytes::Bytes {
    content(usize::try_from(SIZE).unwrap())
}

/// Not a test by itself: the process that [`kill_at_nine_tenths`] starts. It stops by itself when it has nine tenths of the
/// object, says so when all it had to write is written, and waits to be killed.
#[test]
#[ignore = "started by other tests, as a process to be killed"]
fn process_to_be_killed() {
    let destination = std::env::var_os(DESTINATION).expect("started by another test");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // One after the other, so that what is asked of it last is done last.
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        let source = S3Source::connect(BUCKET, &ConnectOptions::default()).await.unwrap();
        let object = source.head(KEY, None).await.unwrap();
        let received = AtomicU64::new(0);
        let stop_at_nine_tenths = |event: &Event<'_>| {
            let Event::Bytes { count, .. } = event else { return };
            let received = received.fetch_add(*count, Ordering::Relaxed) + count;
            if received >= SIZE / 10 * 9 {
                tokio::task::spawn_blocking(move || {
                    writeln!(std::io::stdout(), "\nreceived {received}").unwrap();
                });
                loop {
                    std::thread::park();
                }
            }
        };
        let transfer = Transfer::new(Arc::new(source), in_segments());
        transfer.fetch(&object, Path::new(&destination), &stop_at_nine_tenths).await.unwrap();
    });
}

/// Has another process fetch the object, kills it, and returns how many bytes it had received.
fn kill_at_nine_tenths(world: &World) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "transfer_resume::process_to_be_killed", "--ignored", "--nocapture"])
        .envs(world.server.environment())
        .env(DESTINATION, world.destination())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let received = received(&mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    received.expect("the process says how much it has received")
}

fn received(child: &mut Child) -> Option<u64> {
    let lines = BufReader::new(child.stdout.take()?).lines();
    lines.map_while(Result::ok).find_map(|line| line.strip_prefix("received ")?.parse().ok())
}

async fn fetch(world: &World) -> Landed {
    let object = world.listed(KEY).await;
    let transfer = Transfer::new(Arc::clone(&world.source), in_segments());
    let landed = transfer.fetch(&object, &world.destination(), &()).await.unwrap();
    assert_eq!(world.files(), [world.destination()], "nothing else is left");
    landed
}

#[tokio::test]
async fn h8_a_killed_transfer_goes_on_with_at_most_one_part_for_each_worker_repeated() {
    let (world, _) = World::with(KEY, whole()).await;
    let received = kill_at_nine_tenths(&world);
    assert!(!world.destination().exists(), "half a file never has its final name");
    assert_eq!(world.files().len(), 2, "a part file and its journal");
    world.server.take_requests();
    let landed = fetch(&world).await;
    assert!(landed.resumed <= received, "{} of {received}", landed.resumed);
    assert!(received - landed.resumed <= WORKERS * SEGMENT, "{} of {received}", landed.resumed);
    let sent: u64 = world.server.requests().iter().map(|request| request.bytes_sent).sum();
    // The listing is an answer with a body, too.
    assert!(sent < SIZE - landed.resumed + 2_000, "{sent} bytes were sent again");
    assert!(matches!(landed.verified, Verified::Checksum(_)));
    assert_eq!(std::fs::read(world.destination()).unwrap(), whole());
}

#[tokio::test]
async fn h8_an_object_in_parts_goes_on_and_is_verified_by_them() {
    let world = World::new().await;
    let parts = TestObject::new(whole()).checksum(ChecksumAlgorithm::Sha256).part_size(700_000);
    world.bucket.put_object(KEY, parts);
    kill_at_nine_tenths(&world);
    let landed = fetch(&world).await;
    assert!(landed.resumed > SIZE / 2, "{}", landed.resumed);
    assert!(matches!(landed.verified, Verified::Composite(_)));
    assert_eq!(std::fs::read(world.destination()).unwrap(), whole());
}

#[tokio::test]
async fn h8_what_is_left_of_an_object_that_was_replaced_is_not_used() {
    let (world, _) = World::with(KEY, whole()).await;
    kill_at_nine_tenths(&world);
    let other: Vec<u8> = whole().iter().map(|byte| !byte).collect();
    world.bucket.put(KEY, other.clone());
    assert_eq!(fetch(&world).await.resumed, 0);
    assert_eq!(std::fs::read(world.destination()).unwrap(), other);
}

#[tokio::test]
async fn h8_segments_that_a_power_failure_has_emptied_are_fetched_again() {
    let (world, _) = World::with(KEY, whole()).await;
    let received = kill_at_nine_tenths(&world);
    let part = files_below(world.directory())
        .into_iter()
        .find(|path| path.extension().is_some_and(|extension| extension == "part"))
        .unwrap();
    let file = std::fs::File::options().write(true).open(part).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &[0; 100], SEGMENT + 7).unwrap();
    let landed = fetch(&world).await;
    assert!(landed.resumed > 0 && landed.resumed <= received - SEGMENT, "{}", landed.resumed);
    assert_eq!(std::fs::read(world.destination()).unwrap(), whole());
}

#[tokio::test]
async fn what_has_arrived_stays_after_a_failure_only_if_that_is_wanted() {
    let (world, object) = World::with(KEY, whole()).await;
    let breaks = Matcher::operation(Operation::GetObject).after(3);
    for keep in [false, true] {
        world.server.faults().clear();
        world.server.faults().on(breaks.clone(), Fault::InternalError);
        let options = in_segments().with_partial_kept(keep).with_retry(at_once());
        let transfer = Transfer::new(Arc::clone(&world.source), options);
        let error = transfer.fetch(&object, &world.destination(), &()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ServerFailure);
        assert_eq!(world.files().is_empty(), !keep);
    }
    world.server.faults().clear();
    assert!(fetch(&world).await.resumed > 0);
}

#[test]
fn what_a_slow_disk_has_taken_before_a_failure_is_gone_on_with() {
    let slowly = ["-f", "-qq", "-o", "/dev/null", "-e", "inject=pwritev:delay_exit=20000"];
    let there = Command::new("strace").args(["-qq", "true"]).output();
    if !there.is_ok_and(|tried| tried.status.success()) {
        return skip("strace, which slows the disk down, is not there or not allowed");
    }
    let test = "transfer_resume::what_has_arrived_stays_after_a_failure_only_if_that_is_wanted";
    let mut slow = Command::new("strace");
    slow.args(slowly).arg(std::env::current_exe().unwrap()).args(["--exact", test]);
    assert_passed(&slow.output().unwrap());
}
