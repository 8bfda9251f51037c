//! Purging: nothing of what was purged is left, neither its bytes nor its name.

use std::fs;
use std::path::Path;
use std::time::Duration;

use reenact_workspace_cache::{Depth, ErrorKind, Identity};

use crate::common::{Fixture, content, object, store, store_as, tag};
use crate::second_process::SecondProcess;

/// Whether any file of the cache has these bytes in it.
fn mentions(directory: &Path, what: &str) -> bool {
    fs::read_dir(directory).unwrap().map(|file| file.unwrap().path()).any(|path| {
        if path.is_dir() {
            return mentions(&path, what);
        }
        fs::read(&path).unwrap().windows(what.len()).any(|window| window == what.as_bytes())
    })
}

#[test]
fn a_prefix_of_a_bucket_is_purged_without_a_trace() {
    let fixture = Fixture::new();
    let person = |key: &str, bucket: &str| Identity::new(bucket, key, tag("e"), 12).unwrap();
    store_as(&fixture.cache, &person("people/ada/row", "lake"), b"Ada Lovelace");
    store_as(&fixture.cache, &person("people/adam/row", "lake"), b"Adam Smith..");
    store_as(&fixture.cache, &person("people/ada/row", "pond"), b"Ada Lovelace");

    let report = fixture.cache.purge("lake", "people/ada/").unwrap();
    assert_eq!(
        (report.objects, report.blobs, report.bytes),
        (1, 0, 0),
        "the other bucket has the same bytes"
    );
    assert_eq!(fixture.cache.objects().unwrap().len(), 2);
    let report = fixture.cache.purge("pond", "").unwrap();
    assert_eq!((report.objects, report.blobs, report.bytes), (1, 1, 12));
    for trace in ["ada/row", "Lovelace", "pond"] {
        assert!(!mentions(fixture.cache.directory(), trace), "{trace}");
    }
    assert!(mentions(fixture.cache.directory(), "people/adam/row"));
    assert!(fixture.cache.verify(Depth::Full, |_| ()).unwrap().is_sound());
}

#[test]
fn what_is_being_read_is_reported_and_goes_with_the_next_purge() {
    let fixture = Fixture::new();
    (0..3).for_each(|number| drop(store(&fixture.cache, number)));
    let mut reader = SecondProcess::start("read-on 1", fixture.directory.path());
    reader.wait_until_ready();
    let mut filler = SecondProcess::start("fill-half 7", fixture.directory.path());
    filler.wait_until_ready();

    let report = fixture.cache.purge_all().unwrap();
    assert_eq!((report.objects, &*report.in_use), (2, &[object(1)][..]));
    reader.kill();
    filler.kill();
    assert_eq!(fixture.cache.purge_all().unwrap().objects, 1);
    for number in [0, 1, 2, 7] {
        let first = String::from_utf8(content(number)[..20].to_vec()).unwrap();
        assert!(!mentions(fixture.cache.directory(), &first), "{number}");
    }
}

/// Nobody waits for a sweep to leave no trace, so a reader of the index does not make it fail.
#[test]
fn a_sweep_shortens_the_journal_also_while_the_index_is_read() {
    let fixture = Fixture::with(|options| options.with_wait_limit(Duration::from_millis(20)));
    drop(store(&fixture.cache, 0));
    let journal = fixture.cache.directory().join("journal");
    let lines = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, lines.repeat(1_000)).unwrap();
    let mut reader =
        rusqlite::Connection::open(fixture.cache.directory().join("index.sqlite")).unwrap();
    let transaction = reader.transaction().unwrap();
    let count = "SELECT count(*) FROM objects";
    let seen: i64 = transaction.query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(seen, 1);
    // Later than what is read, so that the log can not be emptied.
    drop(store(&fixture.cache, 1));

    fixture.cache.sweep().unwrap();
    let shortened = fs::read_to_string(&journal).unwrap();
    assert!(shortened.len() < 3 * lines.len(), "{} bytes", shortened.len());
    assert!(shortened.contains(object(1).key()));
}

/// A reader of the index keeps its log from being emptied, in which the purged names still are.
#[test]
fn a_purge_that_cannot_empty_the_log_says_so_and_the_next_one_does() {
    let fixture = Fixture::with(|options| options.with_wait_limit(Duration::from_millis(20)));
    (0..3).for_each(|number| drop(store(&fixture.cache, number)));
    let mut reader =
        rusqlite::Connection::open(fixture.cache.directory().join("index.sqlite")).unwrap();
    let transaction = reader.transaction().unwrap();
    let count = "SELECT count(*) FROM objects";
    let seen: i64 = transaction.query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(seen, 3);

    let error = fixture.cache.purge("lake", object(1).key()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error:?}");
    assert!(fixture.cache.lookup(&object(1)).unwrap().is_none(), "it is removed all the same");
    assert!(mentions(fixture.cache.directory(), object(1).key()));

    drop(transaction);
    assert_eq!(fixture.cache.purge("lake", object(1).key()).unwrap().objects, 0);
    assert!(!mentions(fixture.cache.directory(), object(1).key()));
    assert_eq!(fixture.cache.objects().unwrap().len(), 2);
}
