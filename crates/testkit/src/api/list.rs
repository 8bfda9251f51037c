//! Listing objects and versions: pages, markers, delimiters and URL encoding.

use aws_smithy_types::base64;
use s3s::dto::{
    CommonPrefix, DeleteMarkerEntry, ListObjectVersionsInput, ListObjectVersionsOutput,
    ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, Object,
    ObjectStorageClass, ObjectVersion, ObjectVersionStorageClass, Owner,
};
use s3s::{S3Response, S3Result, s3_error};

use super::encode::{self, KeyEncoding};
use super::service::Service;
use crate::store::{
    Content, Listed, ListedVersion, Marker, ObjectListing, Scope, StoredObject, Version,
};

/// The most entries S3 puts on one page.
const MAX_KEYS: i32 = 1000;

impl Service {
    pub(super) fn list_v2(
        &self,
        input: ListObjectsV2Input,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let scope = scope(input.prefix.as_deref(), input.delimiter.as_deref());
        let marker = match (&input.continuation_token, &input.start_after) {
            (Some(token), _) => from_token(token)?,
            (None, Some(key)) => marker(key, scope),
            (None, None) => Marker::Start,
        };
        let (max_keys, limit) = page_size(input.max_keys)?;
        let page =
            self.store.with(&input.bucket, |bucket| Ok(bucket.list(scope, &marker, limit)))?;
        let encoding = KeyEncoding::new(input.encoding_type.as_ref());
        let owner = input.fetch_owner.unwrap_or_default().then(owner);
        let next = page.next.as_ref().map(to_token);
        let key_count = i32::try_from(page.entries.len()).ok();
        let (contents, common_prefixes) = split(page, encoding, owner.as_ref());
        Ok(S3Response::new(ListObjectsV2Output {
            prefix: Some(encoding.text(scope.prefix)),
            delimiter: encoding.optional(scope.delimiter),
            start_after: encoding.optional(input.start_after.as_deref()),
            name: Some(input.bucket),
            max_keys: Some(max_keys),
            key_count,
            is_truncated: Some(next.is_some()),
            continuation_token: input.continuation_token,
            next_continuation_token: next,
            contents: Some(contents),
            common_prefixes: Some(common_prefixes),
            encoding_type: input.encoding_type,
            ..ListObjectsV2Output::default()
        }))
    }

    pub(super) fn list_v1(
        &self,
        input: ListObjectsInput,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        let scope = scope(input.prefix.as_deref(), input.delimiter.as_deref());
        let marker = input.marker.as_deref().map_or(Marker::Start, |key| marker(key, scope));
        let (max_keys, limit) = page_size(input.max_keys)?;
        let page =
            self.store.with(&input.bucket, |bucket| Ok(bucket.list(scope, &marker, limit)))?;
        let encoding = KeyEncoding::new(input.encoding_type.as_ref());
        let is_truncated = page.next.is_some();
        // Without a delimiter the client takes the last key of the page.
        let next_marker = page.next.as_ref().filter(|_| scope.delimiter.is_some()).map(marker_text);
        let next_marker = encoding.optional(next_marker);
        let (contents, common_prefixes) = split(page, encoding, Some(&owner()));
        Ok(S3Response::new(ListObjectsOutput {
            prefix: Some(encoding.text(scope.prefix)),
            delimiter: encoding.optional(scope.delimiter),
            marker: Some(encoding.text(input.marker.as_deref().unwrap_or_default())),
            name: Some(input.bucket),
            max_keys: Some(max_keys),
            is_truncated: Some(is_truncated),
            next_marker,
            contents: Some(contents),
            common_prefixes: Some(common_prefixes),
            encoding_type: input.encoding_type,
            ..ListObjectsOutput::default()
        }))
    }

    pub(super) fn list_versions(
        &self,
        input: ListObjectVersionsInput,
    ) -> S3Result<S3Response<ListObjectVersionsOutput>> {
        let scope = scope(input.prefix.as_deref(), input.delimiter.as_deref());
        let marker = input.key_marker.as_deref().map_or(Marker::Start, |key| marker(key, scope));
        let (max_keys, limit) = page_size(input.max_keys)?;
        let after = input.version_id_marker.as_deref().filter(|id| !id.is_empty());
        let page = self
            .store
            .with(&input.bucket, |bucket| Ok(bucket.list_versions(scope, &marker, after, limit)))?;
        let encoding = KeyEncoding::new(input.encoding_type.as_ref());
        let mut output = ListObjectVersionsOutput {
            prefix: Some(encoding.text(scope.prefix)),
            delimiter: encoding.optional(scope.delimiter),
            key_marker: Some(encoding.text(input.key_marker.as_deref().unwrap_or_default())),
            version_id_marker: input.version_id_marker,
            name: Some(input.bucket),
            max_keys: Some(max_keys),
            is_truncated: Some(page.is_truncated),
            encoding_type: input.encoding_type,
            ..ListObjectVersionsOutput::default()
        };
        if let Some(last) = page.entries.last().filter(|_| page.is_truncated) {
            let (key, version_id) = match last {
                ListedVersion::Version { key, version, .. } => (key, Some(version.id.clone())),
                ListedVersion::Prefix(prefix) => (prefix, None),
            };
            output.next_key_marker = Some(encoding.text(key));
            output.next_version_id_marker = version_id;
        }
        fill_versions(&mut output, page.entries, encoding);
        Ok(S3Response::new(output))
    }
}

/// The part of a listing that every kind of it has.
fn scope<'a>(prefix: Option<&'a str>, delimiter: Option<&'a str>) -> Scope<'a> {
    Scope {
        prefix: prefix.unwrap_or_default(),
        delimiter: delimiter.filter(|text| !text.is_empty()),
    }
}

/// A position that the client gave as a key. A marker that is a common prefix stands for all it rolls up.
fn marker(key: &str, scope: Scope<'_>) -> Marker {
    let rest = key.strip_prefix(scope.prefix);
    let is_rolled_up = |rest: &str, delimiter: &str| {
        rest.find(delimiter).is_some_and(|at| at + delimiter.len() == rest.len())
    };
    match (rest, scope.delimiter) {
        (Some(rest), Some(delimiter)) if is_rolled_up(rest, delimiter) => {
            Marker::Prefix(key.to_owned())
        }
        _ => Marker::Key(key.to_owned()),
    }
}

fn marker_text(marker: &Marker) -> &str {
    match marker {
        Marker::Start => "",
        Marker::Key(text) | Marker::Prefix(text) => text,
    }
}

fn to_token(marker: &Marker) -> String {
    let kind = if matches!(marker, Marker::Prefix(_)) { 'p' } else { 'k' };
    base64::encode(format!("{kind}{}", marker_text(marker)))
}

fn from_token(token: &str) -> S3Result<Marker> {
    let decoded = base64::decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let marker = decoded.as_deref().and_then(|text| {
        let key = text.strip_prefix('k').map(|key| Marker::Key(key.to_owned()));
        key.or_else(|| text.strip_prefix('p').map(|prefix| Marker::Prefix(prefix.to_owned())))
    });
    marker.ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}

/// The page size to report and to use.
fn page_size(asked: Option<i32>) -> S3Result<(i32, usize)> {
    let size = asked.unwrap_or(MAX_KEYS).min(MAX_KEYS);
    match usize::try_from(size) {
        Ok(limit) => Ok((size, limit)),
        Err(source) => Err(s3_error!(
            source,
            InvalidArgument,
            "Argument maxKeys must be an integer between 0 and 2147483647"
        )),
    }
}

fn owner() -> Owner {
    Owner { display_name: None, id: Some("testkit".to_owned()) }
}

fn split(
    page: ObjectListing,
    encoding: KeyEncoding,
    owner: Option<&Owner>,
) -> (Vec<Object>, Vec<CommonPrefix>) {
    let mut contents = Vec::new();
    let mut prefixes = Vec::new();
    for entry in page.entries {
        match entry {
            Listed::Object { key, object } => {
                contents.push(listed_object(encoding.text(&key), &object, owner));
            }
            Listed::Prefix(prefix) => prefixes.push(common_prefix(&prefix, encoding)),
        }
    }
    (contents, prefixes)
}

fn common_prefix(prefix: &str, encoding: KeyEncoding) -> CommonPrefix {
    CommonPrefix { prefix: Some(encoding.text(prefix)) }
}

fn listed_object(key: String, object: &StoredObject, owner: Option<&Owner>) -> Object {
    Object {
        checksum_algorithm: encode::checksum_algorithms(object),
        checksum_type: encode::checksum_type(object),
        e_tag: Some(encode::etag(object)),
        key: Some(key),
        last_modified: Some(encode::timestamp(object.last_modified)),
        owner: owner.cloned(),
        restore_status: None,
        size: encode::size(object.body.len()),
        storage_class: Some(ObjectStorageClass::from(encode::storage_class(object))),
    }
}

fn fill_versions(
    output: &mut ListObjectVersionsOutput,
    entries: Vec<ListedVersion>,
    encoding: KeyEncoding,
) {
    let mut versions = Vec::new();
    let mut markers = Vec::new();
    let mut prefixes = Vec::new();
    for entry in entries {
        match entry {
            ListedVersion::Prefix(prefix) => prefixes.push(common_prefix(&prefix, encoding)),
            ListedVersion::Version { key, version, is_latest } => {
                let key = encoding.text(&key);
                match &version.content {
                    Content::Object(object) => {
                        versions.push(listed_version(key, &version, object, is_latest));
                    }
                    Content::DeleteMarker { since } => markers.push(DeleteMarkerEntry {
                        is_latest: Some(is_latest),
                        key: Some(key),
                        last_modified: Some(encode::timestamp(*since)),
                        owner: Some(owner()),
                        version_id: Some(version.id.clone()),
                    }),
                }
            }
        }
    }
    output.versions = Some(versions);
    output.delete_markers = Some(markers);
    output.common_prefixes = Some(prefixes);
}

fn listed_version(
    key: String,
    version: &Version,
    object: &StoredObject,
    is_latest: bool,
) -> ObjectVersion {
    ObjectVersion {
        checksum_algorithm: encode::checksum_algorithms(object),
        checksum_type: encode::checksum_type(object),
        e_tag: Some(encode::etag(object)),
        is_latest: Some(is_latest),
        key: Some(key),
        last_modified: Some(encode::timestamp(object.last_modified)),
        owner: Some(owner()),
        restore_status: None,
        size: encode::size(object.body.len()),
        storage_class: Some(ObjectVersionStorageClass::from(encode::storage_class(object))),
        version_id: Some(version.id.clone()),
    }
}
