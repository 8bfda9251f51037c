//! A disk that becomes full, at whichever write that happens, and one that may not be written.

use std::fs;
use std::io;
use std::path::Path;

use reenact_workspace_cache::{Cache, Depth, ErrorKind, Reserved, Result, Retention};

use crate::common::{content, count_files, object, options};
use crate::second_process::SecondProcess;

const NOT_TESTED: &str = "not tested: this machine does not let us mount a disk";

#[test]
fn a_full_disk_is_an_error_that_says_so_and_evicting_helps() {
    let directory = tempfile::tempdir().unwrap();
    // The sizes differ by less than an object takes, so that it is another write each time that fails.
    for kibibytes in (400..600).step_by(12) {
        match SecondProcess::start_on_disk(
            "fill-the-disk",
            directory.path(),
            &format!("size={kibibytes}k"),
        ) {
            Some(process) => assert!(process.finish(), "on a disk of {kibibytes} KiB"),
            None => return println!("{NOT_TESTED}"),
        }
    }
}

#[test]
fn a_disk_that_may_not_be_written_is_an_error_that_says_so() {
    let directory = tempfile::tempdir().unwrap();
    match SecondProcess::start_on_disk("find-it-read-only", directory.path(), "ro") {
        Some(process) => assert!(process.finish()),
        None => println!("{NOT_TESTED}"),
    }
}

pub(crate) fn find_it_read_only(directory: &Path) {
    let error = Cache::open(options(directory)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotWritable, "{error}");
    assert!(error.path().unwrap().starts_with(directory), "{error}");
}

/// Stores objects until the disk is full, looks at what is there, makes room, and goes on.
pub(crate) fn fill_the_disk(cache: &Cache) {
    let first = 40;
    let end = (first..first + 100).find(|number| !fits(try_to_store(cache, *number))).unwrap();
    assert_eq!(count_files(&cache.directory().join("fills")), 0);
    for number in first..end {
        let entry = cache.lookup(&object(number)).unwrap().unwrap();
        assert_eq!(fs::read(entry.path()).unwrap(), content(number));
    }
    assert!(cache.lookup(&object(end)).unwrap().is_none());

    cache.sweep().unwrap();
    let report = cache.verify(Depth::Full, |_| ()).unwrap();
    assert!(report.is_sound() && report.sound == (end - first) as u64, "{report:?}");
    cache.apply(&cache.plan(&Retention::unlimited().with_max_bytes(Some(1))).unwrap()).unwrap();
    assert!(fits(try_to_store(cache, end)));
    assert_eq!(cache.take_notices(), []);
}

fn try_to_store(cache: &Cache, number: usize) -> Result<io::Result<()>> {
    let Reserved::Fill(reservation) = cache.reserve(&object(number))? else {
        panic!("it is there")
    };
    if let Err(error) = fs::write(reservation.path(), content(number)) {
        return Ok(Err(error));
    }
    reservation.commit().map(|_| Ok(()))
}

/// Whether there was room; any other error is none.
fn fits(outcome: Result<io::Result<()>>) -> bool {
    match outcome {
        Ok(Ok(())) => true,
        Ok(Err(error)) if error.kind() == io::ErrorKind::StorageFull => false,
        Err(error) if error.kind() == ErrorKind::DiskFull => false,
        other => panic!("{other:?}"),
    }
}
