//! Walking a bucket level by level, along the variables of a layout.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt, TryStreamExt};
use reenact_registry::{KeyFields, Layout};

use crate::discover::execution::{IgnoreReason, Ignored};
use crate::error::Result;
use crate::source::{ListPage, ObjectMeta, ObjectSource, ObjectSourceExt};

/// The values of one variable, and for each the prefixes (or the single key) that everything with this value is below.
pub(super) type Groups = BTreeMap<String, Vec<String>>;

/// What a search has found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) groups: Groups,
    /// What lay on the way and fits no layout, by key.
    pub(super) ignored: Vec<Ignored>,
}

/// Which values of a variable there are.
pub(super) struct Search<'a> {
    pub(super) source: &'a dyn ObjectSource,
    pub(super) layout: &'a Layout,
    /// How many listings run side by side.
    pub(super) concurrency: usize,
    /// What is known already: only keys with these fields count.
    pub(super) known: KeyFields,
    /// The variable.
    pub(super) variable: &'static str,
}

impl Search<'_> {
    /// Lists one level after the other until the variable is known, never what is below.
    pub(super) async fn run(&self) -> Result<Found> {
        let mut found = Found::default();
        let mut frontier = Vec::new();
        let start = self.layout.prefix(&self.known).literal;
        if start.is_empty() || start.ends_with('/') {
            self.sort(start, &mut found, &mut frontier);
        } else {
            frontier.push(start);
        }
        while !frontier.is_empty() {
            let listing: Vec<_> =
                frontier.iter().map(|prefix| self.source.list_level(prefix)).collect();
            let levels: Vec<ListPage> =
                stream::iter(listing).buffer_unordered(self.concurrency).try_collect().await?;
            frontier = Vec::new();
            for level in levels {
                for prefix in level.common_prefixes {
                    self.sort(prefix, &mut found, &mut frontier);
                }
                for object in level.objects {
                    self.sort_object(object, &mut found);
                }
            }
        }
        found.ignored.sort_unstable_by(|left, right| left.key.cmp(&right.key));
        Ok(found)
    }

    /// Notes a prefix that tells the variable, and goes on below one that does not yet.
    fn sort(&self, prefix: String, found: &mut Found, frontier: &mut Vec<String>) {
        match self.layout.match_prefix(&prefix) {
            Ok(fields) if fields.field(self.variable).is_some() => {
                self.add(prefix, &fields, &mut found.groups);
            }
            Ok(_) => frontier.push(prefix),
            Err(mismatch) => {
                let reason = IgnoreReason::NoPlace(mismatch);
                found.ignored.push(Ignored { key: prefix, reason });
            }
        }
    }

    fn sort_object(&self, object: ObjectMeta, found: &mut Found) {
        let reason = match self.layout.match_key(&object.key) {
            Ok(fields) => return self.add(object.key, &fields, &mut found.groups),
            Err(_) if object.is_folder_marker() => IgnoreReason::FolderMarker,
            Err(mismatch) => IgnoreReason::NoPlace(mismatch),
        };
        found.ignored.push(Ignored { key: object.key, reason });
    }

    fn add(&self, prefix: String, fields: &KeyFields, groups: &mut Groups) {
        let other = |known: Option<&str>, found: Option<&str>| {
            known.is_some() && found.is_some() && known != found
        };
        let differs = |name: &str| other(self.known.field(name), fields.field(name));
        if differs("pipeline") || differs("execution") {
            return;
        }
        if let Some(value) = fields.field(self.variable) {
            groups.entry(value.to_owned()).or_default().push(prefix);
        }
    }
}
