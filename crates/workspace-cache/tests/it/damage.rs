//! Whatever a crash or a power cut leaves, the cache can be used, serves no wrong bytes, and a sweep makes index and disk
//! agree.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use reenact_workspace_cache::{Cache, Depth, ErrorKind, Notice};

use crate::common::{Fixture, Harm, content, count_files, object, options, store};

/// The state after the first object was stored, and what storing the second one changed.
struct Cut {
    directory: tempfile::TempDir,
    index_before: Vec<u8>,
    journal_before: u64,
}

impl Cut {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store_and_close =
            |number| drop(store(&Cache::open(options(directory.path())).unwrap(), number));
        store_and_close(1);
        let index = rusqlite::Connection::open(directory.path().join("v1/index.sqlite")).unwrap();
        index.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        drop(index);
        let index_before = fs::read(directory.path().join("v1/index.sqlite")).unwrap();
        let journal_before = directory.path().join("v1/journal").metadata().unwrap().len();
        store_and_close(2);
        Self { directory, index_before, journal_before }
    }

    fn root(&self) -> std::path::PathBuf {
        self.directory.path().join("v1")
    }

    fn without_index_rows(self) -> Self {
        fs::write(self.root().join("index.sqlite"), &self.index_before).unwrap();
        fs::remove_file(self.root().join("index.sqlite-wal")).unwrap();
        self
    }

    fn without_journal_line(self) -> Self {
        let journal = OpenOptions::new().write(true).open(self.root().join("journal")).unwrap();
        journal.set_len(self.journal_before).unwrap();
        self
    }

    fn without_blob(self) -> Self {
        let digest = reenact_workspace_cache::Digest::of(&content(2)).to_string();
        fs::remove_file(self.root().join("blobs").join(&digest[..2]).join(digest)).unwrap();
        self
    }

    fn with_file(self, path: &str, text: &str) -> Self {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// The first object is as it was; the second one is there whole or not at all; then all is mended.
    fn recovers(&self, second_is_there: bool) {
        let cache = Cache::open(options(self.directory.path())).unwrap();
        let first =
            cache.lookup(&object(1)).unwrap().expect("the first object was stored long before");
        assert_eq!(fs::read(first.path()).unwrap(), content(1));
        let second = cache.lookup(&object(2)).unwrap();
        assert_eq!(second.is_some(), second_is_there);
        let second = second.unwrap_or_else(|| store(&cache, 2));
        assert_eq!(fs::read(second.path()).unwrap(), content(2));

        cache.sweep().unwrap();
        assert_eq!(cache.verify(Depth::Full, |_| ()).unwrap().sound, 2);
        assert!(cache.verify(Depth::Full, |_| ()).unwrap().is_sound());
        for temporary in ["fills", "tmp"] {
            assert_eq!(
                fs::read_dir(self.root().join(temporary)).unwrap().count(),
                0,
                "{temporary}"
            );
        }
        assert!(!self.root().join("journal.new").exists());
        assert_eq!(count_files(&self.root().join("leases")), 1);
    }
}

/// The steps of storing an object, in their order: the power may be cut after each of them, and what was not flushed may
/// be missing although a later step was done.
#[test]
fn a_power_cut_at_any_step_of_a_commit_is_recovered_from() {
    let id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let nothing_stored = || Cut::new().without_index_rows().without_journal_line().without_blob();
    nothing_stored().with_file(&format!("fills/{id}.lock"), "").recovers(false);
    nothing_stored().with_file(&format!("fills/{id}/object"), "half").recovers(false);
    nothing_stored()
        .with_file("leases/4711-dead", "+0123456789abcdef0123456789abcdef")
        .recovers(false);
    Cut::new().without_index_rows().without_journal_line().recovers(false);
    Cut::new().without_index_rows().recovers(false);
    Cut::new().without_journal_line().recovers(true);
    Cut::new().without_blob().recovers(false);
    Cut::new().recovers(true);
}

#[test]
fn an_interrupted_rebuild_is_recovered_from() {
    Cut::new().with_file("tmp/.tmpAbCdEf/index", "half an index").recovers(true);
    Cut::new().with_file("journal.new", "half a journal").recovers(true);
    let without_index = Cut::new();
    fs::remove_file(without_index.root().join("index.sqlite")).unwrap();
    without_index.with_file("tmp/.tmpAbCdEf/index", "half an index").recovers(true);
}

#[test]
fn a_journal_that_was_cut_anywhere_loses_only_its_last_line() {
    let cut = Cut::new();
    let whole = cut.root().join("journal").metadata().unwrap().len();
    for length in (cut.journal_before..whole).step_by(23).chain([whole - 1]) {
        let cut = Cut::new();
        let journal = OpenOptions::new().write(true).open(cut.root().join("journal")).unwrap();
        journal.set_len(length).unwrap();
        fs::remove_file(cut.root().join("index.sqlite")).unwrap();
        // All of the text of a line but its line break is enough.
        cut.recovers(length == whole - 1);
    }
}

#[test]
fn a_line_of_the_journal_that_was_altered_is_not_believed() {
    let cut = Cut::new();
    let journal = cut.root().join("journal");
    let altered = fs::read_to_string(&journal).unwrap().replace("part-002", "part-001");
    fs::write(&journal, altered).unwrap();
    fs::remove_file(cut.root().join("index.sqlite")).unwrap();

    let cache = Cache::open(options(cut.directory.path())).unwrap();
    assert_eq!(
        cache.take_notices(),
        [Notice::IndexRebuilt { kept: None, recovered: 1, unreadable: 1 }]
    );
    drop(cache);
    cut.recovers(false);
}

#[test]
fn an_index_that_is_deleted_or_damaged_while_it_is_open_is_mended_at_the_next_call() {
    let harms: [Harm; 6] = [
        ("emptied", |root| fs::write(root.join("index.sqlite"), "").unwrap()),
        ("overwritten", |root| {
            fs::write(root.join("index.sqlite"), "rubbish".repeat(10_000)).unwrap();
        }),
        ("deleted", |root| fs::remove_file(root.join("index.sqlite")).unwrap()),
        ("deleted with its companions", |root| {
            for name in ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"] {
                fs::remove_file(root.join(name)).unwrap();
            }
        }),
        ("replaced by rubbish", |root| {
            fs::write(root.join("rubbish"), "rubbish".repeat(1000)).unwrap();
            fs::rename(root.join("rubbish"), root.join("index.sqlite")).unwrap();
        }),
        ("replaced by another database", |root| {
            let other = root.join("other");
            rusqlite::Connection::open(&other)
                .unwrap()
                .execute_batch("CREATE TABLE blobs (other)")
                .unwrap();
            fs::rename(other, root.join("index.sqlite")).unwrap();
        }),
    ];
    for (harm, inflict) in harms {
        let fixture = Fixture::new();
        let other_process = fixture.again();
        (0..3).for_each(|number| drop(store(&fixture.cache, number)));
        inflict(fixture.cache.directory());

        for cache in [&fixture.cache, &other_process] {
            for number in 0..3 {
                let entry =
                    cache.lookup(&object(number)).unwrap().unwrap_or_else(|| panic!("{harm}"));
                assert_eq!(fs::read(entry.path()).unwrap(), content(number), "{harm}");
            }
        }
        let notices = [fixture.cache.take_notices(), other_process.take_notices()].concat();
        assert!(
            matches!(&*notices, [Notice::IndexRebuilt { recovered: 3, .. }]),
            "{harm}: told once: {notices:?}"
        );
        drop(store(&fixture.cache, 3));
        assert!(other_process.lookup(&object(3)).unwrap().is_some(), "{harm}");
    }
}

/// Nobody but the owner can do anything with this, nor with what is below it.
fn assert_private(path: &Path) {
    let mode = path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    if path.is_dir() {
        for file in fs::read_dir(path).unwrap() {
            assert_private(&file.unwrap().path());
        }
    }
}

#[test]
fn everything_is_private_and_the_directory_is_tagged_as_a_cache() {
    let directory = tempfile::tempdir().unwrap();
    let location = directory.path().join("a/b/cache");
    let cache = Cache::open(options(&location)).unwrap();
    let entry = store(&cache, 1);
    assert!(
        fs::read_to_string(location.join("CACHEDIR.TAG"))
            .unwrap()
            .starts_with("Signature: 8a477f597d28d172")
    );
    assert_private(&location);
    assert_eq!(entry.path().metadata().unwrap().permissions().mode() & 0o777, 0o400);
}

#[test]
fn a_place_that_cannot_hold_a_cache_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "not a directory").unwrap();
    let error = Cache::open(options(&file.join("cache"))).unwrap_err();
    assert_eq!(
        (error.kind(), error.path()),
        (ErrorKind::FileSystem, Some(&*file.join("cache"))),
        "{error}"
    );
}
