//! Freshness: whether what was once said of a key may be believed without asking its source again.
//!
//! The bytes of an [`Identity`] never go stale. What can is the knowledge which identity a key has now.

use std::time::Duration;

use crate::cache::Cache;
use crate::error::Result;
use crate::identity::Identity;

/// For how long the cache may be believed about which state of an object is the current one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Freshness {
    /// Always, however old: the source cannot be asked.
    Offline,
    /// Never: the source is asked every time. Objects it says to be unchanged are not fetched again.
    #[default]
    Revalidate,
    /// For this long after the source was last asked.
    Trust(Duration),
}

impl Cache {
    /// Returns the current state of a key as far as the cache may be believed about it.
    ///
    /// `None` means that the source has to be asked, or, with [`Freshness::Offline`], that the key is not in the cache.
    ///
    /// # Errors
    /// The kinds of an index that fails.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use reenact_workspace_cache::{Cache, CacheOptions, Freshness, Identity, Reserved, Revision};
    ///
    /// let directory = tempfile::tempdir()?;
    /// let cache = Cache::open(CacheOptions::default().with_location(directory.path()))?;
    /// let identity = Identity::new("lake", "part-0", Revision::ETag("9b2cf535".into()), 4)?;
    /// if let Reserved::Fill(reservation) = cache.reserve(&identity)? {
    ///     std::fs::write(reservation.path(), "1,2\n")?;
    ///     reservation.commit()?;
    /// }
    ///
    /// let hour = Freshness::Trust(Duration::from_secs(3600));
    /// assert_eq!(cache.recall("lake", "part-0", hour)?, Some(identity));
    /// assert_eq!(cache.recall("lake", "part-0", Freshness::Revalidate)?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recall(
        &self,
        bucket: &str,
        key: &str,
        freshness: Freshness,
    ) -> Result<Option<Identity>> {
        let limit = match freshness {
            Freshness::Revalidate => return Ok(None),
            Freshness::Trust(limit) => Some(limit),
            Freshness::Offline => None,
        };
        let Some((identity, seen)) = self.index().last_seen(bucket, key)? else { return Ok(None) };
        // Something seen in the future, by a clock that has since been set back, is not known to be recent.
        let recent = |limit| (self.now() - seen).to_std().is_ok_and(|age| age <= limit);
        Ok(limit.is_none_or(recent).then_some(identity))
    }

    /// Notes that the source said just now that this is the current state of its key.
    ///
    /// A commit notes that by itself. An identity that is not in the cache is not noted, and in a
    /// cache that may only be read nothing is.
    ///
    /// # Errors
    /// The kinds of an index that fails.
    pub fn confirm(&self, identity: &Identity) -> Result<()> {
        if self.is_read_only() {
            return Ok(());
        }
        let now = self.now();
        let noted = self.index().last_seen(identity.bucket(), identity.key())?;
        let recent = noted.is_some_and(|(last, seen)| {
            last == *identity
                && (now - seen).to_std().is_ok_and(|age| age < self.options().last_use_interval)
        });
        if recent { Ok(()) } else { self.index().note_seen(identity.id(), now.timestamp_millis()) }
    }
}
