//! A disk that fills up while objects land on it: an error that says what is needed, and nothing left behind.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use reenact_downloader::{ErrorKind, Outcome, Plan, PlanOptions, Transfer, TransferOptions};

use crate::fixture::{BUCKET, World, assert_passed, content, files_below, impatient, skip};

/// The environment of the process that has a small disk.
const DISK: &str = "REENACT_TEST_DISK";
/// More than the disk holds.
const SIZE: usize = 3_000_000;

#[test]
fn h20_a_disk_that_fills_up_is_named_with_what_is_needed_and_nothing_is_left_on_it() {
    let disk = tempfile::tempdir().unwrap();
    // Whoever is root may mount at once, all others as the root of a name space of users.
    let ways: [&[&str]; 2] = [&["--mount"], &["--map-root-user", "--mount"]];
    let on_disk = |way: &[&str], command: &[&str]| {
        let mut unshare = Command::new("unshare");
        unshare.args(way).args([
            "sh",
            "-c",
            "mount -t tmpfs -o size=1m tmpfs \"$0\" && exec \"$@\"",
        ]);
        unshare.arg(disk.path()).args(command).env(DISK, disk.path()).output()
    };
    let may_mount =
        |way: &&&[&str]| on_disk(way, &["true"]).is_ok_and(|output| output.status.success());
    let Some(way) = ways.iter().find(may_mount) else {
        return skip("this machine does not let us mount a disk");
    };
    let test = std::env::current_exe().unwrap();
    let name = "disk_full::process_with_a_small_disk";
    let words = [test.to_str().unwrap(), "--exact", name, "--ignored", "--nocapture"];
    let output = on_disk(way, &words).unwrap();
    assert_passed(&output);
}

/// Not a test by itself: the process that the test above starts.
#[tokio::test]
#[ignore = "started by another test, as a process with a small disk"]
async fn process_with_a_small_disk() {
    let disk = PathBuf::from(std::env::var_os(DISK).expect("started by another test"));
    let in_segments = impatient().with_range_size(NonZeroU64::new(200_000).unwrap());
    for options in [
        impatient(),
        impatient().with_sync(false),
        in_segments.clone(),
        in_segments.with_partial_kept(true),
    ] {
        one_object_finds_no_room(&disk, options).await;
    }
    some_objects_of_many_find_no_room(&disk).await;
}

async fn one_object_finds_no_room(disk: &Path, options: TransferOptions) {
    let (world, object) = World::with("run/out/model.bin", content(SIZE)).await;
    let destination = disk.join("model.bin");
    std::fs::write(&destination, "what was there before").unwrap();
    let transfer = Transfer::new(Arc::clone(&world.source), options);
    let error = transfer.fetch(&object, &destination, &()).await.unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::DiskFull, Some(destination.as_path())));
    assert_eq!((error.bucket(), error.key()), (Some(BUCKET), Some("run/out/model.bin")));
    assert!(error.attempts() > 0, "{error:?}");
    assert!(error.to_string().contains("3000000 bytes are needed"), "{error}");
    assert_eq!(files_below(disk), std::slice::from_ref(&destination));
    assert_eq!(std::fs::read_to_string(&destination).unwrap(), "what was there before");
    std::fs::write(&destination, content(900_000)).expect("the room is there again");
    std::fs::remove_file(destination).unwrap();
}

async fn some_objects_of_many_find_no_room(disk: &Path) {
    let world = World::new().await;
    let objects: Vec<_> = (0..100)
        .map(|index| {
            let key = format!("out/{:02}/{index:02}", index % 7);
            world.bucket.put(&key, content(20_000));
            let mut object = reenact_downloader::ObjectMeta::new(&key, 20_000);
            object.etag = world.bucket.etag(&key);
            object
        })
        .collect();
    let plan = Plan::new("out/", &objects, &PlanOptions::default()).unwrap();
    let transfer = Transfer::new(Arc::clone(&world.source), impatient().with_fail_fast(false));
    let report = transfer.run(&plan, disk, &()).await.unwrap();
    let mut landed = Vec::new();
    for (_, outcome) in report.outcomes() {
        match outcome {
            Outcome::Landed(file) => landed.push(file.path.clone()),
            Outcome::Failed(error) => assert_eq!(error.kind(), ErrorKind::DiskFull, "{error}"),
            other => panic!("{other:?}"),
        }
    }
    assert!(!landed.is_empty() && landed.len() < 60, "{} of 100", landed.len());
    landed.sort();
    assert_eq!(files_below(disk), landed);
    assert!(landed.iter().all(|path| std::fs::read(path).unwrap() == content(20_000)));
}
