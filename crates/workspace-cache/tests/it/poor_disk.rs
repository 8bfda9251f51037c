//! A disk that becomes full, at whichever write that happens, and one that may not be written.

use std::fs;
use std::path::Path;
use std::process::Command;

use reenact_workspace_cache::{Cache, ErrorKind, Reserved, Result, Retention};

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
fn a_disk_that_may_not_be_written_is_an_error_that_says_so() {
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
    let disk = Disk::mount(directory, "size=64m");
    for warm in [false, true] {
        disk.change("ro");
        let error = Cache::open(options(directory)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotWritable, "warm: {warm}, {error}");
        assert!(error.path().unwrap().starts_with(directory), "{error}");
        disk.change("rw");
        if !warm {
            drop(store(&Cache::open(options(directory)).unwrap(), 1));
        }
    }
    let cache = Cache::open(options(directory)).unwrap();
    assert_eq!(fs::read(cache.lookup(&object(1)).unwrap().unwrap().path()).unwrap(), content(1));
    drop(cache);
    assert_agreement(&Cache::open(options(directory)).unwrap());
}
