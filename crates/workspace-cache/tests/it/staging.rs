//! Staged files: whole trees, and a cache that survives whatever is done to them. These tests are at their strictest as
//! root, whom no file mode stops.

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use reenact_workspace_cache::{Cache, Depth, ErrorKind, LinkKind, Staged, stage};

use crate::common::{Fixture, content, count_files, object, options, skip, store};
use crate::second_process::SecondProcess;

#[test]
fn a_tree_keeps_its_relative_paths() {
    let fixture = Fixture::new();
    let entries = [("part-0.csv", 1), ("2013/01/part-1.csv", 2), ("2013/part-0.csv", 1)];
    let target = fixture.directory.path().join("inputs/table");
    let staged =
        stage(entries.map(|(path, number)| (path, store_once(&fixture, number))), &target).unwrap();

    assert_eq!(staged.directory, target);
    assert_eq!(
        staged.bytes(),
        entries.iter().map(|(_, number)| content(*number).len() as u64).sum::<u64>()
    );
    for ((path, number), file) in entries.iter().zip(&staged.files) {
        assert_eq!(file.path, Path::new(path));
        assert_eq!(fs::read(target.join(path)).unwrap(), content(*number));
    }
    assert_eq!(count_files(&target), 3);
}

fn store_once(fixture: &Fixture, number: usize) -> reenact_workspace_cache::Entry {
    fixture.cache.lookup(&object(number)).unwrap().unwrap_or_else(|| store(&fixture.cache, number))
}

/// A hard link would be the blob itself: its owner may `chmod` it and write, and root may write at once.
#[test]
fn a_step_that_harms_its_inputs_cannot_harm_the_cache() {
    let fixture = Fixture::new();
    harm_what_is_staged(&fixture.cache, &fixture.directory.path().join("inputs"));
}

/// The same where staged files share their bytes with the cache.
#[test]
fn a_step_that_harms_reflinks_cannot_harm_the_cache() {
    let directory = tempfile::tempdir().unwrap();
    match SecondProcess::start_with_mounts("harm-reflinks", directory.path()) {
        Some(process) => assert!(process.finish()),
        None => skip("this machine does not let us mount a disk"),
    }
}

/// On a file system that can do reflinks; only root may mount one.
pub(crate) fn harm_reflinks(directory: &Path) {
    let image = tempfile::NamedTempFile::new().unwrap();
    image.as_file().set_len(128 << 20).unwrap();
    let run = |program: &str, arguments: &[&str], place: &Path| {
        let outcome = Command::new(program).args(arguments).arg(place).output();
        outcome.is_ok_and(|outcome| outcome.status.success())
    };
    let source = image.path().to_str().unwrap();
    if !run("mkfs.btrfs", &["--quiet"], image.path())
        || !run("mount", &["-o", "loop", source], directory)
    {
        return skip("mkfs.btrfs and root are needed to make a disk that can do reflinks");
    }
    let cache = Cache::open(options(&directory.join("cache"))).unwrap();
    let staged = harm_what_is_staged(&cache, &directory.join("inputs"));
    assert!(staged.files.iter().all(|file| file.kind == LinkKind::Reflink), "{staged:?}");
}

/// Stages files and does to them whatever a step may do.
fn harm_what_is_staged(cache: &Cache, inputs: &Path) -> Staged {
    let names =
        ["written", "truncated", "changed_mode", "deleted", "replaced", "linked", "linked_hard"];
    let entries: Vec<_> =
        names.iter().enumerate().map(|(at, name)| (*name, store(cache, at))).collect();
    let report = stage(entries.clone(), inputs).unwrap();
    for (name, entry) in &entries {
        let (staged, blob) =
            (inputs.join(name).metadata().unwrap(), entry.path().metadata().unwrap());
        assert_ne!(staged.ino(), blob.ino());
        assert_eq!((staged.nlink(), blob.nlink()), (1, 1));
        assert_eq!(staged.permissions().mode() & 0o777, 0o400);
    }

    let open_for_writing = |name: &str| {
        fs::set_permissions(inputs.join(name), Permissions::from_mode(0o600)).unwrap();
        OpenOptions::new().write(true).open(inputs.join(name)).unwrap()
    };
    open_for_writing("written").write_all(b"overwritten").unwrap();
    open_for_writing("truncated").set_len(0).unwrap();
    fs::set_permissions(inputs.join("changed_mode"), Permissions::from_mode(0o777)).unwrap();
    fs::remove_file(inputs.join("deleted")).unwrap();
    fs::write(inputs.join("other"), "another file").unwrap();
    fs::rename(inputs.join("other"), inputs.join("replaced")).unwrap();
    open_for_writing("linked");
    symlink("linked", inputs.join("link")).unwrap();
    fs::write(inputs.join("link"), "through a symbolic link").unwrap();
    open_for_writing("linked_hard");
    fs::hard_link(inputs.join("linked_hard"), inputs.join("link_hard")).unwrap();
    fs::write(inputs.join("link_hard"), "through a hard link").unwrap();
    assert_eq!(fs::read(inputs.join("linked")).unwrap(), b"through a symbolic link");

    let verified = cache.verify(Depth::Full, |_| ()).unwrap();
    assert_eq!((verified.is_sound(), verified.sound), (true, names.len() as u64));
    for (at, (_, entry)) in entries.iter().enumerate() {
        assert_eq!(fs::read(entry.path()).unwrap(), content(at));
        assert_eq!(entry.path().metadata().unwrap().permissions().mode() & 0o777, 0o400);
    }
    report
}

/// A symbolic link where the inputs should be, left by an earlier step, leads nowhere.
#[test]
fn a_symbolic_link_in_the_place_of_the_directory_is_not_followed() {
    let fixture = Fixture::new();
    let elsewhere = fixture.directory.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let target = fixture.directory.path().join("inputs");
    symlink(&elsewhere, &target).unwrap();

    let error = stage([("part", store(&fixture.cache, 1))], &target).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::FileSystem, Some(&*target)), "{error}");
    assert_eq!(count_files(&elsewhere), 0);
}

#[test]
fn nothing_is_written_outside_the_directory() {
    let fixture = Fixture::new();
    let entry = store(&fixture.cache, 1);
    let inside = fixture.directory.path().join("inside");
    let outside = ["../x", "/x", "", ".", "..", "a/../../x", "a//b", "a/./b", "a/", "./a"];
    for path in outside.map(PathBuf::from) {
        let error = stage([(path.clone(), entry.clone())], &inside).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::UnsafePath, Some(&*path)), "{error}");
    }
    for collision in [["a", "a"], ["a", "a/b"], ["a/b/c", "a/b"]] {
        let error = stage(collision.map(|path| (path, entry.clone())), &inside).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsafePath, "{collision:?}");
    }
    assert!(!inside.exists());
}

#[test]
fn a_directory_with_something_in_it_is_left_as_it_is() {
    let fixture = Fixture::new();
    let target = fixture.directory.path().join("inputs/table");
    fs::create_dir_all(&target).unwrap();
    fs::write(target.join("mine"), "mine").unwrap();

    let error = stage([("part", store(&fixture.cache, 1))], &target).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::FileSystem, Some(&*target)));
    assert_eq!(count_files(target.parent().unwrap()), 1, "neither staged nor left half staged");
    fs::remove_file(target.join("mine")).unwrap();
    stage([("part", store_once(&fixture, 1))], &target).unwrap();
    assert_eq!(count_files(&target), 1);
}
