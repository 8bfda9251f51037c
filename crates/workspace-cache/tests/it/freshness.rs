//! How long the cache is believed about which state of an object is the current one.

use std::time::Duration;

use chrono::TimeDelta;
use reenact_workspace_cache::{Freshness, Identity};

use crate::common::{Fixture, key, store_as, tag};

#[test]
fn the_state_that_the_source_confirmed_last_is_recalled_for_as_long_as_it_is_trusted() {
    let fixture = Fixture::new();
    let [old, new] = ["1", "2"].map(|text| Identity::new("lake", key(1), tag(text), 3).unwrap());
    let recall = |freshness| fixture.cache.recall("lake", &key(1), freshness).unwrap();
    let hour = Freshness::Trust(Duration::from_hours(1));
    assert_eq!(recall(Freshness::Offline), None);

    store_as(&fixture.cache, &old, b"old");
    fixture.clock.advance(TimeDelta::minutes(30));
    store_as(&fixture.cache, &new, b"new");
    assert_eq!((recall(hour), recall(Freshness::Revalidate)), (Some(new.clone()), None));

    fixture.clock.advance(TimeDelta::minutes(61));
    assert_eq!((recall(hour), recall(Freshness::Offline)), (None, Some(new)));
    fixture.cache.confirm(&old).unwrap();
    assert_eq!(recall(hour), Some(old), "the object was put back to its former state");
    fixture.clock.advance(TimeDelta::days(-1));
    assert_eq!(recall(hour), None, "what was seen in the future is not known to be fresh");
}
