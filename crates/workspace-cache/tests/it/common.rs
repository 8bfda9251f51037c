//! Objects with a known content, and a cache of its own for each test.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reenact_workspace_cache::{
    Cache, CacheOptions, Depth, Digest, Entry, Identity, ManualClock, Reserved, Revision,
};
use tempfile::TempDir;

/// Something bad that is done to a file or a directory, and what to call it.
pub(crate) type Harm = (&'static str, fn(&Path));

/// A cache in a directory that goes away with it, whose time stands still.
pub(crate) struct Fixture {
    pub(crate) directory: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) cache: Cache,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with(|options| options)
    }

    pub(crate) fn with(change: impl FnOnce(CacheOptions) -> CacheOptions) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(now()));
        let options = options(directory.path()).with_clock(Arc::clone(&clock) as _);
        let cache = Cache::open(change(options)).unwrap();
        Self { directory, clock, cache }
    }

    pub(crate) fn again(&self) -> Cache {
        Cache::open(options(self.directory.path()).with_clock(Arc::clone(&self.clock) as _))
            .unwrap()
    }
}

/// What all tests use but those of waiting, in every process: the time stands still, and since a flush may take a while on a
/// machine with much else to do, there is patience.
pub(crate) fn options(directory: &Path) -> CacheOptions {
    CacheOptions::default()
        .with_location(directory)
        .with_wait_limit(Duration::from_mins(1))
        .with_clock(Arc::new(ManualClock::new(now())))
}

/// When all tests take place.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2013-03-01T12:00:00Z").unwrap().to_utc()
}

/// The `number`th object.
pub(crate) fn object(number: usize) -> Identity {
    Identity::new("lake", key(number), tag("1"), content(number).len() as u64).unwrap()
}

pub(crate) fn key(number: usize) -> String {
    format!("pipelines/flights/2013-03/clean/output/table/part-{number:03}.csv")
}

pub(crate) fn tag(text: &str) -> Revision {
    Revision::ETag(text.into())
}

/// The bytes of the `number`th object: of differing sizes, each other than all others.
pub(crate) fn content(number: usize) -> Vec<u8> {
    format!("flight {number}\n").repeat(100 + 37 * number).into_bytes()
}

/// Stores the `number`th object.
pub(crate) fn store(cache: &Cache, number: usize) -> Entry {
    store_as(cache, &object(number), &content(number))
}

/// Stores bytes as an object that must not be there yet.
pub(crate) fn store_as(cache: &Cache, identity: &Identity, bytes: &[u8]) -> Entry {
    match cache.reserve(identity).unwrap() {
        Reserved::Fill(reservation) => {
            fs::write(reservation.path(), bytes).unwrap();
            reservation.commit().unwrap()
        }
        Reserved::Ready(entry) => panic!("{} is there already", entry.identity()),
    }
}

/// Says that a test cannot run on this machine; fails where every test has to.
pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("REENACT_REQUIRE").is_none_or(|value| value != "1"), "{why}");
    println!("skipped: {why}");
}

/// Sweeps, and checks that index and disk agree, and that nothing is left of what was half done.
///
/// `cache` must be the only one that is open.
pub(crate) fn assert_agreement(cache: &Cache) {
    cache.sweep().unwrap();
    let report = cache.verify(Depth::Full, |_| ()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    let objects = cache.objects().unwrap();
    let digests: BTreeSet<Digest> = objects.iter().map(|object| object.digest).collect();
    let bytes = objects.iter().map(|object| (object.digest, object.identity.size()));
    let usage = cache.usage().unwrap();
    assert_eq!(usage.objects, objects.len() as u64);
    assert_eq!((usage.blobs.files, report.sound), (digests.len() as u64, digests.len() as u64));
    assert_eq!(usage.blobs.bytes, bytes.collect::<BTreeMap<_, _>>().values().sum::<u64>());
    assert_eq!(report.sound_bytes, usage.blobs.bytes);

    let left = |name| files_below(&cache.directory().join(name));
    for temporary in ["fills", "tmp", "quarantine"] {
        assert_eq!(left(temporary), Vec::<PathBuf>::new());
    }
    assert_eq!(left("leases").len(), 1, "{:?}", left("leases"));
    assert!(!cache.directory().join("journal.new").exists());
}

/// How many files there are in a directory of the cache and below.
pub(crate) fn count_files(directory: &Path) -> usize {
    files_below(directory).len()
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    files.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}
