//! Caches that an earlier or a later version of this crate has written, or is using at the same moment.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use reenact_workspace_cache::{Cache, ErrorKind, Identity, Notice, Revision};
use rusqlite::Connection;

use crate::common::{Fixture, content, object, options, store, tag};
use crate::second_process::SecondProcess;

const BLOB: &str = "blobs/74/74dde8b08ec288f3f00fee576b0bc654cc22022d97f86f1ebb1f4755c80a5179";
const BYTES: &[u8] = b"carrier\nUA\n";

/// Lays out the journal and the blob as a cache of format 1 writes them.
fn format_1(directory: &Path) -> PathBuf {
    let root = directory.join("v1");
    fs::create_dir_all(root.join("blobs/74")).unwrap();
    fs::write(root.join(BLOB), BYTES).unwrap();
    fs::write(root.join("journal"), include_bytes!("format-1/journal")).unwrap();
    root
}

fn stored_objects() -> [Identity; 2] {
    [tag("9b2cf535"), Revision::Version("3sL4kqtJ".into())]
        .map(|revision| Identity::new("lake", "flights/part-0.csv", revision, 11).unwrap())
}

fn revision(index: &Path) -> i64 {
    let connection = Connection::open(index).unwrap();
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

/// Does to the tables what a migration of a later version may do: it adds, with a default.
fn migrate_to_a_later_revision(index: &Path) {
    let later = "ALTER TABLE blobs ADD COLUMN later TEXT NOT NULL DEFAULT 'unknown';
        CREATE TABLE later (something TEXT);
        PRAGMA user_version = 57;";
    Connection::open(index).unwrap().execute_batch(later).unwrap();
}

/// This must hold for as long as there is a `v1`.
#[test]
fn a_stored_cache_of_format_1_is_understood() {
    let directory = tempfile::tempdir().unwrap();
    format_1(directory.path());

    let cache = Cache::open(options(directory.path())).unwrap();
    assert_eq!(
        cache.take_notices(),
        [Notice::IndexRebuilt { kept: None, recovered: 2, unreadable: 0 }]
    );
    for identity in stored_objects() {
        let entry = cache.lookup(&identity).unwrap().unwrap();
        assert_eq!(fs::read(entry.path()).unwrap(), BYTES);
        assert!(entry.path().ends_with(BLOB));
    }
    let created: Vec<_> =
        cache.objects().unwrap().iter().map(|stored| stored.created.timestamp_millis()).collect();
    assert_eq!(created, [1_362_139_200_000, 1_362_139_200_001]);
}

/// `format-1/index.sqlite` was written by the program that knew only revision 1.
#[test]
fn a_stored_index_of_revision_1_is_migrated_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let root = format_1(directory.path());
    let index = root.join("index.sqlite");
    fs::write(&index, include_bytes!("format-1/index.sqlite")).unwrap();
    assert_eq!(revision(&index), 1);

    let cache = Cache::open(options(directory.path())).unwrap();
    assert_eq!(cache.take_notices(), [], "it is not rebuilt");
    assert_eq!(revision(&index), 2);
    let used = DateTime::parse_from_rfc3339("2013-03-02T12:00:00Z").unwrap();
    let stored = cache.objects().unwrap();
    assert_eq!(stored.len(), 2);
    assert!(stored.iter().all(|object| object.last_used == used && object.uses == 1), "{stored:?}");
    for identity in stored_objects() {
        let entry = cache.lookup(&identity).unwrap().unwrap();
        assert_eq!(fs::read(entry.path()).unwrap(), BYTES);
    }
    assert!(cache.objects().unwrap().iter().all(|object| object.uses == 2));
    drop(store(&cache, 1));
    assert_eq!(cache.usage().unwrap().objects, 3);
}

/// What a migration yields must not depend on where it began.
#[test]
fn a_migrated_index_has_the_tables_of_a_new_one() {
    let old = tempfile::tempdir().unwrap();
    let root = format_1(old.path());
    fs::write(root.join("index.sqlite"), include_bytes!("format-1/index.sqlite")).unwrap();
    let new = tempfile::tempdir().unwrap();
    let [migrated, made] = [old.path(), new.path()].map(|directory| {
        drop(Cache::open(options(directory)).unwrap());
        let connection = Connection::open(directory.join("v1/index.sqlite")).unwrap();
        let mut query =
            connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<rusqlite::Result<Vec<(String, Option<String>)>>>().unwrap()
    });
    assert_eq!(migrated, made);
}

/// Two projects on one machine, one with this version of the crate and one with a later one, work side by side.
#[test]
fn a_later_revision_is_worked_with_before_and_after_it_comes() {
    let fixture = Fixture::new();
    let mut running = SecondProcess::start("fill-when-told 1", fixture.directory.path());
    running.wait_until_ready();
    drop(store(&fixture.cache, 2));
    let index = fixture.cache.directory().join("index.sqlite");
    migrate_to_a_later_revision(&index);

    assert!(running.finish(), "a process that had opened the index before");
    let opened_after = fixture.again();
    for cache in [&fixture.cache, &opened_after] {
        for number in [1, 2] {
            let entry = cache.lookup(&object(number)).unwrap().unwrap();
            assert_eq!(fs::read(entry.path()).unwrap(), content(number));
        }
        assert_eq!(cache.take_notices(), []);
    }
    drop(store(&opened_after, 3));
    assert_eq!(fixture.cache.usage().unwrap().objects, 3);
    assert_eq!(revision(&index), 57, "nobody takes it back");
}

#[test]
fn many_processes_migrate_it_once() {
    let directory = tempfile::tempdir().unwrap();
    let root = format_1(directory.path());
    fs::write(root.join("index.sqlite"), include_bytes!("format-1/index.sqlite")).unwrap();
    let processes: Vec<SecondProcess> = (0..6)
        .map(|number| SecondProcess::start(&format!("fill-when-told {number}"), directory.path()))
        .collect();
    for mut process in processes {
        process.wait_until_ready();
        assert!(process.finish());
    }
    let cache = Cache::open(options(directory.path())).unwrap();
    assert_eq!(cache.take_notices(), []);
    assert!((0..6).all(|number| cache.lookup(&object(number)).unwrap().is_some()));
}

#[test]
fn an_index_of_a_newer_format_is_left_alone() {
    let fixture = Fixture::new();
    store(&fixture.cache, 1);
    let index = fixture.cache.directory().join("index.sqlite");
    drop(fixture.cache);
    Connection::open(&index).unwrap().pragma_update(None, "user_version", 100).unwrap();
    let before = fs::read(&index).unwrap();

    let error = Cache::open(options(fixture.directory.path())).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::NewerFormat, Some(&*index)), "{error}");
    assert!(
        error.to_string().contains("use a newer reenact or another cache directory"),
        "{error}"
    );
    assert_eq!(fs::read(&index).unwrap(), before);
}

#[test]
fn the_directories_of_other_versions_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("v2")).unwrap();
    fs::write(directory.path().join("v2/index"), "something newer").unwrap();
    let cache = Cache::open(options(directory.path())).unwrap();
    store(&cache, 1);
    cache.purge_all().unwrap();
    assert_eq!(fs::read_to_string(directory.path().join("v2/index")).unwrap(), "something newer");
}
