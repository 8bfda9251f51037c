//! Memory that a transfer takes: the same for objects of any size.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use reenact_downloader::{
    ConnectOptions, ObjectMeta, ObjectSource, ObjectSourceExt, Plan, PlanOptions, S3Source,
    Transfer, TransferOptions,
};

use crate::fixture::{BUCKET, World, assert_passed, skip};

/// The environment of the process whose memory is looked at.
const DIRECTORY: &str = "REENACT_TEST_DIRECTORY";
/// Of each of two objects.
const SIZE: usize = 100_000_000;
/// Less than one of them.
const MOST_KIB: u64 = 96_000_000 / 1024;

#[tokio::test]
async fn memory_is_bounded_whatever_the_sizes_of_objects() {
    if !Path::new("/proc/self/status").exists() {
        return skip("this system does not tell how much memory a process has had");
    }
    let world = World::new().await;
    let content = Bytes::from(vec![7; SIZE]);
    for key in ["out/a", "out/b"] {
        world.bucket.put(key, content.clone());
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "memory::process_that_fetches_more_than_it_may_hold"])
        .args(["--ignored", "--nocapture"])
        .envs(world.server.environment())
        .env(DIRECTORY, world.directory())
        .output()
        .unwrap();
    assert_passed(&output);
}

/// Not a test by itself: the process that the test above starts.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by another test, as a process whose memory is looked at"]
async fn process_that_fetches_more_than_it_may_hold() {
    let directory = PathBuf::from(std::env::var_os(DIRECTORY).expect("started by another test"));
    let source = S3Source::connect(BUCKET, &ConnectOptions::default()).await.unwrap();
    let source: Arc<dyn ObjectSource> = Arc::new(source);
    let objects: Vec<ObjectMeta> = source.list("out/").try_collect().await.unwrap();
    let plan = Plan::new("out/", &objects, &PlanOptions::default()).unwrap();
    let transfer = Transfer::new(source, TransferOptions::default().with_sync(false));
    let report = transfer.run(&plan, &directory, &()).await.unwrap();
    assert_eq!((report.is_complete(), report.bytes()), (true, 2 * SIZE as u64));
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak > 1_000, "{peak} KiB is not what a process takes");
    assert!(peak < MOST_KIB, "{peak} KiB");
}
