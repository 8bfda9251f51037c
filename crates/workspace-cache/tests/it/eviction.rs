//! What leaves the cache and what stays, with readers in other processes.

use chrono::TimeDelta;
use reenact_workspace_cache::{Cache, Depth, EvictionResult, Notice, Retention};

use crate::common::{Fixture, assert_agreement, content, count_files, object, store};
use crate::second_process::{SecondProcess, say_ready_and_wait};

/// Holds an entry for ever.
pub(crate) fn read_on(cache: &Cache, number: usize) {
    let entry = cache.lookup(&object(number)).unwrap().unwrap();
    say_ready_and_wait();
    drop(entry);
}

fn nothing() -> Retention {
    Retention::unlimited().with_max_bytes(Some(1))
}

#[test]
fn a_dry_run_removes_nothing() {
    let fixture = Fixture::new();
    (0..3).for_each(|number| drop(store(&fixture.cache, number)));
    let plan = fixture.cache.plan(&nothing()).unwrap();
    assert_eq!((plan.evictions.len(), plan.kept_bytes), (3, 0));
    assert_eq!(plan.freed_bytes(), (0..3).map(|number| content(number).len() as u64).sum::<u64>());
    assert!((0..3).all(|number| fixture.cache.lookup(&object(number)).unwrap().is_some()));
}

#[test]
fn what_another_process_reads_stays_until_that_is_killed() {
    let fixture = Fixture::new();
    store(&fixture.cache, 1);
    let plan = fixture.cache.plan(&nothing()).unwrap();
    let mut reader = SecondProcess::start("read-on 1", fixture.directory.path());
    reader.wait_until_ready();

    assert_eq!(fixture.cache.plan(&nothing()).unwrap().evictions, []);
    let report = fixture.cache.apply(&plan).unwrap();
    assert!(matches!(&*report.results, [(_, EvictionResult::InUse)]), "{report:?}");
    assert_eq!(report.freed_bytes(), 0);

    reader.kill();
    let report = fixture.cache.apply(&fixture.cache.plan(&nothing()).unwrap()).unwrap();
    assert!(matches!(&*report.results, [(_, EvictionResult::Removed)]), "{report:?}");
    assert_eq!(report.freed_bytes(), object(1).size());
    assert!(fixture.cache.lookup(&object(1)).unwrap().is_none());
    assert_eq!(
        count_files(&fixture.cache.directory().join("leases")),
        1,
        "only the lease of this process is left"
    );
}

#[test]
fn what_was_used_or_removed_since_the_plan_is_left_alone() {
    let fixture = Fixture::new();
    (0..2).for_each(|number| drop(store(&fixture.cache, number)));
    let plan = fixture.cache.plan(&nothing()).unwrap();
    fixture.clock.advance(TimeDelta::hours(1));
    drop(fixture.cache.lookup(&object(0)).unwrap());
    fixture.cache.purge("lake", object(1).key()).unwrap();

    let results = fixture.cache.apply(&plan).unwrap().results;
    assert_eq!(
        results.iter().filter(|(_, result)| matches!(result, EvictionResult::UsedSince)).count(),
        1
    );
    assert_eq!(
        results.iter().filter(|(_, result)| matches!(result, EvictionResult::Gone)).count(),
        1
    );
    assert!(fixture.cache.lookup(&object(0)).unwrap().is_some());
}

#[test]
fn a_cache_that_outgrows_its_limit_loses_what_was_least_recently_used() {
    let limit = 5 * object(9).size();
    let fixture = Fixture::with(|options| {
        options.with_retention(Retention::default().with_max_bytes(Some(limit)))
    });
    for number in 0..20 {
        store(&fixture.cache, number);
        fixture.clock.advance(TimeDelta::minutes(10));
    }
    let left: Vec<bool> =
        (0..20).map(|number| fixture.cache.lookup(&object(number)).unwrap().is_some()).collect();
    assert!(left.is_sorted(), "the older one left first: {left:?}");
    assert!(left[19]);
    let usage = fixture.cache.usage().unwrap();
    assert!(usage.blobs.bytes <= limit, "{usage:?}");
    assert_eq!(usage.objects, usage.blobs.files);
}

#[test]
fn without_automatic_eviction_it_grows_until_someone_evicts() {
    let fixture =
        Fixture::with(|options| options.with_retention(nothing()).with_automatic_eviction(false));
    (0..5).for_each(|number| drop(store(&fixture.cache, number)));
    assert_eq!(fixture.cache.objects().unwrap().len(), 5);
    fixture.cache.apply(&fixture.cache.plan(&nothing()).unwrap()).unwrap();
    assert_eq!(fixture.cache.objects().unwrap(), []);
}

#[test]
fn the_first_commit_of_a_day_removes_what_is_too_old() {
    let fixture = Fixture::new();
    store(&fixture.cache, 1);
    let committer = fixture.again();
    fixture.clock.advance(TimeDelta::days(8));
    store(&committer, 2);
    // Whoever lets go of the cache waits for the thread that its commit has started.
    drop(committer);
    assert!(fixture.cache.lookup(&object(1)).unwrap().is_none());
    assert!(fixture.cache.lookup(&object(2)).unwrap().is_some());
}

/// Whoever only reads has an eviction too, if nobody else had it that day.
#[test]
fn opening_the_cache_removes_what_is_too_old_once_a_day() {
    let fixture = Fixture::new();
    (0..2).for_each(|number| drop(store(&fixture.cache, number)));
    fixture.clock.advance(TimeDelta::days(6));
    drop(fixture.cache.lookup(&object(1)).unwrap());
    fixture.clock.advance(TimeDelta::days(2));
    drop(fixture.again());
    assert!(fixture.cache.lookup(&object(0)).unwrap().is_none());
    assert!(fixture.cache.lookup(&object(1)).unwrap().is_some());

    let orphan = fixture.cache.directory().join("blobs/00").join("0".repeat(64));
    std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    std::fs::write(&orphan, "orphan").unwrap();
    drop(fixture.again());
    assert!(orphan.exists(), "it was done today already");
    fixture.clock.advance(TimeDelta::hours(25));
    drop(fixture.again());
    assert!(!orphan.exists());
}

/// The thread has a lease and a connection of its own: nothing of it may be left, and whoever else opens the cache meanwhile
/// leaves the work to it.
#[test]
fn many_who_open_the_cache_on_a_new_day_do_the_upkeep_once() {
    let fixture = Fixture::new();
    (0..3).for_each(|number| drop(store(&fixture.cache, number)));
    fixture.clock.advance(TimeDelta::days(8));
    let used = fixture.cache.lookup(&object(2)).unwrap();
    let openers: Vec<Cache> = (0..4).map(|_| fixture.again()).collect();
    drop(openers);
    drop(used);
    assert_eq!(fixture.cache.objects().unwrap().len(), 1, "only what was used is left");
    assert_agreement(&fixture.cache);
}

#[test]
fn a_clock_that_jumps_back_takes_nothing_away() {
    let fixture = Fixture::new();
    store(&fixture.cache, 1);
    fixture.clock.advance(TimeDelta::days(-365));
    store(&fixture.cache, 2);
    assert_eq!(fixture.cache.plan(&Retention::default()).unwrap().evictions, []);
    drop(fixture.cache.lookup(&object(1)).unwrap());

    fixture.clock.advance(TimeDelta::days(8));
    let expired = fixture.cache.plan(&Retention::default()).unwrap().evictions;
    assert_eq!(expired.len(), 2, "the use was noted with the time the clock shows now");
}

#[test]
fn a_hit_within_the_interval_writes_nothing_to_the_index() {
    let fixture = Fixture::new();
    store(&fixture.cache, 1);
    let files = ["index.sqlite", "index.sqlite-wal", "journal"]
        .map(|name| fixture.cache.directory().join(name));
    let state = || files.each_ref().map(|path| std::fs::read(path).unwrap_or_default());
    let before = state();
    for _ in 0..50 {
        fixture.clock.advance(TimeDelta::seconds(5));
        drop(fixture.cache.lookup(&object(1)).unwrap().unwrap());
    }
    assert!(state() == before, "250 seconds are within the interval");
    fixture.clock.advance(TimeDelta::seconds(60));
    drop(fixture.cache.lookup(&object(1)).unwrap().unwrap());
    assert!(state() != before);
}

#[test]
fn sharing_bytes_two_objects_leave_together() {
    let fixture = Fixture::new();
    let twin = reenact_workspace_cache::Identity::new(
        "other",
        "twin",
        crate::common::tag("t"),
        object(1).size(),
    )
    .unwrap();
    store(&fixture.cache, 1);
    crate::common::store_as(&fixture.cache, &twin, &content(1));
    let usage = fixture.cache.usage().unwrap();
    assert_eq!((usage.objects, usage.blobs.files), (2, 1), "the same bytes are stored once");

    fixture.cache.apply(&fixture.cache.plan(&nothing()).unwrap()).unwrap();
    let usage = fixture.cache.usage().unwrap();
    assert_eq!((usage.objects, usage.blobs.files), (0, 0));
    assert!(fixture.cache.verify(Depth::Full, |_| ()).unwrap().is_sound());
}

#[test]
fn a_process_that_reads_more_than_the_limit_keeps_it_all_until_it_lets_go() {
    let fixture = Fixture::with(|options| options.with_retention(nothing()));
    let entries: Vec<_> = (0..30).map(|number| store(&fixture.cache, number)).collect();
    for (number, entry) in entries.iter().enumerate() {
        assert_eq!(std::fs::read(entry.path()).unwrap(), content(number));
    }
    let told = fixture.cache.take_notices();
    assert!(matches!(&*told, [Notice::LimitsExceeded { .. }, ..]), "{told:?}");
    drop(entries);
    (30..40).for_each(|number| drop(store(&fixture.cache, number)));
    assert!(fixture.cache.usage().unwrap().objects < 10);
}
