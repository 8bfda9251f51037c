//! A bucket as tests fill and change it: straight in the store, without requests.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use s3s::path::check_bucket_name;

use crate::error::{Error, Result};
use crate::object::TestObject;
use crate::policy::Action;
use crate::state::State;
use crate::store::{Bucket, StoredObject, Versioning, is_legal_key, now};

/// A bucket of an [`S3Server`](crate::S3Server).
///
/// What is done through this handle makes no requests and shows in no request log.
#[derive(Debug, Clone)]
pub struct TestBucket {
    state: Arc<State>,
    name: String,
}

impl TestBucket {
    pub(crate) fn open(state: Arc<State>, name: String) -> Self {
        assert!(check_bucket_name(&name), "S3 accepts no bucket named {name:?}");
        state.store.buckets().entry(name.clone()).or_insert_with(|| Bucket::new(now()));
        Self { state, name }
    }

    /// The bucket's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Puts an object, replacing the one that has this key.
    ///
    /// # Panics
    /// If S3 would not accept the key: it must have 1 to 1,024 bytes.
    pub fn put(&self, key: &str, body: impl Into<Bytes>) {
        self.put_object(key, TestObject::new(body));
    }

    /// Puts an object that was last modified at the given time (in whole seconds).
    ///
    /// # Panics
    /// If S3 would not accept the key: it must have 1 to 1,024 bytes.
    pub fn put_at(&self, key: &str, body: impl Into<Bytes>, last_modified: DateTime<Utc>) {
        self.put_object(key, TestObject::new(body).last_modified(last_modified));
    }

    /// Puts an object with all that [`TestObject`] can say about it.
    ///
    /// # Panics
    /// If S3 would not accept the key: it must have 1 to 1,024 bytes.
    pub fn put_object(&self, key: &str, object: TestObject) {
        assert!(
            is_legal_key(key),
            "an object key must have 1 to 1,024 bytes, this has {}",
            key.len()
        );
        let object = object.into_stored();
        self.with(|bucket| drop(bucket.put(key, object)));
    }

    /// Puts every file below a directory; its key is `prefix` and the path below the directory, joined as they are.
    ///
    /// Returns the keys, sorted.
    ///
    /// # Errors
    /// [`Read`](crate::ErrorKind::Read) if a file or directory can't be read. What was read before stays published.
    ///
    /// # Panics
    /// If S3 would not accept a key: it must have 1 to 1,024 bytes.
    pub fn publish_dir(
        &self,
        prefix: &str,
        directory: impl AsRef<Path>,
        last_modified: DateTime<Utc>,
    ) -> Result<Vec<String>> {
        let mut keys = Vec::new();
        for path in files_below(directory.as_ref())? {
            let below = path.strip_prefix(&directory).unwrap_or(&path);
            let names: Vec<_> = below.iter().map(|name| name.to_string_lossy()).collect();
            let key = format!("{prefix}{}", names.join("/"));
            let body = fs::read(&path).map_err(|source| Error::read(&path, source))?;
            self.put_at(&key, body, last_modified);
            keys.push(key);
        }
        keys.sort_unstable();
        Ok(keys)
    }

    /// The body of the newest version of an object.
    pub fn body(&self, key: &str) -> Option<Bytes> {
        self.with(|bucket| bucket.newest(key).map(|object| object.body.clone()))
    }

    /// Every key that a listing shows, with the body of its newest version.
    pub(crate) fn bodies(&self) -> Vec<(String, Bytes)> {
        let keys = self.keys().into_iter();
        keys.filter_map(|key| self.body(&key).map(|body| (key, body))).collect()
    }

    /// The ETag of the newest version of an object, without quotes.
    pub fn etag(&self, key: &str) -> Option<String> {
        self.with(|bucket| bucket.newest(key).map(|object| object.etag.clone()))
    }

    /// The version id of the newest version of an object; none where versions were never kept.
    pub fn version_id(&self, key: &str) -> Option<String> {
        self.with(|bucket| bucket.find(key, None).ok()?.version_id)
    }

    /// The keys that a listing shows, in its order.
    pub fn keys(&self) -> Vec<String> {
        self.with(|bucket| bucket.keys())
    }

    /// Deletes an object; where versions are kept, a delete marker becomes its newest version.
    pub fn delete(&self, key: &str) {
        self.with(|bucket| drop(bucket.delete(key, None, now())));
    }

    /// Moves an object to `GLACIER`: it is listed as before, but reading it answers 403 `InvalidObjectState`.
    ///
    /// Where versions are kept, this makes a new one.
    ///
    /// # Panics
    /// If there is no such object.
    pub fn archive(&self, key: &str) {
        self.with(|bucket| {
            let object = bucket.newest(key).map(|object| StoredObject::clone(object));
            assert!(object.is_some(), "there is no object {key:?} to archive");
            let archived = object
                .map(|object| StoredObject { storage_class: Some("GLACIER".to_owned()), ..object });
            archived.map(|object| bucket.put(key, object));
        });
    }

    /// Keeps the versions that are replaced or deleted from now on.
    pub fn enable_versioning(&self) {
        self.with(|bucket| bucket.versioning = Versioning::Enabled);
    }

    /// Says that the bucket is in another region: requests signed for the server's own are answered 301
    /// `PermanentRedirect` with `x-amz-bucket-region`, requests signed for the bucket's are served.
    pub fn move_to_region(&self, region: &str) {
        self.with(|bucket| region.clone_into(&mut bucket.region));
    }

    /// Answers 403 `AccessDenied` to every request that doesn't say `x-amz-request-payer`.
    pub fn let_requester_pay(&self) {
        self.with(|bucket| bucket.is_requester_pays = true);
    }

    /// Answers 403 `AccessDenied` to this action on keys, or listings of prefixes, that start with `prefix`.
    ///
    /// Where [`Action::List`] is denied, reading a missing key answers 403 too instead of 404, as S3 does.
    pub fn deny(&self, action: Action, prefix: &str) {
        self.state.policies.deny(action, &self.name, prefix);
    }

    /// Takes back everything that was denied in this bucket.
    pub fn allow_all(&self) {
        self.state.policies.allow_all(&self.name);
    }

    /// Runs `operation` on the bucket; makes it anew if a request has deleted it meanwhile.
    fn with<T>(&self, operation: impl FnOnce(&mut Bucket) -> T) -> T {
        let mut buckets = self.state.store.buckets();
        operation(buckets.entry(self.name.clone()).or_insert_with(|| Bucket::new(now())))
    }
}

/// Every file below a directory, following links.
pub(crate) fn files_below(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(directory) = pending.pop() {
        let failed = |source| Error::read(&directory, source);
        for entry in fs::read_dir(&directory).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() {
                pending.push(path);
            } else {
                files.push(path);
            }
        }
    }
    Ok(files)
}
