//! The digests that objects carry, and computing them while bytes pass by or part by part.

use std::fmt;
use std::num::NonZeroU32;

use crc_fast::{CrcAlgorithm, Digest as Crc};
use md5::Md5;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// How a [`Checksum`] is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Algorithm {
    /// CRC-32, as in zip and gzip.
    Crc32,
    /// CRC-32C (Castagnoli).
    Crc32c,
    /// CRC-64/NVME, what S3 computes by itself when an uploader sends nothing.
    Crc64Nvme,
    /// MD5, known only through an ETag that is one.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Algorithm {
    /// Returns whether checksums of parts can be joined into the checksum of the whole.
    pub(crate) fn combines(self) -> bool {
        self.crc().is_some()
    }

    /// Returns how many bytes a checksum has.
    pub(crate) fn width(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Md5 | Self::Sha1 | Self::Sha256 => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        })
    }
}

/// A digest of the content of an object.
///
/// It is a digest of the whole content or, for what was uploaded in parts, often a composite one: the digest of the digests
/// of the parts. A composite checksum can be compared with the content only by those who know where the parts end.
///
/// ```
/// use reenact_downloader::{Algorithm, Checksum};
///
/// let whole = Checksum::of(Algorithm::Crc32, b"123456789");
/// assert_eq!(whole.to_string(), "CRC32:cbf43926");
///
/// let parts = [Checksum::of(Algorithm::Crc32, b"12345"), Checksum::of(Algorithm::Crc32, b"6789")];
/// let composite = Checksum::of_parts(Algorithm::Crc32, &parts).ok_or("no parts")?;
/// assert_eq!(composite.parts().map(|parts| parts.get()), Some(2));
/// assert_ne!(composite, whole);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Checksum {
    algorithm: Algorithm,
    digest: Vec<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parts: Option<NonZeroU32>,
}

impl Checksum {
    /// Returns the checksum of a whole content, or nothing if `digest` does not have the length that `algorithm` produces.
    pub fn new(algorithm: Algorithm, digest: impl Into<Vec<u8>>) -> Option<Self> {
        let digest = digest.into();
        (digest.len() == algorithm.width()).then_some(Self { algorithm, digest, parts: None })
    }

    /// Returns the composite checksum of a content that was uploaded in so many parts, or nothing if `digest` does not have
    /// the length that `algorithm` produces.
    pub fn composite(
        algorithm: Algorithm,
        digest: impl Into<Vec<u8>>,
        parts: NonZeroU32,
    ) -> Option<Self> {
        Some(Self { parts: Some(parts), ..Self::new(algorithm, digest)? })
    }

    /// Computes the checksum of `content`.
    #[must_use]
    pub fn of(algorithm: Algorithm, content: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(content);
        hasher.finish()
    }

    /// Computes the composite checksum from those of the parts; nothing if there are none, or more than can be counted.
    pub fn of_parts(algorithm: Algorithm, parts: &[Self]) -> Option<Self> {
        let count = NonZeroU32::new(u32::try_from(parts.len()).ok()?)?;
        let mut hasher = Hasher::new(algorithm);
        for part in parts {
            hasher.update(&part.digest);
        }
        Some(Self { parts: Some(count), ..hasher.finish() })
    }

    /// Computes the checksum of a content from that of its beginning, which is this one, and that of the `length` bytes that
    /// follow; nothing if the algorithm does not allow that.
    pub(crate) fn followed_by(&self, next: &Self, length: u64) -> Option<Self> {
        let crc = self.algorithm.crc().filter(|_| self.algorithm == next.algorithm)?;
        let joined = crc_fast::checksum_combine(crc, self.to_number(), next.to_number(), length);
        Some(Self::from_number(self.algorithm, joined))
    }

    /// A CRC as a number.
    fn to_number(&self) -> u64 {
        self.digest.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    fn from_number(algorithm: Algorithm, number: u64) -> Self {
        let bytes = number.to_be_bytes();
        let digest = bytes[bytes.len() - algorithm.width()..].to_vec();
        Self { algorithm, digest, parts: None }
    }

    /// Returns how it was computed.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns of how many parts' checksums it is the checksum; nothing if it is that of the whole content.
    pub fn parts(&self) -> Option<NonZeroU32> {
        self.parts
    }

    /// Returns the digest, in the byte order that S3 uses.
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// Returns the digest in lowercase hexadecimal.
    pub fn to_hex(&self) -> String {
        const DIGITS: [char; 16] =
            ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
        let mut hex = String::with_capacity(2 * self.digest.len());
        for byte in &self.digest {
            hex.push(DIGITS[usize::from(byte >> 4)]);
            hex.push(DIGITS[usize::from(byte & 0xf)]);
        }
        hex
    }

    /// Reads a digest in hexadecimal; nothing if it is not one.
    pub(crate) fn from_hex(algorithm: Algorithm, text: &str) -> Option<Self> {
        let digit =
            |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
        let digest = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
        Self::new(algorithm, digest.collect::<Option<Vec<u8>>>()?)
    }

    /// Reads the MD5 that an ETag is, if it has the form of one. An ETag of a multipart upload has not.
    pub(crate) fn from_md5_etag(etag: &str) -> Option<Self> {
        Self::from_hex(Algorithm::Md5, etag)
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.algorithm, self.to_hex())?;
        self.parts.map_or(Ok(()), |parts| write!(formatter, "-{parts}"))
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A checksum in the making.
pub(crate) struct Hasher {
    algorithm: Algorithm,
    state: State,
}

enum State {
    Crc(Crc),
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let state = match (algorithm.crc(), algorithm) {
            (Some(crc), _) => State::Crc(Crc::new(crc)),
            (None, Algorithm::Sha1) => State::Sha1(Sha1::new()),
            (None, Algorithm::Sha256) => State::Sha256(Sha256::new()),
            (None, _) => State::Md5(Md5::new()),
        };
        Self { algorithm, state }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Crc(crc) => crc.update(bytes),
            State::Md5(md5) => md5.update(bytes),
            State::Sha1(sha1) => sha1.update(bytes),
            State::Sha256(sha256) => sha256.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Checksum {
        let digest = match self.state {
            State::Crc(crc) => return Checksum::from_number(self.algorithm, crc.finalize()),
            State::Md5(md5) => md5.finalize().to_vec(),
            State::Sha1(sha1) => sha1.finalize().to_vec(),
            State::Sha256(sha256) => sha256.finalize().to_vec(),
        };
        Checksum { algorithm: self.algorithm, digest, parts: None }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hasher").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the CRC catalogue (reveng) for CRCs, and of RFC 1321, RFC 3174 and FIPS 180-2 for "abc".
    #[test]
    fn digests_have_their_published_values() {
        for (algorithm, content, expected) in [
            (Algorithm::Crc32, "123456789", "cbf43926"),
            (Algorithm::Crc32c, "123456789", "e3069283"),
            (Algorithm::Crc64Nvme, "123456789", "ae8b14860a799888"),
            (Algorithm::Md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
            (Algorithm::Sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                Algorithm::Sha256,
                "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
        ] {
            assert_eq!(
                Checksum::of(algorithm, content.as_bytes()).to_hex(),
                expected,
                "{algorithm}"
            );
        }
    }

    #[test]
    fn h17_checksums_of_ranges_join_to_that_of_the_whole() {
        let content: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
            let joined = content
                .chunks(70_001)
                .map(|part| (Checksum::of(algorithm, part), part.len() as u64))
                .reduce(|(whole, length), (part, more)| {
                    (whole.followed_by(&part, more).unwrap(), length + more)
                });
            assert_eq!(joined.unwrap().0, Checksum::of(algorithm, &content), "{algorithm}");
        }
        let sha = Checksum::of(Algorithm::Sha256, b"x");
        assert_eq!(sha.followed_by(&sha, 1), None);
    }

    #[test]
    fn h17_a_composite_checksum_is_never_that_of_the_whole() {
        let parts =
            [Checksum::of(Algorithm::Crc32, b"12345"), Checksum::of(Algorithm::Crc32, b"6789")];
        let composite = Checksum::of_parts(Algorithm::Crc32, &parts).unwrap();
        let digests: Vec<u8> = parts.iter().flat_map(|part| part.digest().to_vec()).collect();
        let same_digest = Checksum::of(Algorithm::Crc32, &digests);
        assert_eq!(composite.digest(), same_digest.digest());
        assert_ne!(composite, same_digest);
        assert!(composite.to_string().ends_with("-2"), "{composite}");
        assert_eq!(Checksum::of_parts(Algorithm::Crc32, &[]), None);
    }

    #[test]
    fn h4_an_etag_that_is_no_md5_is_not_taken_for_one() {
        assert!(Checksum::from_md5_etag("900150983cd24fb0d6963f7d28e17f72").is_some());
        for etag in [
            "900150983cd24fb0d6963f7d28e17f72-3",
            "900150983cd24fb0",
            "",
            "+00150983cd24fb0d6963f7d28e17f7",
            "é",
        ] {
            assert_eq!(Checksum::from_md5_etag(etag), None, "{etag}");
        }
    }
}
