//! All buckets behind one lock.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SubsecRound, Utc};
use s3s::{S3Result, s3_error};

use super::Bucket;

/// Every bucket of a server.
#[derive(Debug, Default)]
pub(crate) struct Store {
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

impl Store {
    /// Locks the buckets. Hold it for no longer than one operation.
    pub(crate) fn buckets(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `operation` on a bucket, or answers that there is none.
    pub(crate) fn with<T>(
        &self,
        bucket: &str,
        operation: impl FnOnce(&mut Bucket) -> S3Result<T>,
    ) -> S3Result<T> {
        match self.buckets().get_mut(bucket) {
            Some(bucket) => operation(bucket),
            None => Err(s3_error!(NoSuchBucket, "The specified bucket does not exist")),
        }
    }
}

/// Now, as exact as S3 keeps times: whole seconds.
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(0)
}
