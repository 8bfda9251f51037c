//! Who may do what: credentials, and actions denied below a prefix.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::log::Operation;

/// What a permission is about, as IAM divides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// List a bucket (`s3:ListBucket`, `s3:ListBucketVersions`).
    List,
    /// Read objects and what is known about them (`s3:GetObject`).
    Get,
    /// Write objects (`s3:PutObject`).
    Put,
    /// Delete objects (`s3:DeleteObject`).
    Delete,
}

impl Action {
    /// The action that an operation needs permission for; none for those that can't be denied here.
    pub(crate) fn of(operation: Operation) -> Option<Self> {
        match operation {
            Operation::HeadBucket
            | Operation::ListObjects
            | Operation::ListObjectsV2
            | Operation::ListObjectVersions => Some(Self::List),
            Operation::GetObject | Operation::HeadObject => Some(Self::Get),
            Operation::PutObject
            | Operation::CopyObject
            | Operation::CreateMultipartUpload
            | Operation::UploadPart
            | Operation::CompleteMultipartUpload
            | Operation::AbortMultipartUpload => Some(Self::Put),
            Operation::DeleteObject | Operation::DeleteObjects => Some(Self::Delete),
            _ => None,
        }
    }
}

/// Everything that decides whether a request is allowed.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    rules: Mutex<Rules>,
}

#[derive(Debug, Default)]
struct Rules {
    /// Secret access keys by access key id.
    secrets: BTreeMap<String, String>,
    denied: Vec<Denied>,
}

#[derive(Debug)]
struct Denied {
    action: Action,
    bucket: String,
    prefix: String,
}

impl Policies {
    pub(crate) fn set_secret(&self, access_key_id: &str, secret: &str) {
        self.rules().secrets.insert(access_key_id.to_owned(), secret.to_owned());
    }

    pub(crate) fn revoke(&self, access_key_id: &str) {
        self.rules().secrets.remove(access_key_id);
    }

    pub(crate) fn secret(&self, access_key_id: &str) -> Option<String> {
        self.rules().secrets.get(access_key_id).cloned()
    }

    pub(crate) fn deny(&self, action: Action, bucket: &str, prefix: &str) {
        let denied = Denied { action, bucket: bucket.to_owned(), prefix: prefix.to_owned() };
        self.rules().denied.push(denied);
    }

    pub(crate) fn allow_all(&self, bucket: &str) {
        self.rules().denied.retain(|denied| denied.bucket != bucket);
    }

    /// Whether the action is denied for this key or, for a listing, this prefix.
    pub(crate) fn is_denied(&self, action: Action, bucket: &str, key: &str) -> bool {
        self.rules().denied.iter().any(|denied| {
            denied.action == action && denied.bucket == bucket && key.starts_with(&denied.prefix)
        })
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
