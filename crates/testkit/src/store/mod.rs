//! The in-memory store behind the server: buckets, versions, multipart uploads and listings, without HTTP.

mod bucket;
mod buckets;
mod checksum;
mod key;
mod listing;
mod object;
mod upload;

pub(crate) use self::bucket::{Bucket, Found, HOME_REGION, Versioning};
pub(crate) use self::buckets::{Store, now};
pub use self::checksum::ChecksumAlgorithm;
pub(crate) use self::checksum::{Checksum, Md5Sum};
pub(crate) use self::key::is_legal_key;
pub(crate) use self::listing::{Listed, ListedVersion, Marker, ObjectListing, Scope};
pub(crate) use self::object::{Content, StoredObject, Version};
pub(crate) use self::upload::{Part, Upload};
