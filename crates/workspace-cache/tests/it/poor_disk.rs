//! A disk that becomes full, at whichever write that happens, and one that may not be written.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use reenact_workspace_cache::{
    Cache, Depth, ErrorKind, Freshness, Reserved, Result, Retention, stage,
};

use crate::common::{assert_agreement, content, key, object, options, skip, store};
use crate::second_process::SecondProcess;

const NO_MOUNT: &str = "this machine does not let us mount a disk";

/// How many objects are stored on a small disk.
const OBJECTS: usize = 4;

/// A disk that has room for one page more each time: another write is the first to fail, until none does.
#[test]
fn a_disk_that_becomes_full_at_any_write_is_survived() {
    on_disks_of("survive-small-disks size");
}

/// The same with a disk on which one file or directory more can be made each time.
#[test]
fn a_disk_that_runs_out_of_files_at_any_creation_is_survived() {
    on_disks_of("survive-small-disks nr_inodes");
}

#[test]
fn a_disk_that_may_not_be_written_serves_what_it_has_and_says_why_it_takes_nothing() {
    on_disks_of("find-it-read-only");
}

fn on_disks_of(part: &str) {
    let directory = tempfile::tempdir().unwrap();
    match SecondProcess::start_with_mounts(part, directory.path()) {
        Some(process) => assert!(process.finish()),
        None => skip(NO_MOUNT),
    }
}

/// A disk in memory that is mounted as long as this lives.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    fn mount(directory: &'a Path, options: &str) -> Self {
        Self::run("mount", &["-t", "tmpfs", "-o", options, "tmpfs"], directory);
        Self(directory)
    }

    fn change(&self, options: &str) {
        Self::run("mount", &["-o", &format!("remount,{options}")], self.0);
    }

    fn run(program: &str, arguments: &[&str], directory: &Path) {
        let outcome = Command::new(program).args(arguments).arg(directory).output().unwrap();
        assert!(outcome.status.success(), "{program} {arguments:?}: {outcome:?}");
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        Self::run("umount", &[], self.0);
    }
}

/// Does the same on larger and larger disks, until nothing fails any more. After each failure everything that is said to be
/// there is whole, and once there is room all goes on.
pub(crate) fn survive_small_disks(directory: &Path, unit: &str) {
    let mut failures = 0;
    for extent in 1.. {
        let limit = if unit == "size" { extent * 4096 } else { extent };
        let disk = Disk::mount(directory, &format!("{unit}={limit}"));
        if fits(use_all_of_it(directory), &format!("{unit}={limit}")) {
            break;
        }
        failures += 1;
        fits(read_all_of_it(directory), "reading");
        disk.change("size=64m,nr_inodes=100000");
        let cache = Cache::open(options(directory)).unwrap();
        for number in 0..OBJECTS {
            get(&cache, number).unwrap();
        }
        assert_agreement(&cache);
        assert_eq!(cache.objects().unwrap().len(), OBJECTS);
    }
    assert!(failures > 20, "of {failures} disks none was small");
}

/// Whether there was room; any other error is none.
fn fits(outcome: Result<()>, when: &str) -> bool {
    match outcome {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::DiskFull => false,
        Err(error) => panic!("{when}: {:?} {error:?}", error.kind()),
    }
}

fn use_all_of_it(directory: &Path) -> Result<()> {
    let cache = Cache::open(options(directory))?;
    for number in 0..OBJECTS {
        get(&cache, number)?;
    }
    let plan = cache.plan(&Retention::unlimited().with_max_blobs(Some(2)))?;
    for (_, result) in cache.apply(&plan)?.results {
        assert!(matches!(result, reenact_workspace_cache::EvictionResult::Removed), "{result:?}");
    }
    cache.sweep()?;
    cache.purge("lake", &key(0))?;
    (0..OBJECTS).try_for_each(|number| get(&cache, number))
}

/// Reads what is there although the disk is full.
fn read_all_of_it(directory: &Path) -> Result<()> {
    let cache = Cache::open(options(directory))?;
    for number in 0..OBJECTS {
        if let Some(entry) = cache.lookup(&object(number))? {
            assert_eq!(fs::read(entry.path()).unwrap(), content(number));
        }
    }
    Ok(())
}

fn get(cache: &Cache, number: usize) -> Result<()> {
    let entry = match cache.reserve(&object(number))? {
        Reserved::Ready(entry) => entry,
        Reserved::Fill(reservation) => reservation.commit_from(&*content(number))?,
    };
    assert_eq!(fs::read(entry.path()).unwrap(), content(number));
    Ok(())
}

/// An empty disk and one with a warm cache, of which neither may be written.
pub(crate) fn find_it_read_only(directory: &Path) {
    let disk = Disk::mount(directory, "size=64m,ro");
    let error = Cache::open(options(directory)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotWritable, "there is no cache: {error}");
    assert!(error.path().unwrap().starts_with(directory), "{error}");

    disk.change("rw");
    let altered = {
        let cache = Cache::open(options(directory)).unwrap();
        (1..4).for_each(|number| drop(store(&cache, number)));
        let path = cache.lookup(&object(2)).unwrap().unwrap().path().to_path_buf();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, content(2).to_ascii_uppercase()).unwrap();
        path
    };
    disk.change("ro");
    serve_without_writing(directory, &altered);

    // As an image of a machine may have it: all is in the database, and nothing was left beside it.
    disk.change("rw");
    let index = directory.join("v1/index.sqlite");
    let connection = rusqlite::Connection::open(&index).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    for suffix in ["-wal", "-shm"] {
        let beside = directory.join(format!("v1/index.sqlite{suffix}"));
        fs::remove_file(beside).or_else(not_there).unwrap();
    }
    disk.change("ro");
    serve_without_writing(directory, &altered);

    disk.change("rw");
    let cache = Cache::open(options(directory)).unwrap();
    assert!(!cache.is_read_only());
    assert!(cache.lookup(&object(2)).unwrap().is_none());
    assert!(!altered.exists(), "it is in quarantine now");
    drop(store(&cache, 2));
    drop(store(&cache, 4));
}

fn not_there(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Hits and everything that only looks work; all else says that the disk may not be written.
fn serve_without_writing(directory: &Path, altered: &Path) {
    let cache = Cache::open(options(directory)).unwrap();
    assert!(cache.is_read_only());
    for number in [1, 3] {
        let Reserved::Ready(entry) = cache.reserve(&object(number)).unwrap() else {
            panic!("{number} is in the cache");
        };
        assert_eq!(fs::read(entry.path()).unwrap(), content(number));
        cache.confirm(entry.identity()).unwrap();
        stage([("input.csv", entry)], &tempfile::tempdir().unwrap().path().join("in")).unwrap();
    }
    assert_eq!(cache.recall("lake", &key(1), Freshness::Offline).unwrap(), Some(object(1)));
    assert_eq!(cache.objects().unwrap().len(), 3);
    assert_eq!(cache.usage().unwrap().blobs.files, 3);
    let report = cache.verify(Depth::Full, |_| ()).unwrap();
    assert_eq!((report.sound, report.quarantined.len()), (2, 1), "{report:?}");
    assert!(cache.lookup(&object(2)).unwrap().is_none());
    assert!(altered.exists());
    let plan = cache.plan(&Retention::unlimited().with_max_blobs(Some(1))).unwrap();
    assert_eq!(plan.evictions.len(), 2);

    for (what, error) in [
        ("reserving what is not there", cache.reserve(&object(7)).map(drop)),
        ("reserving what was altered", cache.reserve(&object(2)).map(drop)),
        ("evicting", cache.apply(&plan).map(drop)),
        ("purging", cache.purge("lake", "").map(drop)),
        ("sweeping", cache.sweep().map(drop)),
    ] {
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotWritable, "{what}: {error:?}");
        assert!(error.path().unwrap().starts_with(directory), "{what}: {error}");
    }
}
