//! What makes an object of a source the same object: never its modification time.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::error::{Problem, Result};

/// Which state of an object is meant: what its source changes whenever the bytes change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Revision {
    /// The entity tag, as the source gives it, quotes included or not.
    ETag(String),
    /// The version id of a versioned bucket. Prefer it: it also lets the same bytes be fetched again later.
    Version(String),
}

/// One state of one object of one source: bucket, key, version id or `ETag`, and size.
///
/// The cache does not interpret the parts; a bucket may as well be `file:///some/directory`. If any of them changes it is
/// another identity, and both may be in the cache at once. A modification time is no part of it.
///
/// # Examples
/// ```
/// use reenact_workspace_cache::{Identity, Revision};
///
/// let identity = Identity::new("lake", "flights/part-0.csv", Revision::ETag("9b2cf535".into()), 120)?;
/// assert_eq!(identity.to_string(), "lake/flights/part-0.csv (etag 9b2cf535)");
/// # Ok::<(), reenact_workspace_cache::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Identity {
    bucket: String,
    key: String,
    revision: Revision,
    size: u64,
}

/// The parts of an identity before anyone looked at them.
#[derive(Deserialize)]
struct Unchecked {
    bucket: String,
    key: String,
    revision: Revision,
    size: u64,
}

impl Identity {
    /// Returns the identity made of these parts. The size is in bytes.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidIdentity`](crate::ErrorKind::InvalidIdentity) if the bucket, the key or the revision is empty,
    /// or if the version id is `null`, which S3 gives to every object that has no version.
    pub fn new(
        bucket: impl Into<String>,
        key: impl Into<String>,
        revision: Revision,
        size: u64,
    ) -> Result<Self> {
        let identity = Self { bucket: bucket.into(), key: key.into(), revision, size };
        match identity.lacks() {
            None => Ok(identity),
            Some(needs) => {
                Err(Problem::InvalidIdentity { bucket: identity.bucket, key: identity.key, needs }
                    .into())
            }
        }
    }

    fn lacks(&self) -> Option<&'static str> {
        match &self.revision {
            _ if self.bucket.is_empty() => Some("a bucket"),
            _ if self.key.is_empty() => Some("a key"),
            Revision::ETag(tag) if tag.trim_matches('"').is_empty() => {
                Some("an ETag that is not empty")
            }
            Revision::Version(id) if id.is_empty() => Some("a version id that is not empty"),
            Revision::Version(id) if id == "null" => {
                Some("an ETag, as version `null` can be overwritten")
            }
            _ => None,
        }
    }

    /// Returns the bucket, or whatever else names the source.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Returns the key of the object within its source.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns which state of the object is meant.
    pub fn revision(&self) -> &Revision {
        &self.revision
    }

    /// Returns the size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// A hash of all parts: the primary key of the index and the name of the fill directory.
    ///
    /// Each part is preceded by its length, so that no two identities can run together into the same text.
    pub(crate) fn id(&self) -> Digest {
        let (kind, revision) = match &self.revision {
            Revision::ETag(tag) => ("etag", tag),
            Revision::Version(id) => ("version", id),
        };
        let mut hasher = blake3::Hasher::new_derive_key("reenact cache identity 1");
        for part in [&*self.bucket, &*self.key, kind, revision] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        hasher.update(&self.size.to_le_bytes());
        Digest::from_bytes(*hasher.finalize().as_bytes())
    }
}

impl TryFrom<Unchecked> for Identity {
    type Error = crate::Error;

    fn try_from(parts: Unchecked) -> Result<Self> {
        Self::new(parts.bucket, parts.key, parts.revision, parts.size)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, revision) = match &self.revision {
            Revision::ETag(tag) => ("etag", tag),
            Revision::Version(id) => ("version", id),
        };
        write!(formatter, "{}/{} ({kind} {})", self.bucket, self.key, revision.trim_matches('"'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn identity(bucket: &str, key: &str, tag: &str, size: u64) -> Identity {
        Identity::new(bucket, key, Revision::ETag(tag.into()), size).unwrap()
    }

    /// The seed joined its parts with `_` and hashed with MD5: `a` + `1_2` and `a_1` + `2` were the same entry.
    #[test]
    fn w3_parts_cannot_run_together() {
        assert_ne!(identity("a", "1_2", "e", 1).id(), identity("a_1", "2", "e", 1).id());
        assert_ne!(identity("ab", "c", "e", 1).id(), identity("a", "bc", "e", 1).id());
    }

    #[test]
    fn every_part_makes_another_identity() {
        let one = identity("b", "k", "e", 1);
        let others =
            [identity("B", "k", "e", 1), identity("b", "K", "e", 1), identity("b", "k", "E", 1)];
        for other in others.iter().chain([&identity("b", "k", "e", 2)]) {
            assert_ne!(one.id(), other.id(), "{other}");
        }
        let version = Identity::new("b", "k", Revision::Version("e".into()), 1).unwrap();
        assert_ne!(one.id(), version.id());
    }

    #[test]
    fn what_says_nothing_is_refused() {
        let tag = || Revision::ETag("e".into());
        for (bucket, key, revision) in [
            ("", "k", tag()),
            ("b", "", tag()),
            ("b", "k", Revision::ETag("\"\"".into())),
            ("b", "k", Revision::Version(String::new())),
            ("b", "k", Revision::Version("null".into())),
        ] {
            let error = Identity::new(bucket, key, revision, 1).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidIdentity, "{error}");
        }
    }
}
