//! What S3's answers say about objects.

use std::ops::Range;

use aws_sdk_s3::primitives::DateTime as SdkDateTime;
use aws_sdk_s3::types::{ChecksumType, ServerSideEncryption};
use aws_smithy_types::base64;
use chrono::{DateTime, Utc};

use crate::checksum::{Algorithm, Checksum};

/// Gathers what an answer to HEAD or GET says about an object; the two have the same getters and no type in common.
macro_rules! describe {
    ($key:expr, $size:expr, $output:expr) => {{
        let (output, mut meta) = (&$output, $crate::source::ObjectMeta::new($key, $size));
        meta.etag = output.e_tag().map($crate::s3::reply::unquote);
        meta.version_id = output.version_id().filter(|id| *id != "null").map(ToOwned::to_owned);
        meta.last_modified = output.last_modified().and_then($crate::s3::reply::to_chrono);
        meta.storage_class = output
            .storage_class()
            .map(|class| class.as_str().to_owned())
            .filter(|class| class != "STANDARD");
        let carried = $crate::s3::reply::Carried {
            digests: [
                ($crate::checksum::Algorithm::Crc64Nvme, output.checksum_crc64_nvme()),
                ($crate::checksum::Algorithm::Crc32c, output.checksum_crc32_c()),
                ($crate::checksum::Algorithm::Crc32, output.checksum_crc32()),
                ($crate::checksum::Algorithm::Sha1, output.checksum_sha1()),
                ($crate::checksum::Algorithm::Sha256, output.checksum_sha256()),
            ],
            kind: output.checksum_type(),
            encryption: output.server_side_encryption(),
            customer_key: output.sse_customer_algorithm(),
        };
        meta.checksum = carried.checksum(meta.etag.as_deref());
        meta
    }};
}
pub(super) use describe;

/// What an answer carries that the content can be compared with.
pub(super) struct Carried<'a> {
    /// In base64, the cheapest first.
    pub(super) digests: [(Algorithm, Option<&'a str>); 5],
    pub(super) kind: Option<&'a ChecksumType>,
    pub(super) encryption: Option<&'a ServerSideEncryption>,
    pub(super) customer_key: Option<&'a str>,
}

impl Carried<'_> {
    /// Returns the digest of the content that is the cheapest to compare with.
    pub(super) fn checksum(&self, etag: Option<&str>) -> Option<Checksum> {
        let carried =
            self.digests.iter().filter_map(|(algorithm, text)| self.decode(*algorithm, (*text)?));
        carried.into_iter().next().or_else(|| self.md5(etag?))
    }

    /// A composite checksum ends in the number of its parts. One of unknown parts is of no use.
    fn decode(&self, algorithm: Algorithm, text: &str) -> Option<Checksum> {
        match text.split_once('-') {
            Some((digest, parts)) => {
                Checksum::composite(algorithm, base64::decode(digest).ok()?, parts.parse().ok()?)
            }
            None if self.kind == Some(&ChecksumType::Composite) => None,
            None => Checksum::new(algorithm, base64::decode(text).ok()?),
        }
    }

    /// An ETag is the MD5 of the content unless parts or certain kinds of encryption are involved.
    fn md5(&self, etag: &str) -> Option<Checksum> {
        let plain = matches!(self.encryption, None | Some(ServerSideEncryption::Aes256))
            && self.customer_key.is_none();
        if plain { Checksum::from_md5_etag(etag) } else { None }
    }
}

pub(super) fn unquote(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}

pub(super) fn to_chrono(time: &SdkDateTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.secs(), time.subsec_nanos())
}

/// Reads `bytes first-last/size`.
pub(super) fn parse_content_range(header: &str) -> Option<(Range<u64>, u64)> {
    let (range, size) = header.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    Some((first..last.checked_add(1)?, size.parse().ok()?))
}

/// Decodes a key from a listing that was asked for with `encoding-type=url`. Nothing if it is not UTF-8.
pub(super) fn decode_key(encoded: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            _ => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn carried<'a>(digest: &'a str, kind: Option<&'a ChecksumType>) -> Carried<'a> {
        Carried {
            digests: [
                (Algorithm::Crc32, Some(digest)),
                (Algorithm::Sha1, None),
                (Algorithm::Crc32c, None),
                (Algorithm::Crc64Nvme, None),
                (Algorithm::Sha256, None),
            ],
            kind,
            encryption: None,
            customer_key: None,
        }
    }

    const MD5: &str = "900150983cd24fb0d6963f7d28e17f72";

    #[test]
    fn h17_checksums_of_the_whole_content_are_told_from_composite_ones() {
        let whole = carried("y/Q5Jg==", None).checksum(Some(MD5)).unwrap();
        assert_eq!((whole.algorithm(), whole.to_hex().as_str()), (Algorithm::Crc32, "cbf43926"));
        let by_type = carried("y/Q5Jg==", Some(&ChecksumType::Composite)).checksum(Some("x-3"));
        assert_eq!(by_type, None);
        let composite = carried("y/Q5Jg==-3", None).checksum(Some("x-3")).unwrap();
        assert_eq!(composite.parts().map(NonZeroU32::get), Some(3));
        for broken in ["y/Q5Jg==-", "y/Q5Jg==-0", "y/Q5Jg==-x", "-3", "y/Q5-3"] {
            assert_eq!(carried(broken, None).checksum(Some("x-3")), None, "{broken}");
        }
    }

    #[test]
    fn h4_an_etag_is_taken_for_an_md5_only_where_it_is_one() {
        let none = Carried {
            digests: carried("", None).digests,
            kind: None,
            encryption: None,
            customer_key: None,
        };
        assert_eq!(none.checksum(Some(MD5)).map(|md5| md5.algorithm()), Some(Algorithm::Md5));
        assert_eq!(
            Carried { encryption: Some(&ServerSideEncryption::AwsKms), ..none }.checksum(Some(MD5)),
            None
        );
        let none = carried("", None);
        assert_eq!(Carried { customer_key: Some("AES256"), ..none }.checksum(Some(MD5)), None);
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
    fn h15_keys_are_decoded_as_they_were_encoded() {
        assert_eq!(decode_key("a+b%2Bc%25%0A%F0%9F%9B%AB/d").as_deref(), Some("a b+c%\n🛫/d"));
        for broken in ["%", "%2", "%zz", "%ff"] {
            assert_eq!(decode_key(broken), None, "{broken}");
        }
    }
}
