//! What the headers of S3's answers say about objects.

use std::ops::Range;

use aws_sdk_s3::config::http::HttpResponse;
use aws_smithy_types::base64;
use chrono::{DateTime, Utc};

use crate::checksum::{Algorithm, Checksum};
use crate::error::{Error, ErrorKind, Result};
use crate::source::ObjectMeta;

/// The digests that an answer may carry, in base64; the cheapest to verify first.
const DIGESTS: [(Algorithm, &str); 5] = [
    (Algorithm::Crc64Nvme, "x-amz-checksum-crc64nvme"),
    (Algorithm::Crc32c, "x-amz-checksum-crc32c"),
    (Algorithm::Crc32, "x-amz-checksum-crc32"),
    (Algorithm::Sha1, "x-amz-checksum-sha1"),
    (Algorithm::Sha256, "x-amz-checksum-sha256"),
];

/// Gathers what an answer to HEAD or GET says about an object of this size.
pub(super) fn describe(key: &str, size: u64, reply: &HttpResponse) -> ObjectMeta {
    let mut meta = ObjectMeta::new(key, size);
    meta.etag = header(reply, "etag").map(unquote);
    meta.version_id =
        header(reply, "x-amz-version-id").filter(|id| *id != "null").map(ToOwned::to_owned);
    meta.last_modified = header(reply, "last-modified").and_then(parse_date);
    meta.storage_class = header(reply, "x-amz-storage-class").and_then(other_than_standard);
    meta.checksum = checksum(reply, meta.etag.as_deref());
    meta
}

/// Returns the digest of the content that is the cheapest to compare with.
fn checksum(reply: &HttpResponse, etag: Option<&str>) -> Option<Checksum> {
    let is_composite = header(reply, "x-amz-checksum-type") == Some("COMPOSITE");
    let carried = DIGESTS
        .iter()
        .find_map(|(algorithm, name)| decode(*algorithm, header(reply, name)?, is_composite));
    carried.or_else(|| md5(reply, etag?))
}

/// A composite checksum ends in the number of its parts. One of unknown parts is of no use.
fn decode(algorithm: Algorithm, text: &str, is_composite: bool) -> Option<Checksum> {
    match text.split_once('-') {
        Some((digest, parts)) => {
            Checksum::composite(algorithm, base64::decode(digest).ok()?, parts.parse().ok()?)
        }
        None if is_composite => None,
        None => Checksum::new(algorithm, base64::decode(text).ok()?),
    }
}

/// An ETag is the MD5 of the content unless parts or certain kinds of encryption are involved.
fn md5(reply: &HttpResponse, etag: &str) -> Option<Checksum> {
    let plain = matches!(header(reply, "x-amz-server-side-encryption"), None | Some("AES256"))
        && header(reply, "x-amz-server-side-encryption-customer-algorithm").is_none();
    if plain { Checksum::from_md5_etag(etag) } else { None }
}

/// Returns the length of a body, where it was announced.
pub(super) fn content_length(reply: &HttpResponse) -> Result<Option<u64>> {
    let length = header(reply, "content-length").map(str::parse).transpose();
    length.map_err(|source| unexpected("the length cannot be read").with_source(source))
}

/// Returns which bytes of how many a body has, where that was told.
pub(super) fn content_range(reply: &HttpResponse) -> Result<Option<(Range<u64>, u64)>> {
    let Some(text) = header(reply, "content-range") else { return Ok(None) };
    parse_content_range(text)
        .map(Some)
        .ok_or_else(|| unexpected("the content range cannot be read"))
}

/// Reads `bytes first-last/size`.
fn parse_content_range(header: &str) -> Option<(Range<u64>, u64)> {
    let (range, size) = header.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    Some((first..last.checked_add(1)?, size.parse().ok()?))
}

pub(super) fn header<'a>(reply: &'a HttpResponse, name: &str) -> Option<&'a str> {
    reply.headers().get(name)
}

/// Reads a date as HTTP has it.
pub(super) fn parse_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc())
}

pub(super) fn unquote(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}

pub(super) fn other_than_standard(storage_class: &str) -> Option<String> {
    (storage_class != "STANDARD").then(|| storage_class.to_owned())
}

pub(super) fn unexpected(reason: &str) -> Error {
    Error::new(ErrorKind::UnexpectedReply).with_reason(reason)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use aws_sdk_s3::primitives::SdkBody;

    use super::*;

    const CRC: &str = "x-amz-checksum-crc32";
    const ENCRYPTION: &str = "x-amz-server-side-encryption";
    const MD5: &str = "900150983cd24fb0d6963f7d28e17f72";

    fn carried(headers: &[(&'static str, &'static str)], etag: &str) -> Option<Checksum> {
        let mut reply = HttpResponse::new(200.try_into().unwrap(), SdkBody::empty());
        for (name, value) in headers {
            reply.headers_mut().insert(*name, *value);
        }
        checksum(&reply, Some(etag))
    }

    #[test]
    fn h17_checksums_of_the_whole_content_are_told_from_composite_ones() {
        let whole = carried(&[(CRC, "y/Q5Jg==")], MD5).unwrap();
        assert_eq!((whole.algorithm(), whole.to_hex().as_str()), (Algorithm::Crc32, "cbf43926"));
        let by_type = [(CRC, "y/Q5Jg=="), ("x-amz-checksum-type", "COMPOSITE")];
        assert_eq!(carried(&by_type, "x-3"), None);
        let composite = carried(&[(CRC, "y/Q5Jg==-3")], "x-3").unwrap();
        assert_eq!(composite.parts().map(NonZeroU32::get), Some(3));
        for broken in ["y/Q5Jg==-", "y/Q5Jg==-0", "y/Q5Jg==-x", "-3", "y/Q5-3"] {
            assert_eq!(carried(&[(CRC, broken)], "x-3"), None, "{broken}");
        }
    }

    #[test]
    fn h4_an_etag_is_taken_for_an_md5_only_where_it_is_one() {
        let algorithm = |headers: &[_]| carried(headers, MD5).map(|md5| md5.algorithm());
        assert_eq!(algorithm(&[]), Some(Algorithm::Md5));
        assert_eq!(algorithm(&[(ENCRYPTION, "AES256")]), Some(Algorithm::Md5));
        assert_eq!(algorithm(&[(ENCRYPTION, "aws:kms")]), None);
        let customer = "x-amz-server-side-encryption-customer-algorithm";
        assert_eq!(algorithm(&[(customer, "AES256")]), None);
    }

    #[test]
    fn content_ranges_are_half_open_here() {
        assert_eq!(parse_content_range("bytes 5-9/20"), Some((5..10, 20)));
        for header in
            ["", "bytes */20", "bytes 5-9/*", "items 5-9/20", "bytes 0-18446744073709551615/1"]
        {
            assert_eq!(parse_content_range(header), None, "{header}");
        }
    }

    #[test]
    fn dates_are_read_as_http_has_them() {
        let date = parse_date("Wed, 21 Oct 2015 07:28:00 GMT").unwrap();
        assert_eq!(date.to_rfc3339(), "2015-10-21T07:28:00+00:00");
        assert_eq!(parse_date("yesterday"), None);
    }
}
