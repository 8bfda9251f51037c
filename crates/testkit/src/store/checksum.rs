//! Digests of object bodies: MD5 for ETags and the five checksums that S3 keeps with an object.

use aws_smithy_types::base64;
use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::{S3Result, s3_error};

/// A checksum algorithm of S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChecksumAlgorithm {
    /// CRC-32, as in zip and gzip.
    Crc32,
    /// CRC-32C (Castagnoli).
    Crc32c,
    /// CRC-64/NVME: what S3 itself computes when the uploader sends no checksum.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl ChecksumAlgorithm {
    const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// The algorithm's name in the S3 API, such as `CRC32C`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(name))
    }

    /// The header that carries a checksum of this algorithm.
    pub(crate) fn header(self) -> HeaderName {
        HeaderName::from_static(match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        })
    }

    /// Whether a multipart object carries a checksum of its parts' checksums unless its uploader asks otherwise.
    pub(crate) fn is_composite_by_default(self) -> bool {
        !matches!(self, Self::Crc64Nvme)
    }

    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Crc32 => Crc32::checksum(bytes).to_vec(),
            Self::Crc32c => Crc32c::checksum(bytes).to_vec(),
            Self::Crc64Nvme => Crc64Nvme::checksum(bytes).to_vec(),
            Self::Sha1 => Sha1::checksum(bytes).to_vec(),
            Self::Sha256 => Sha256::checksum(bytes).to_vec(),
        }
    }
}

/// A checksum as S3 keeps and returns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checksum {
    pub(crate) algorithm: ChecksumAlgorithm,
    /// Base64, with `-N` behind it when it is the checksum of N parts' checksums.
    pub(crate) value: String,
    pub(crate) is_composite: bool,
}

impl Checksum {
    /// The checksum of the whole of `body`.
    pub(crate) fn of(algorithm: ChecksumAlgorithm, body: &[u8]) -> Self {
        Self { algorithm, value: base64::encode(algorithm.digest(body)), is_composite: false }
    }

    /// The checksum of the parts' checksums.
    pub(crate) fn of_parts<'a>(
        algorithm: ChecksumAlgorithm,
        parts: impl Iterator<Item = &'a [u8]>,
    ) -> Self {
        let mut digests = Vec::new();
        let mut count = 0;
        for part in parts {
            digests.extend(algorithm.digest(part));
            count += 1;
        }
        let value = format!("{}-{count}", base64::encode(algorithm.digest(&digests)));
        Self { algorithm, value, is_composite: true }
    }

    /// `FULL_OBJECT` or `COMPOSITE`.
    pub(crate) fn type_name(&self) -> &'static str {
        if self.is_composite { "COMPOSITE" } else { "FULL_OBJECT" }
    }

    /// The headers that return this checksum.
    pub(crate) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_str(&self.value) {
            headers.insert(self.algorithm.header(), value);
        }
        headers.insert("x-amz-checksum-type", HeaderValue::from_static(self.type_name()));
        headers
    }

    /// Computes the checksum that a request asks for, and refuses the body if the request claims another value.
    ///
    /// Claims come in headers or, for a streamed body, in `trailers`. Nothing is computed when nothing is asked for.
    pub(crate) fn checked(
        body: &[u8],
        headers: &HeaderMap,
        trailers: Option<&HeaderMap>,
    ) -> S3Result<Option<Self>> {
        let claims = [Some(headers), trailers].into_iter().flatten();
        for claim in claims {
            for algorithm in ChecksumAlgorithm::ALL {
                if let Some(value) = claim.get(algorithm.header()) {
                    let checksum = Self::of(algorithm, body);
                    if value.as_bytes() != checksum.value.as_bytes() {
                        let name = algorithm.as_str();
                        return Err(s3_error!(
                            BadDigest,
                            "The {name} you specified did not match the calculated checksum."
                        ));
                    }
                    return Ok(Some(checksum));
                }
            }
        }
        Ok(asked_algorithm(headers).map(|algorithm| Self::of(algorithm, body)))
    }
}

/// The algorithm that an upload names without giving a value.
pub(crate) fn asked_algorithm(headers: &HeaderMap) -> Option<ChecksumAlgorithm> {
    ["x-amz-sdk-checksum-algorithm", "x-amz-checksum-algorithm"]
        .into_iter()
        .find_map(|name| ChecksumAlgorithm::from_name(headers.get(name)?.to_str().ok()?))
}

/// An MD5 digest, from which ETags are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Md5Sum([u8; 16]);

impl Md5Sum {
    pub(crate) fn of(body: &[u8]) -> Self {
        Self(Md5::checksum(body))
    }

    /// The ETag of an object that was put in one piece.
    pub(crate) fn etag(self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.0))
    }

    /// The ETag of an object that was uploaded in parts: the MD5 of their MD5s and how many they were.
    pub(crate) fn multipart_etag(parts: &[Self]) -> String {
        let joined: Vec<u8> = parts.iter().flat_map(|part| part.0).collect();
        format!("{}-{}", Self::of(&joined).etag(), parts.len())
    }

    /// Refuses a body whose MD5 is not the `Content-MD5` of its request.
    pub(crate) fn check(self, content_md5: Option<&str>) -> S3Result<()> {
        let Some(claim) = content_md5 else { return Ok(()) };
        match base64::decode(claim) {
            Ok(digest) if digest.len() != self.0.len() => {
                Err(s3_error!(InvalidDigest, "The Content-MD5 you specified was invalid."))
            }
            Ok(digest) if digest == self.0 => Ok(()),
            Ok(_) => Err(s3_error!(
                BadDigest,
                "The Content-MD5 you specified did not match what we received."
            )),
            Err(source) => {
                Err(s3_error!(source, InvalidDigest, "The Content-MD5 you specified was invalid."))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Checksum, ChecksumAlgorithm, Md5Sum};

    #[test]
    fn check_values_of_the_algorithms() {
        // The catalogued check value of each algorithm: its digest of the nine ASCII digits, in base64.
        let cases = [
            (ChecksumAlgorithm::Crc32, "y/Q5Jg=="),
            (ChecksumAlgorithm::Crc32c, "4waSgw=="),
            (ChecksumAlgorithm::Crc64Nvme, "rosUhgp5mIg="),
            (ChecksumAlgorithm::Sha1, "98O8HYCOBHMq32eZZczDTKeuNEE="),
            (ChecksumAlgorithm::Sha256, "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
        ];
        for (algorithm, expected) in cases {
            assert_eq!(Checksum::of(algorithm, b"123456789").value, expected, "{algorithm:?}");
        }
    }

    #[test]
    fn a_composite_checksum_says_how_many_parts() {
        let parts: [&[u8]; 2] = [b"12345", b"6789"];
        let composite = Checksum::of_parts(ChecksumAlgorithm::Crc32, parts.into_iter());
        assert!(composite.is_composite);
        assert!(composite.value.ends_with("-2"), "{}", composite.value);
    }

    #[test]
    fn etags() {
        assert_eq!(Md5Sum::of(b"").etag(), "d41d8cd98f00b204e9800998ecf8427e");
        let parts = [Md5Sum::of(b"a"), Md5Sum::of(b"b")];
        // md5(unhex(md5("a")) + unhex(md5("b")))
        assert_eq!(Md5Sum::multipart_etag(&parts), "96e024ba2074fe77e8e965ba43a704be-2");
    }
}
