//! Processes that may not open many files: thousands of objects land nevertheless, and where nothing can be opened that is told.

use std::fs::File;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use futures::TryStreamExt;
use reenact_downloader::{
    ConnectOptions, ErrorKind, ObjectMeta, ObjectSource, ObjectSourceExt, Plan, PlanOptions,
    S3Source, Transfer, TransferOptions,
};

use crate::fixture::{BUCKET, World, assert_passed, files_below, impatient};

/// The environment of the process that may open few files.
const DIRECTORY: &str = "REENACT_TEST_DIRECTORY";
const OBJECTS: usize = 3_000;

/// Runs a test of this file in a process that may have so many files open, and returns what it says.
fn run(world: &World, limit: usize, name: &str) {
    let output = Command::new("sh")
        .args(["-c", "ulimit -n \"$0\" && exec \"$@\"", &limit.to_string()])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("open_files::{name}"), "--ignored", "--nocapture"])
        .envs(world.server.environment())
        .env(DIRECTORY, world.directory())
        .output()
        .unwrap();
    assert_passed(&output);
}

fn directory() -> PathBuf {
    std::env::var_os(DIRECTORY).expect("started by another test").into()
}

async fn source() -> Arc<dyn ObjectSource> {
    Arc::new(S3Source::connect(BUCKET, &ConnectOptions::default()).await.unwrap())
}

#[tokio::test]
async fn h20_thousands_of_objects_land_although_few_files_may_be_open() {
    let world = World::new().await;
    for index in 0..OBJECTS {
        world.bucket.put(&format!("out/{:02}/{index:04}", index % 40), "x");
    }
    // Two kept connections per processor and what a runtime needs leave room for few objects at once.
    run(&world, 48, "process_that_lands_thousands");
    assert_eq!(world.files().len(), OBJECTS);
}

/// Not a test by itself: the process that the test above starts.
#[tokio::test]
#[ignore = "started by another test, as a process that may open few files"]
async fn process_that_lands_thousands() {
    let source = source().await;
    let objects: Vec<ObjectMeta> = source.list("out/").try_collect().await.unwrap();
    let plan = Plan::new("out/", &objects, &PlanOptions::default()).unwrap();
    let many = NonZeroUsize::new(1_000).unwrap();
    let options = TransferOptions::default().with_concurrency(many).with_sync(false);
    let report = Transfer::new(source, options).run(&plan, &directory(), &()).await.unwrap();
    assert_eq!(report.into_result().unwrap().len(), OBJECTS);
}

#[tokio::test]
async fn h20_that_no_more_files_can_be_opened_is_told_and_leaves_nothing() {
    let (world, _) = World::with("out/x", "content").await;
    run(&world, 40, "process_that_cannot_open_files");
    assert!(world.files().is_empty());
}

/// Not a test by itself: the process that the test above starts.
#[tokio::test]
#[ignore = "started by another test, as a process that may open few files"]
async fn process_that_cannot_open_files() {
    let (connected, unconnected) = (source().await, source().await);
    let object = connected.head("out/x", None).await.unwrap();
    let open: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!(!open.is_empty());
    // Neither a file, where there is a connection already, nor a connection.
    for source in [connected, unconnected] {
        let destination = directory().join("x");
        let transfer = Transfer::new(source, impatient());
        let error = transfer.fetch(&object, &destination, &()).await.unwrap_err();
        assert_eq!((error.kind(), error.key()), (ErrorKind::TooManyOpenFiles, Some("out/x")));
        assert!(error.to_string().contains("ulimit -n"), "{error}");
    }
    drop(open);
    assert!(files_below(&directory()).is_empty());
}
