//! What the cache calls an object that the downloader has found.

use reenact_downloader::ObjectMeta;
use reenact_workspace_cache::{Identity, Revision};

use crate::{Error, ErrorKind, Result};

/// Returns the identity of `object` in `bucket`.
pub(crate) fn of(bucket: &str, object: &ObjectMeta) -> Result<Identity> {
    let revision = match &object.version_id {
        Some(version) if version != "null" => Revision::Version(version.clone()),
        _ => Revision::ETag(object.etag.clone().unwrap_or_default()),
    };
    Identity::new(bucket, &object.key, revision, object.size).map_err(|error| {
        Error::caused(ErrorKind::Cache, format!("cannot tell what `{}` is", object.key), error)
    })
}
