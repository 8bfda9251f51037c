//! Many processes want the same objects at once while some of them are killed.

use std::fs;

use reenact_workspace_cache::{Cache, Depth, Retention};

use crate::common::{content, count_files, object, options};
use crate::second_process::SecondProcess;

/// How many objects each process wants.
pub(crate) const OBJECTS: usize = 50;

const PROCESSES: usize = 8;

/// Kills each process after it has got one object more than the one before.
fn kill_at_different_times(processes: Vec<SecondProcess>) {
    for (objects, mut process) in (1..).zip(processes) {
        for _ in 0..objects {
            process.wait_until_ready();
        }
        process.kill();
    }
}

/// Everything at once: the objects do not fit the limit that one process enforces over and over, while the others want
/// them all and are killed or not.
#[test]
fn collecting_garbage_meanwhile_takes_nothing_from_those_who_read() {
    let directory = tempfile::tempdir().unwrap();
    let limit: u64 = (0..OBJECTS / 2).map(|number| object(number).size()).sum();
    let mut collector = SecondProcess::start(&format!("collect {limit}"), directory.path());
    collector.wait_until_ready();
    let start = |seed: usize| SecondProcess::start(&format!("want-all {seed}"), directory.path());
    let survivors: Vec<SecondProcess> = (0..PROCESSES / 2).map(start).collect();
    let victims: Vec<SecondProcess> = (PROCESSES..2 * PROCESSES).map(start).collect();
    kill_at_different_times(victims);
    for survivor in survivors {
        assert!(survivor.finish());
    }
    assert!(collector.finish());

    let cache = Cache::open(options(directory.path())).unwrap();
    assert_eq!(cache.take_notices(), []);
    let plan = cache.plan(&Retention::unlimited().with_max_bytes(Some(limit))).unwrap();
    cache.apply(&plan).unwrap();
    cache.sweep().unwrap();
    let report = cache.verify(Depth::Full, |_| ()).unwrap();
    assert!(report.is_sound() && report.sound_bytes <= limit, "{report:?}");
    assert_eq!(cache.usage().unwrap().blobs.bytes, report.sound_bytes);
}

#[test]
fn every_process_gets_every_object_although_some_are_killed() {
    let directory = tempfile::tempdir().unwrap();
    let start = |seed: usize| SecondProcess::start(&format!("want-all {seed}"), directory.path());
    let survivors: Vec<SecondProcess> = (0..PROCESSES).map(start).collect();
    let victims: Vec<SecondProcess> = (PROCESSES..2 * PROCESSES).map(start).collect();
    kill_at_different_times(victims);
    for survivor in survivors {
        assert!(survivor.finish());
    }

    let cache = Cache::open(options(directory.path())).unwrap();
    for number in 0..OBJECTS {
        assert_eq!(
            fs::read(cache.lookup(&object(number)).unwrap().unwrap().path()).unwrap(),
            content(number)
        );
    }
    cache.sweep().unwrap();
    let report = cache.verify(Depth::Full, |_| ()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.sound, OBJECTS as u64);
    assert_eq!(count_files(&cache.directory().join("fills")), 0);
    assert_eq!(count_files(&cache.directory().join("tmp")), 0);
    assert_eq!(count_files(&cache.directory().join("leases")), 1);
}

/// Whoever cleans up by hand, and starts with the wrong file, costs at most some fetches.
#[test]
fn losing_the_index_meanwhile_makes_nobody_fail() {
    let directory = tempfile::tempdir().unwrap();
    let start = |seed: usize| SecondProcess::start(&format!("want-all {seed}"), directory.path());
    let mut processes: Vec<SecondProcess> = (0..PROCESSES).map(start).collect();
    for (turn, process) in processes.iter_mut().enumerate() {
        process.wait_until_ready();
        let harmed: &[&str] = match turn % 3 {
            0 => &["index.sqlite"],
            1 => &["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"],
            _ => &["index.sqlite-wal"],
        };
        for name in harmed {
            // Another process may be replacing it at this very moment.
            drop(fs::remove_file(directory.path().join("v1").join(name)));
        }
    }
    for process in processes {
        assert!(process.finish());
    }

    let cache = Cache::open(options(directory.path())).unwrap();
    cache.sweep().unwrap();
    assert!(cache.verify(Depth::Full, |_| ()).unwrap().is_sound());
    for number in 0..OBJECTS {
        if let Some(entry) = cache.lookup(&object(number)).unwrap() {
            assert_eq!(fs::read(entry.path()).unwrap(), content(number));
        }
    }
}
