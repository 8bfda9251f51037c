//! Processes whose clocks do not agree, because one was set, or because they run on machines that share a disk.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;
use reenact_workspace_cache::{Cache, Depth, Freshness, ManualClock, Retention};

use crate::common::{Fixture, assert_agreement, content, key, now, object, options, store};
use crate::second_process::SecondProcess;

/// Stores one object and uses another, by a clock that is so many days ahead.
pub(crate) fn use_at(directory: &Path, offset: &str) {
    let clock = Arc::new(ManualClock::new(now() + TimeDelta::days(offset.parse().unwrap())));
    // Without automatic eviction: what a clock that is far ahead takes for too old may leave.
    let options = options(directory).with_clock(clock).with_automatic_eviction(false);
    let cache = Cache::open(options).unwrap();
    let used = cache.lookup(&object(1)).unwrap().expect("it was stored before");
    assert_eq!(fs::read(used.path()).unwrap(), content(1));
    drop(store(&cache, 2));
}

#[test]
fn clocks_that_do_not_agree_cost_no_object_and_no_wrong_byte() {
    for offset in ["-365", "-1", "1", "365"] {
        let fixture = Fixture::new();
        drop(store(&fixture.cache, 1));
        assert!(
            SecondProcess::start(&format!("use-at {offset}"), fixture.directory.path()).finish()
        );

        for number in [1, 2] {
            let entry = fixture.cache.lookup(&object(number)).unwrap().unwrap();
            assert_eq!(fs::read(entry.path()).unwrap(), content(number), "{offset} days");
        }
        let plan = fixture.cache.plan(&Retention::default()).unwrap();
        assert_eq!(plan.evictions, [], "{offset} days: both were just used");
        assert!(fixture.cache.verify(Depth::Full, |_| ()).unwrap().is_sound());
        fixture.clock.advance(TimeDelta::days(8));
        let plan = fixture.cache.plan(&Retention::default()).unwrap();
        assert_eq!(plan.evictions.len(), 2, "{offset} days: neither stays for ever");
        assert_agreement(&fixture.cache);
    }
}

#[test]
fn what_was_seen_by_a_clock_that_is_ahead_is_not_trusted() {
    let fixture = Fixture::new();
    drop(store(&fixture.cache, 1));
    assert!(SecondProcess::start("use-at 1", fixture.directory.path()).finish());
    let week = Freshness::Trust(std::time::Duration::from_hours(7 * 24));
    assert_eq!(fixture.cache.recall("lake", &key(2), week).unwrap(), None);
    assert_eq!(fixture.cache.recall("lake", &key(1), week).unwrap(), Some(object(1)));
}
