//! One bucket: its keys, their versions, and what putting, reading and deleting do to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::key::Key;
use super::{Content, StoredObject, Upload, Version};

/// The region of the endpoint, and of every bucket that isn't said to be elsewhere.
pub(crate) const HOME_REGION: &str = "us-east-1";
/// The id of versions written while versioning is off or suspended.
const NULL_VERSION: &str = "null";
/// Every other version id has this length.
const VERSION_ID_LENGTH: usize = 32;

/// Whether a bucket keeps the versions that are replaced or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Versioning {
    #[default]
    Off,
    Enabled,
    Suspended,
}

/// A bucket and everything in it.
#[derive(Debug)]
pub(crate) struct Bucket {
    pub(crate) created: DateTime<Utc>,
    pub(crate) region: String,
    pub(crate) is_requester_pays: bool,
    pub(crate) versioning: Versioning,
    /// Oldest version first; never empty.
    pub(super) objects: BTreeMap<Key, Vec<Version>>,
    pub(crate) uploads: BTreeMap<String, Upload>,
    last_version: u64,
}

/// An object that was found, and the version id to tell the client.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) object: Arc<StoredObject>,
    pub(crate) version_id: Option<String>,
}

/// What a deletion did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Removed {
    /// A delete marker was made or removed.
    pub(crate) is_marker: bool,
    pub(crate) version_id: Option<String>,
}

impl Bucket {
    pub(crate) fn new(created: DateTime<Utc>) -> Self {
        Self {
            created,
            region: HOME_REGION.to_owned(),
            is_requester_pays: false,
            versioning: Versioning::Off,
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
            last_version: 0,
        }
    }

    /// Whether nothing is left in it, not even an old version.
    pub(crate) fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The keys that a listing without parameters shows.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.objects
            .iter()
            .filter(|(_, versions)| latest_object(versions).is_some())
            .map(|(key, _)| key.as_str().to_owned())
            .collect()
    }

    /// Stores an object as the newest version of its key.
    pub(crate) fn put(&mut self, key: &str, object: StoredObject) -> Found {
        let object = Arc::new(object);
        let id = self.push(key, Content::Object(Arc::clone(&object)));
        Found { object, version_id: self.visible(&id) }
    }

    /// Finds an object, or says why there is none as S3 would.
    pub(crate) fn find(&self, key: &str, version_id: Option<&str>) -> S3Result<Found> {
        let versions = self.objects.get(key.as_bytes()).map_or(&[][..], Vec::as_slice);
        let version = match version_id {
            None => versions.last(),
            Some(id) => {
                check_version_id(id)?;
                let version = versions.iter().find(|version| version.id == id);
                if version.is_none() {
                    return Err(s3_error!(NoSuchVersion, "The specified version does not exist."));
                }
                version
            }
        };
        let Some(version) = version else {
            return Err(s3_error!(NoSuchKey, "The specified key does not exist."));
        };
        match &version.content {
            Content::Object(object) => {
                Ok(Found { object: Arc::clone(object), version_id: self.visible(&version.id) })
            }
            Content::DeleteMarker { .. } => Err(marker_error(&version.id, version_id.is_some())),
        }
    }

    /// The newest object of a key, if it has one.
    pub(crate) fn newest(&self, key: &str) -> Option<&Arc<StoredObject>> {
        self.objects.get(key.as_bytes()).and_then(|versions| latest_object(versions))
    }

    /// Deletes the newest version (leaving a delete marker where versions are kept) or one version for good.
    pub(crate) fn delete(
        &mut self,
        key: &str,
        version_id: Option<&str>,
        now: DateTime<Utc>,
    ) -> S3Result<Removed> {
        let Some(id) = version_id else {
            if self.versioning == Versioning::Off {
                self.objects.remove(key.as_bytes());
                return Ok(Removed::default());
            }
            let id = self.push(key, Content::DeleteMarker { since: now });
            return Ok(Removed { is_marker: true, version_id: self.visible(&id) });
        };
        check_version_id(id)?;
        let removed = self.take(key, id);
        let is_marker = removed.is_some_and(|version| version.object().is_none());
        Ok(Removed { is_marker, version_id: self.visible(id) })
    }

    /// The number behind the next version id or upload id of this bucket.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.last_version += 1;
        self.last_version
    }

    fn push(&mut self, key: &str, content: Content) -> String {
        let id = if self.versioning == Versioning::Enabled {
            format!("{:0>1$}", self.next_number(), VERSION_ID_LENGTH)
        } else {
            NULL_VERSION.to_owned()
        };
        self.take(key, &id);
        self.objects.entry(Key::from(key)).or_default().push(Version { id: id.clone(), content });
        id
    }

    fn take(&mut self, key: &str, id: &str) -> Option<Version> {
        let versions = self.objects.get_mut(key.as_bytes())?;
        let position = versions.iter().position(|version| version.id == id)?;
        let version = versions.remove(position);
        if versions.is_empty() {
            self.objects.remove(key.as_bytes());
        }
        Some(version)
    }

    /// A version id as answers show it: not at all where versions were never kept.
    fn visible(&self, id: &str) -> Option<String> {
        (self.versioning != Versioning::Off).then(|| id.to_owned())
    }
}

/// The object that reading a key without a version id yields.
pub(super) fn latest_object(versions: &[Version]) -> Option<&Arc<StoredObject>> {
    versions.last().and_then(Version::object)
}

fn check_version_id(id: &str) -> S3Result<()> {
    if id == NULL_VERSION || id.len() == VERSION_ID_LENGTH {
        return Ok(());
    }
    Err(s3_error!(InvalidArgument, "Invalid version id specified"))
}

/// S3 answers 404 where the newest version is a delete marker, 405 where the marker itself is asked for.
fn marker_error(id: &str, is_asked_for: bool) -> S3Error {
    let mut error = if is_asked_for {
        s3_error!(MethodNotAllowed, "The specified method is not allowed against this resource.")
    } else {
        S3Error::with_message(S3ErrorCode::NoSuchKey, "The specified key does not exist.")
    };
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-delete-marker", HeaderValue::from_static("true"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-amz-version-id", id);
    }
    error.set_headers(headers);
    error
}
