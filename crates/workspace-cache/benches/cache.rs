//! What the cache costs when it is warm: a hit, opening it, planning an eviction; with ten thousand objects and a million.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has to stop, and what it found is for people"
)]

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufWriter, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use reenact_workspace_cache::{
    Cache, CacheOptions, Candidate, Digest, Identity, ManualClock, Retention, Revision,
};
use tempfile::TempDir;

fn object(number: usize) -> Identity {
    let key = format!("pipelines/flights/2013-03/clean/output/table/part-{number:07}.parquet");
    Identity::new("lake", key, Revision::ETag(format!("{:032x}", number * 7919)), 0).unwrap()
}

/// A cache with so many objects, each with an empty blob of its own: nothing here reads blobs. It is made of blobs and a
/// journal, by which the cache then builds its index.
fn cache_of(objects: usize) -> (TempDir, CacheOptions) {
    let directory = tempfile::tempdir().unwrap();
    let options = CacheOptions::default().with_location(directory.path());
    let root = Cache::open(options.clone()).unwrap().directory().to_path_buf();
    fs::remove_file(root.join("index.sqlite")).unwrap();
    let mut journal = BufWriter::new(File::create(root.join("journal")).unwrap());
    for number in 0..objects {
        let identity = object(number);
        let digest = Digest::of(&number.to_le_bytes()).to_string();
        let shard = root.join("blobs").join(&digest[..2]);
        fs::create_dir_all(&shard).unwrap();
        File::create(shard.join(&digest)).unwrap();
        let Revision::ETag(etag) = identity.revision() else { continue };
        let (id, key) = (id(&identity, etag), identity.key());
        writeln!(
            journal,
            r#"{{"id":"{id}","bucket":"lake","key":"{key}","revision":{{"etag":"{etag}"}},"size":0,"digest":"{digest}","created":0}}"#
        )
        .unwrap();
    }
    journal.into_inner().unwrap().sync_all().unwrap();
    Cache::open(options.clone()).unwrap();
    (directory, options)
}

/// The hash of an identity, as `docs/cache-format.md` defines it.
fn id(identity: &Identity, etag: &str) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_derive_key("reenact cache identity 1");
    for part in [identity.bucket(), identity.key(), "etag", etag] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    hasher.update(&identity.size().to_le_bytes()).finalize()
}

/// Both caches are there before either is measured, and hits are measured in turn: on a machine that others use too, only
/// what is measured in the same minute can be compared.
fn warm_cache(criterion: &mut Criterion) {
    let caches = [10_000, 1_000_000].map(|objects| (objects, cache_of(objects)));
    for turn in 1..=3 {
        let mut group = criterion.benchmark_group(format!("warm cache, turn {turn}"));
        for (objects, (_directory, options)) in &caches {
            let cache = Cache::open(options.clone()).unwrap();
            let mut number = 0;
            group.bench_function(BenchmarkId::new("hit", objects), |bencher| {
                bencher.iter(|| {
                    // A step without a common divisor with the number of objects: another object each time.
                    number = (number + 7_919) % objects;
                    cache.lookup(black_box(&object(number))).unwrap().unwrap()
                });
            });
        }
        group.finish();
    }
    for (objects, (_directory, options)) in &caches {
        let objects = *objects;
        let cache = Cache::open(options.clone()).unwrap();
        let mut group = criterion.benchmark_group("warm cache");
        group.bench_function(BenchmarkId::new("miss", objects), |bencher| {
            bencher.iter(|| cache.lookup(black_box(&object(objects))).unwrap());
        });
        group.bench_function(BenchmarkId::new("open", objects), |bencher| {
            bencher.iter(|| Cache::open(options.clone()).unwrap());
        });
        group.sample_size(10).bench_function(BenchmarkId::new("plan", objects), |bencher| {
            let retention = Retention::default().with_max_blobs(Some(objects as u64 / 2));
            bencher.iter(|| cache.plan(&retention).unwrap());
        });
        group.finish();
        first_opening_of_a_day(objects, options);
    }
}

/// Opens the cache on a new day, a few times, and says how long the caller and how long the upkeep took.
fn first_opening_of_a_day(objects: usize, options: &CacheOptions) {
    let clock = Arc::new(ManualClock::new(Utc::now()));
    let retention = Retention::unlimited();
    let options = options.clone().with_clock(Arc::clone(&clock) as _).with_retention(retention);
    for _ in 0..3 {
        clock.advance(TimeDelta::hours(25));
        let start = Instant::now();
        let cache = Cache::open(options.clone()).unwrap();
        let opened = start.elapsed();
        let hit = cache.lookup(&object(0)).unwrap().unwrap();
        let served = start.elapsed();
        drop((hit, cache));
        println!(
            "first opening of a day/{objects}: open after {opened:.1?}, first hit after {served:.1?}, upkeep done after {:.1?}",
            start.elapsed()
        );
    }
}

fn retention(criterion: &mut Criterion) {
    let now: DateTime<Utc> = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
    let candidates: Vec<Candidate> = (0..1_000_000u64)
        .map(|number| {
            let age = TimeDelta::seconds((number * 7_919 % 1_000_000).cast_signed());
            Candidate::new(Digest::of(&number.to_le_bytes()), number % 4096, now - age)
        })
        .collect();
    let retention = Retention::default()
        .with_max_age(Some(Duration::from_hours(120)))
        .with_max_bytes(Some(1 << 30));
    let mut group = criterion.benchmark_group("retention");
    group.sample_size(10).bench_function("plan 1000000", |bencher| {
        bencher.iter(|| retention.plan(black_box(&candidates), now, None));
    });
    group.finish();
}

criterion_group!(benches, retention, warm_cache);
criterion_main!(benches);
