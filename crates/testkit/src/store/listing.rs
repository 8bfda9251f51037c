//! Pages of a listing: keys and common prefixes in byte order, from any position, without scanning what lies before.

use std::collections::btree_map::Range;
use std::ops::Bound;
use std::sync::Arc;

use super::bucket::latest_object;
use super::key::{Key, after_prefix};
use super::{Bucket, StoredObject, Version};

/// Where a page starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Marker {
    Start,
    /// Behind this key.
    Key(String),
    /// Behind every key that starts with this text.
    Prefix(String),
}

/// The keys that a listing looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) prefix: &'a str,
    /// Keys that contain it behind the prefix are rolled up into one entry.
    pub(crate) delimiter: Option<&'a str>,
}

/// One entry of an object listing.
#[derive(Debug, Clone)]
pub(crate) enum Listed {
    Object { key: String, object: Arc<StoredObject> },
    Prefix(String),
}

/// One page of an object listing.
#[derive(Debug)]
pub(crate) struct ObjectListing {
    pub(crate) entries: Vec<Listed>,
    /// Where the next page starts, if there is one.
    pub(crate) next: Option<Marker>,
}

/// One entry of a version listing.
#[derive(Debug, Clone)]
pub(crate) enum ListedVersion {
    Version { key: String, version: Version, is_latest: bool },
    Prefix(String),
}

/// One page of a version listing; the next starts behind its last entry.
#[derive(Debug)]
pub(crate) struct VersionListing {
    pub(crate) entries: Vec<ListedVersion>,
    pub(crate) is_truncated: bool,
}

impl Bucket {
    /// Lists objects, leaving out keys whose newest version is a delete marker.
    pub(crate) fn list(&self, scope: Scope<'_>, marker: &Marker, limit: usize) -> ObjectListing {
        let mut steps =
            Walk::new(self, scope, marker, |versions| latest_object(versions).is_some());
        let mut entries = Vec::new();
        while entries.len() < limit {
            let Some(step) = steps.next() else {
                return ObjectListing { entries, next: None };
            };
            match step {
                Step::Key(key, versions) => entries.extend(latest_object(versions).map(|object| {
                    Listed::Object { key: key.to_owned(), object: Arc::clone(object) }
                })),
                Step::Prefix(prefix) => entries.push(Listed::Prefix(prefix)),
            }
        }
        let last = entries.last().filter(|_| steps.next().is_some());
        let next = last.map(|entry| match entry {
            Listed::Object { key, .. } => Marker::Key(key.clone()),
            Listed::Prefix(prefix) => Marker::Prefix(prefix.clone()),
        });
        ObjectListing { entries, next }
    }

    /// Lists all versions, the newest of a key first, from behind version `after` of the key in `marker` if given.
    pub(crate) fn list_versions(
        &self,
        scope: Scope<'_>,
        marker: &Marker,
        after: Option<&str>,
        limit: usize,
    ) -> VersionListing {
        let resumed = match (marker, after) {
            (Marker::Key(key), Some(after)) => self.versions_behind(key, after),
            _ => Vec::new(),
        };
        let steps = Walk::new(self, scope, marker, |_| true);
        let mut entries = resumed.into_iter().chain(steps.flat_map(|step| match step {
            Step::Key(key, versions) => newest_first(key, versions),
            Step::Prefix(prefix) => vec![ListedVersion::Prefix(prefix)],
        }));
        let page = entries.by_ref().take(limit).collect();
        VersionListing { entries: page, is_truncated: limit > 0 && entries.next().is_some() }
    }

    fn versions_behind(&self, key: &str, after: &str) -> Vec<ListedVersion> {
        let versions = self.objects.get(key.as_bytes()).map_or(&[][..], Vec::as_slice);
        let is_after = |entry: &ListedVersion| matches!(entry, ListedVersion::Version { version, .. } if version.id == after);
        newest_first(key, versions)
            .into_iter()
            .skip_while(|entry| !is_after(entry))
            .skip(1)
            .collect()
    }
}

fn newest_first(key: &str, versions: &[Version]) -> Vec<ListedVersion> {
    let newest = versions.len().saturating_sub(1);
    let entry = |(index, version): (usize, &Version)| ListedVersion::Version {
        key: key.to_owned(),
        version: version.clone(),
        is_latest: index == newest,
    };
    versions.iter().enumerate().rev().map(entry).collect()
}

/// One step of a walk over a bucket.
enum Step<'a> {
    Key(&'a str, &'a [Version]),
    Prefix(String),
}

/// Walks over the keys of a bucket in order; seeks past the rest of a common prefix once it has been told.
struct Walk<'a> {
    bucket: &'a Bucket,
    scope: Scope<'a>,
    rest: Range<'a, Key, Vec<Version>>,
    is_visible: fn(&[Version]) -> bool,
}

impl<'a> Walk<'a> {
    fn new(
        bucket: &'a Bucket,
        scope: Scope<'a>,
        marker: &Marker,
        is_visible: fn(&[Version]) -> bool,
    ) -> Self {
        let prefix = scope.prefix.as_bytes();
        let rest = match marker {
            Marker::Key(key) if key.as_bytes() >= prefix => {
                seek(bucket, Bound::Excluded(key.as_bytes()))
            }
            Marker::Prefix(passed) if passed.as_bytes() >= prefix => seek_past(bucket, passed),
            _ => seek(bucket, Bound::Included(prefix)),
        };
        Self { bucket, scope, rest, is_visible }
    }

    fn common_prefix(&self, key: &str) -> Option<String> {
        let delimiter = self.scope.delimiter?;
        let prefix_length = self.scope.prefix.len();
        let at = key[prefix_length..].find(delimiter)?;
        Some(key[..prefix_length + at + delimiter.len()].to_owned())
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        loop {
            let (key, versions) = self.rest.next()?;
            let key = key.as_str();
            if !key.starts_with(self.scope.prefix) {
                return None;
            }
            if !(self.is_visible)(versions) {
                continue;
            }
            let Some(prefix) = self.common_prefix(key) else {
                return Some(Step::Key(key, versions));
            };
            self.rest = seek_past(self.bucket, &prefix);
            return Some(Step::Prefix(prefix));
        }
    }
}

fn seek<'a>(bucket: &'a Bucket, from: Bound<&[u8]>) -> Range<'a, Key, Vec<Version>> {
    bucket.objects.range::<[u8], _>((from, Bound::Unbounded))
}

fn seek_past<'a>(bucket: &'a Bucket, prefix: &str) -> Range<'a, Key, Vec<Version>> {
    // Keys are text, so none starts with 0xFF: seeking there finds the end.
    let position = after_prefix(prefix).unwrap_or_else(|| vec![u8::MAX]);
    seek(bucket, Bound::Included(&position))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::DateTime;
    use proptest::prelude::*;

    use super::{Listed, ListedVersion, Marker, Scope};
    use crate::object::TestObject;
    use crate::store::{Bucket, Versioning};

    fn bucket(keys: &BTreeSet<String>) -> Bucket {
        let mut bucket = Bucket::new(DateTime::UNIX_EPOCH);
        bucket.versioning = Versioning::Enabled;
        for key in keys {
            bucket.put(key, TestObject::new("").into_stored());
        }
        bucket
    }

    /// What a listing shows, thought out the slow way.
    fn rolled_up(keys: &BTreeSet<String>, scope: Scope<'_>) -> Vec<String> {
        let shown = keys.iter().filter_map(|key| {
            let rest = key.strip_prefix(scope.prefix)?;
            let end = scope.delimiter.and_then(|delimiter| {
                rest.find(delimiter).map(|at| scope.prefix.len() + at + delimiter.len())
            });
            Some(key[..end.unwrap_or(key.len())].to_owned())
        });
        // A key that is its own common prefix shows once, like all others.
        let shown: BTreeSet<String> = shown.collect();
        shown.into_iter().collect()
    }

    fn name(entry: &Listed) -> String {
        match entry {
            Listed::Object { key, .. } => key.clone(),
            Listed::Prefix(prefix) => prefix.clone(),
        }
    }

    proptest! {
        #[test]
        fn pages_of_any_size_join_to_the_whole(
            keys in prop::collection::btree_set("[ab/é]{1,6}", 0..40),
            prefix in "[ab/é]{0,2}",
            delimiter in prop::option::of("/|b|ab"),
            limit in 1_usize..6,
        ) {
            let bucket = bucket(&keys);
            let scope = Scope { prefix: &prefix, delimiter: delimiter.as_deref() };
            let mut shown = Vec::new();
            let mut marker = Some(Marker::Start);
            while let Some(from) = marker {
                let page = bucket.list(scope, &from, limit);
                prop_assert!(page.next.is_none() || page.entries.len() == limit);
                shown.extend(page.entries.iter().map(name));
                marker = page.next;
            }
            prop_assert_eq!(shown, rolled_up(&keys, scope));
        }

        #[test]
        fn deleted_keys_show_in_version_listings_only(
            keys in prop::collection::btree_set("[ab/]{1,4}", 1..20),
            limit in 1_usize..4,
        ) {
            let mut bucket = bucket(&keys);
            for key in &keys {
                bucket.delete(key, None, DateTime::UNIX_EPOCH).unwrap();
            }
            let scope = Scope { prefix: "", delimiter: None };
            prop_assert!(bucket.list(scope, &Marker::Start, 1).entries.is_empty());
            let mut shown = Vec::new();
            let (mut marker, mut after) = (Marker::Start, None);
            loop {
                let page = bucket.list_versions(scope, &marker, after.as_deref(), limit);
                for entry in page.entries {
                    if let ListedVersion::Version { key, version, is_latest } = entry {
                        shown.push((key.clone(), is_latest));
                        (marker, after) = (Marker::Key(key), Some(version.id));
                    }
                }
                if !page.is_truncated {
                    break;
                }
            }
            let expected: Vec<_> =
                keys.iter().flat_map(|key| [(key.clone(), true), (key.clone(), false)]).collect();
            prop_assert_eq!(shown, expected);
        }
    }
}
