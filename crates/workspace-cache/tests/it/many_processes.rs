//! Many processes want the same objects at once while some of them are killed.

use std::fs;

use reenact_workspace_cache::{Cache, Depth};

use crate::common::{content, count_files, object, options};
use crate::second_process::SecondProcess;

/// How many objects each process wants.
pub(crate) const OBJECTS: usize = 50;

const PROCESSES: usize = 8;

#[test]
fn every_process_gets_every_object_although_some_are_killed() {
    let directory = tempfile::tempdir().unwrap();
    let start = |seed: usize| SecondProcess::start(&format!("want-all {seed}"), directory.path());
    let mut survivors: Vec<SecondProcess> = (0..PROCESSES).map(start).collect();
    let mut victims: Vec<SecondProcess> = (PROCESSES..2 * PROCESSES).map(start).collect();
    for victim in &mut victims {
        victim.wait_until_ready();
        victim.kill();
    }
    for survivor in &mut survivors {
        survivor.wait_until_ready();
    }
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
