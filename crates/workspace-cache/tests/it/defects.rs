//! What the seed of this project got wrong about its cache, each under its number; W1 and the rest of W2 are tested
//! beside `Workspace`, the rest of W3 beside `Identity`, the rest of W11 beside `Retention`.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::thread;
use std::time::Duration;

use chrono::TimeDelta;
use reenact_workspace_cache::{
    Cache, CacheOptions, Depth, Digest, ErrorKind, EvictionReason, EvictionResult, Identity,
    Notice, Retention, Workspace, stage,
};

use crate::common::{
    Fixture, Harm, content, count_files, key, object, options, store, store_as, tag,
};

#[test]
fn w2_removing_a_workspace_leaves_the_cache_as_it_is() {
    let fixture = Fixture::new();
    let workspace = Workspace::create(&fixture.directory.path().join("runs"), "ws1").unwrap();
    stage([("part", store(&fixture.cache, 1))], &workspace.inputs().join("table")).unwrap();
    workspace.remove().unwrap();

    assert_eq!(
        fs::read(fixture.cache.lookup(&object(1)).unwrap().unwrap().path()).unwrap(),
        content(1)
    );
    assert!(fixture.cache.verify(Depth::Full, |_| ()).unwrap().is_sound());
}

#[test]
fn d3_w3_the_same_key_and_size_with_another_etag_is_another_object() {
    let fixture = Fixture::new();
    let [old, new] = ["1", "2"].map(|text| Identity::new("lake", key(1), tag(text), 3).unwrap());
    store_as(&fixture.cache, &old, b"old");
    assert!(
        fixture.cache.lookup(&new).unwrap().is_none(),
        "the old bytes are not those of the new object"
    );
    store_as(&fixture.cache, &new, b"new");

    for (identity, bytes) in [(&old, "old"), (&new, "new")] {
        let entry = fixture.cache.lookup(identity).unwrap().unwrap();
        assert_eq!(fs::read_to_string(entry.path()).unwrap(), bytes);
        assert_eq!(entry.digest(), Digest::of(bytes.as_bytes()));
    }
}

#[test]
fn w4_two_workspaces_share_an_object_and_one_goes() {
    let fixture = Fixture::new();
    store(&fixture.cache, 1);
    let root = fixture.directory.path().join("runs");
    let [one, other] = ["w1", "w2"].map(|name| {
        let workspace = Workspace::create(&root, name).unwrap();
        let entry = fixture.cache.lookup(&object(1)).unwrap().unwrap();
        stage([("part", entry)], &workspace.inputs().join("table")).unwrap();
        workspace
    });
    one.remove().unwrap();
    assert_eq!(fs::read(other.inputs().join("table/part")).unwrap(), content(1));
}

#[test]
fn w5_an_object_larger_than_the_limit_is_served_while_it_is_read() {
    let small = Retention::default().with_max_bytes(Some(10));
    let fixture = Fixture::with(|options| options.with_retention(small.clone()));
    let entry = store(&fixture.cache, 1);

    let told = Notice::LimitsExceeded { bytes: entry.size(), blobs: 1 };
    assert_eq!(fixture.cache.take_notices(), [told]);
    let plan = fixture.cache.plan(&small).unwrap();
    assert_eq!((plan.evictions.len(), plan.fits), (0, false));
    assert_eq!(fs::read(entry.path()).unwrap(), content(1));
    drop(entry);
    let plan = fixture.cache.plan(&small).unwrap();
    assert_eq!((plan.evictions.len(), plan.fits), (1, true));
}

#[test]
fn w6_bytes_that_changed_are_never_served() {
    let fixture = Fixture::new();
    let harms: [Harm; 4] = [
        ("truncated", |blob| writable(blob).set_len(10).unwrap()),
        ("one byte altered", |blob| {
            let mut file = writable(blob);
            file.seek(SeekFrom::Start(3)).unwrap();
            file.write_all(b"X").unwrap();
        }),
        ("lengthened", |blob| {
            let mut file = writable(blob);
            file.seek(SeekFrom::End(0)).unwrap();
            file.write_all(b"more").unwrap();
        }),
        ("deleted", |blob| fs::remove_file(blob).unwrap()),
    ];
    for (number, (harm, inflict)) in harms.into_iter().enumerate() {
        let entry = store(&fixture.cache, number);
        let (path, digest) = (entry.path().to_path_buf(), entry.digest());
        drop(entry);
        // The time stamps of some file systems advance only every few milliseconds.
        let before = changed(&path);
        while changed(&path) == before {
            inflict(&path);
        }

        assert!(fixture.cache.lookup(&object(number)).unwrap().is_none(), "{harm}");
        let kept = fixture.cache.directory().join("quarantine").join(digest.to_string());
        let quarantined = Notice::Quarantined { digest, kept: kept.clone() };
        let expected = if harm == "deleted" { vec![] } else { vec![quarantined] };
        assert_eq!(fixture.cache.take_notices(), expected, "{harm}");
        assert_eq!(kept.exists(), harm != "deleted");
        assert_eq!(
            fs::read(store(&fixture.cache, number).path()).unwrap(),
            content(number),
            "fetched again"
        );
    }
}

/// The ctime of a file in nanoseconds, or nothing if it is gone.
fn changed(path: &Path) -> Option<i64> {
    let metadata = path.metadata().ok()?;
    Some(metadata.ctime() * 1_000_000_000 + metadata.ctime_nsec())
}

fn writable(blob: &Path) -> fs::File {
    fs::set_permissions(blob, Permissions::from_mode(0o600)).unwrap();
    OpenOptions::new().write(true).open(blob).unwrap()
}

/// A disk that alters a byte by itself changes no time stamp: only reading everything shows it.
#[test]
fn w6_full_verification_finds_what_a_look_at_the_file_cannot() {
    let fixture = Fixture::new();
    let (sound, rotten) = (store(&fixture.cache, 1), store(&fixture.cache, 2));
    let connection =
        rusqlite::Connection::open(fixture.cache.directory().join("index.sqlite")).unwrap();
    writable(rotten.path()).write_all(&content(2).to_ascii_uppercase()).unwrap();
    let forged = connection.execute(
        "UPDATE blobs SET changed = ?2 WHERE digest = ?1",
        rusqlite::params![rotten.digest().as_bytes(), changed(rotten.path())],
    );
    assert_eq!(forged.unwrap(), 1);

    assert!(fixture.cache.verify(Depth::Quick, |_| ()).unwrap().is_sound());
    let mut steps = Vec::new();
    let report = fixture
        .cache
        .verify(Depth::Full, |progress| steps.push((progress.blobs, progress.bytes)))
        .unwrap();
    assert_eq!(report.quarantined, [rotten.digest()]);
    assert_eq!((report.sound, report.sound_bytes), (1, sound.size()));
    assert_eq!(steps.last(), Some(&(2, sound.size() + rotten.size())));
    assert!(fixture.cache.lookup(&object(2)).unwrap().is_none());
}

#[test]
fn w7_two_open_caches_lose_nothing_of_each_other() {
    let fixture = Fixture::new();
    let (one, other) = (fixture.again(), fixture.again());
    thread::scope(|scope| {
        scope.spawn(|| (0..20).for_each(|number| drop(store(&one, number))));
        scope.spawn(|| (20..40).for_each(|number| drop(store(&other, number))));
    });
    let third = fixture.again();
    assert_eq!(third.objects().unwrap().len(), 40);
    for number in 0..40 {
        assert_eq!(
            fs::read(third.lookup(&object(number)).unwrap().unwrap().path()).unwrap(),
            content(number)
        );
    }
}

#[test]
fn w8_a_damaged_index_is_rebuilt_kept_and_told_of() {
    let fixture = Fixture::new();
    (0..3).for_each(|number| drop(store(&fixture.cache, number)));
    let index = fixture.cache.directory().join("index.sqlite");
    drop(fixture.cache);
    fs::remove_file(index.with_extension("sqlite-wal")).unwrap();
    fs::write(&index, "{\"this\": \"is half a JSON ind").unwrap();

    let cache = Cache::open(options(fixture.directory.path())).unwrap();
    let notices = cache.take_notices();
    let [Notice::IndexRebuilt { kept: Some(kept), recovered: 3, unreadable: 0 }] = &*notices else {
        panic!("{notices:?}")
    };
    assert_eq!(
        fs::read_to_string(kept.join("index.sqlite")).unwrap(),
        "{\"this\": \"is half a JSON ind"
    );
    for number in 0..3 {
        assert_eq!(
            fs::read(cache.lookup(&object(number)).unwrap().unwrap().path()).unwrap(),
            content(number)
        );
    }
    assert_eq!(cache.take_notices(), [], "it is told once");
}

#[test]
fn w9_usage_is_what_the_disk_has_and_orphans_are_counted_and_swept() {
    let fixture = Fixture::new();
    let entry = store(&fixture.cache, 1);
    let orphan = Digest::of(b"orphan");
    let shard = fixture.cache.directory().join("blobs").join(&orphan.to_string()[..2]);
    fs::create_dir_all(&shard).unwrap();
    fs::write(shard.join(orphan.to_string()), "orphan").unwrap();

    let usage = fixture.cache.usage().unwrap();
    assert_eq!((usage.objects, usage.blobs.files, usage.blobs.bytes), (1, 2, entry.size() + 6));
    let report = fixture.cache.verify(Depth::Quick, |_| ()).unwrap();
    assert_eq!((report.orphans, report.orphan_bytes, report.is_sound()), (1, 6, false));
    let swept = fixture.cache.sweep().unwrap();
    assert_eq!((swept.orphans, swept.orphan_bytes), (1, 6));
    assert!(fixture.cache.verify(Depth::Quick, |_| ()).unwrap().is_sound());
}

#[test]
fn w10_what_cannot_be_removed_stays_known_and_is_reported() {
    let fixture = Fixture::new();
    let stubborn = store(&fixture.cache, 1).path().to_path_buf();
    store(&fixture.cache, 2);
    let plan = fixture.cache.plan(&Retention::unlimited().with_max_bytes(Some(1))).unwrap();
    assert_eq!(plan.evictions.len(), 2);
    // A directory in its place cannot be removed as a file, not even by root.
    fs::remove_file(&stubborn).unwrap();
    fs::create_dir(&stubborn).unwrap();

    let report = fixture.cache.apply(&plan).unwrap();
    let (failed, removed): (Vec<_>, Vec<_>) =
        report.results.iter().partition(|(_, result)| matches!(result, EvictionResult::Failed(_)));
    let [(eviction, EvictionResult::Failed(error))] = &*failed else { panic!("{failed:?}") };
    assert_eq!((eviction.digest, error.path()), (Digest::of(&content(1)), Some(&*stubborn)));
    assert!(matches!(&*removed, [(_, EvictionResult::Removed)]), "{removed:?}");
    let left: Vec<_> =
        fixture.cache.objects().unwrap().into_iter().map(|stored| stored.identity).collect();
    assert_eq!(left, [object(1)]);
}

#[test]
fn w11_limits_that_make_no_sense_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    for retention in [
        Retention::default().with_max_bytes(Some(0)),
        Retention::default().with_max_blobs(Some(0)),
        Retention::default().with_max_age(Some(Duration::ZERO)),
    ] {
        let options =
            CacheOptions::default().with_location(directory.path()).with_retention(retention);
        assert_eq!(Cache::open(options).unwrap_err().kind(), ErrorKind::InvalidOption);
    }
    assert_eq!(count_files(directory.path()), 0);
}

/// 10 GiB, 7 days, and nobody has to ask for it.
#[test]
fn w11_the_limits_of_the_seed_are_the_defaults_and_are_kept_without_asking() {
    let limits = Retention::default();
    assert_eq!(limits.max_bytes(), Some(10 * 1024 * 1024 * 1024));
    assert_eq!(limits.max_age(), Some(Duration::from_hours(7 * 24)));
    assert_eq!((limits.max_blobs(), limits.min_free_bytes()), (None, None));

    let fixture = Fixture::new();
    store(&fixture.cache, 1);
    fixture.clock.advance(TimeDelta::days(7));
    // Dropping a cache waits for what opening it has started.
    drop(fixture.again());
    assert_eq!(fixture.cache.objects().unwrap().len(), 1, "7 days are not too long");
    fixture.clock.advance(TimeDelta::hours(25));
    drop(fixture.again());
    assert_eq!(fixture.cache.objects().unwrap().len(), 0);
}

#[test]
fn w12_expiry_counts_from_the_last_use() {
    let fixture = Fixture::new();
    store(&fixture.cache, 1);
    store(&fixture.cache, 2);
    fixture.clock.advance(TimeDelta::days(5));
    drop(fixture.cache.lookup(&object(1)).unwrap());
    fixture.clock.advance(TimeDelta::days(5));

    let plan = fixture.cache.plan(&Retention::default()).unwrap();
    let expired: Vec<_> =
        plan.evictions.iter().map(|eviction| (eviction.digest, eviction.reason)).collect();
    assert_eq!(expired, [(Digest::of(&content(2)), EvictionReason::Age)]);
}
