//! Cuts the power after each write of a process that does all there is to do with a cache.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use reenact_workspace_cache::{Cache, Reserved, Retention};
use tempfile::TempDir;

use super::disk::{Disk, Loss, tree};
use super::trace;
use crate::common::{assert_agreement, content, key, object, options, skip, store};
use crate::second_process::SecondProcess;

/// The file that says which points the process has passed.
const POINT: &str = "point";

/// All objects that are ever stored here, the first one before the process starts.
const OBJECTS: [usize; 5] = [1, 2, 3, 4, 5];

/// The one that is purged.
const PURGED: usize = 4;

/// Stores, evicts, sweeps, purges, and loses its index.
pub(crate) fn live(directory: &Path) {
    let mut points = File::create(directory.join(POINT)).unwrap();
    let mut say = |point: &str| points.write_all(point.as_bytes()).unwrap();
    let cache = Cache::open(options(directory)).unwrap();
    let Reserved::Fill(reservation) = cache.reserve(&object(2)).unwrap() else { panic!() };
    reservation.commit_from(&*content(2)).unwrap();
    drop(store(&cache, 3));
    say("stored");
    cache.apply(&cache.plan(&Retention::unlimited().with_max_bytes(Some(1))).unwrap()).unwrap();
    drop(store(&cache, PURGED));
    cache.sweep().unwrap();
    cache.purge("lake", &key(PURGED)).unwrap();
    say("purged");
    for name in ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"] {
        fs::remove_file(cache.directory().join(name)).unwrap();
    }
    drop(store(&cache, 5));
    say("rebuilt");
}

#[test]
fn a_power_cut_after_any_write_leaves_a_cache_that_recovers() {
    let directory = in_memory();
    drop(store(&Cache::open(options(directory.path())).unwrap(), OBJECTS[0]));
    let mut disk = Disk::like(directory.path());
    let trace = tempfile::NamedTempFile::new().unwrap();
    let calls = trace::calls();
    let Some(process) = SecondProcess::start_traced("live", directory.path(), &calls, trace.path())
    else {
        return skip("strace is needed to record what a process writes");
    };
    assert!(process.finish());
    let operations =
        trace::operations(&fs::read_to_string(trace.path()).unwrap(), directory.path());
    assert!(operations.len() > 100, "{operations:?}");

    for (step, operation) in operations.iter().enumerate() {
        disk.apply(operation);
        let seed = step as u64;
        let losses: &[Loss] = match operation {
            trace::Operation::Flush(_) => &[Loss::Unflushed],
            _ => &[Loss::Nothing, Loss::Some { seed }],
        };
        for loss in losses {
            let left = in_memory();
            disk.lay_out(*loss, left.path());
            println!("{loss:?} is lost after step {step}, {operation:?}");
            recovers(left.path(), &disk.text(POINT));
        }
    }
    let end = in_memory();
    disk.lay_out(Loss::Nothing, end.path());
    assert_eq!(tree(end.path()), tree(directory.path()), "the model of the disk is true");
}

/// Nothing that was promised is missing, no byte is wrong, and all can go on as before.
fn recovers(directory: &Path, point: &str) {
    if point.contains("purged") {
        for trace in [key(PURGED).into_bytes(), content(PURGED)[..20].to_vec()] {
            assert!(!mentions(directory, &trace), "what was purged came back");
        }
    }
    let cache = Cache::open(options(directory)).unwrap();
    for number in OBJECTS {
        let found = cache.lookup(&object(number)).unwrap();
        if let Some(entry) = &found {
            assert_eq!(fs::read(entry.path()).unwrap(), content(number));
        }
        assert!(
            found.is_some() || number != OBJECTS[0] || !point.is_empty(),
            "what was there long before has to stay until it is evicted"
        );
    }
    if cache.lookup(&object(2)).unwrap().is_none() {
        drop(store(&cache, 2));
    }
    assert_agreement(&cache);
}

/// A directory that costs no flush, where there is one.
fn in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

/// Whether any file has these bytes in it.
fn mentions(directory: &Path, what: &[u8]) -> bool {
    let files = tree(directory).into_values().flatten();
    files.into_iter().any(|bytes| bytes.windows(what.len()).any(|window| window == what))
}
