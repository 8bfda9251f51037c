//! `S3Uri`: a bucket and a key, or a bucket alone.

use std::fmt;

use crate::error::{Error, Malformed};
use crate::name::Fault;

const SCHEME: &str = "s3://";

/// The most bytes a key may have on S3.
const LONGEST_KEY: usize = 1024;

/// The place of an object, or of everything below a prefix, on S3.
///
/// The key is the text after the bucket and one `/`, byte for byte: nothing is decoded, trimmed or
/// normalised, so `s3://b/a%20b`, `s3://b//a` and `s3://b/a/` are three keys of their own. The key may
/// be empty: `s3://bucket` and `s3://bucket/` are both the whole bucket, written `s3://bucket/`.
///
/// ```
/// use reenact_registry::S3Uri;
///
/// let uri = S3Uri::parse("s3://flights/pipelines/flights/2013-01")?;
/// assert_eq!((uri.bucket(), uri.key()), ("flights", "pipelines/flights/2013-01"));
/// assert_eq!(uri.join("clean/output")?.to_string(), "s3://flights/pipelines/flights/2013-01/clean/output");
/// assert!(S3Uri::parse("s3://No_Bucket/key").is_err());
/// # Ok::<(), reenact_registry::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct S3Uri {
    /// `bucket/key`.
    text: Box<str>,
    bucket_length: usize,
}

impl S3Uri {
    /// Reads `s3://bucket/key`.
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ErrorKind::Malformed): another scheme, a bucket name that S3 would refuse, or a
    /// key longer than 1,024 bytes.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let malformed = |(position, reason): Fault| Malformed {
            what: "S3 URI",
            text: text.to_owned(),
            position,
            reason,
        };
        let Some(rest) = text.strip_prefix(SCHEME) else {
            return Err(malformed((0, "it must start with `s3://`")).into());
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        match fault(bucket, key) {
            Some((at, reason)) => Err(malformed((SCHEME.len() + at, reason)).into()),
            None => Ok(Self::assemble(bucket, key)),
        }
    }

    /// Puts a bucket and a key together; the key may be empty.
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ErrorKind::Malformed), as [`parse`](Self::parse).
    pub fn new(bucket: &str, key: &str) -> Result<Self, Error> {
        match fault(bucket, key) {
            Some((at, reason)) => Err(Malformed {
                what: "S3 URI",
                text: format!("{SCHEME}{bucket}/{key}"),
                position: SCHEME.len() + at,
                reason,
            }
            .into()),
            None => Ok(Self::assemble(bucket, key)),
        }
    }

    fn assemble(bucket: &str, key: &str) -> Self {
        let mut text = String::with_capacity(bucket.len() + 1 + key.len());
        text.push_str(bucket);
        text.push('/');
        text.push_str(key);
        Self { text: text.into_boxed_str(), bucket_length: bucket.len() }
    }

    /// Returns the name of the bucket.
    pub fn bucket(&self) -> &str {
        &self.text[..self.bucket_length]
    }

    /// Returns the key, without a leading `/` of its own unless the key has one; empty for the whole bucket.
    pub fn key(&self) -> &str {
        &self.text[self.bucket_length + 1..]
    }

    /// Returns the place `relative` below this one, with exactly one `/` between them where this key is neither
    /// empty nor already ends in one.
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ErrorKind::Malformed), if the key gets too long.
    pub fn join(&self, relative: &str) -> Result<Self, Error> {
        let separator = if self.key().is_empty() || self.key().ends_with('/') { "" } else { "/" };
        Self::new(self.bucket(), &[self.key(), separator, relative].concat())
    }
}

fn fault(bucket: &str, key: &str) -> Option<Fault> {
    bucket_fault(bucket).or_else(|| {
        (key.len() > LONGEST_KEY).then(|| {
            (
                bucket.len() + 1 + key.floor_char_boundary(LONGEST_KEY),
                "a key cannot exceed 1024 bytes",
            )
        })
    })
}

fn bucket_fault(bucket: &str) -> Option<Fault> {
    let allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '.' | '-');
    if let Some((at, _)) = bucket.char_indices().find(|(_, c)| !allowed(*c)) {
        return Some((at, "a bucket name holds lower-case letters, digits, `.` and `-` only"));
    }
    if !(3..=63).contains(&bucket.len()) {
        return Some((bucket.len().min(63), "a bucket name has 3 to 63 characters"));
    }
    if bucket.starts_with(['.', '-']) {
        return Some((0, "a bucket name starts with a letter or digit"));
    }
    if bucket.ends_with(['.', '-']) {
        return Some((bucket.len() - 1, "a bucket name ends with a letter or digit"));
    }
    if let Some(at) = bucket.find("..") {
        return Some((at, "a bucket name cannot hold two dots in a row"));
    }
    bucket
        .parse::<std::net::Ipv4Addr>()
        .is_ok()
        .then_some((0, "a bucket name cannot be an IP address"))
}

crate::text::text_traits!(S3Uri);

impl fmt::Display for S3Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_kept_byte_for_byte() {
        for (text, key) in [
            ("s3://abc/a%20b", "a%20b"),
            ("s3://abc//a", "/a"),
            ("s3://abc/a/", "a/"),
            ("s3://abc/../x", "../x"),
            ("s3://abc/a b?c#d", "a b?c#d"),
        ] {
            let uri = S3Uri::parse(text).unwrap();
            assert_eq!(uri.key(), key);
            assert_eq!(uri.to_string(), text);
        }
        assert_eq!(S3Uri::parse("s3://abc").unwrap(), S3Uri::parse("s3://abc/").unwrap());
    }

    #[test]
    fn what_is_no_s3_uri_is_refused_with_its_position() {
        let long = format!("s3://abc/{}", "k".repeat(1025));
        for (text, position) in [
            ("", 0),
            ("not a uri", 0),
            ("S3://abc/k", 0),
            ("s3a://abc/k", 0),
            ("https://abc/k", 0),
            ("s3://", 5),
            ("s3:///key", 5),
            ("s3://ab/k", 7),
            ("s3://Abc/k", 5),
            ("s3://a_c/k", 6),
            ("s3:// abc/k", 5),
            ("s3://-abc/k", 5),
            ("s3://abc./k", 8),
            ("s3://a..b/k", 6),
            ("s3://10.0.0.1/k", 5),
            ("s3://arn:aws:s3:::x/k", 8),
            (long.as_str(), 9 + 1024),
        ] {
            assert_eq!(S3Uri::parse(text).unwrap_err().position(), Some(position), "{text}");
        }
    }

    #[test]
    fn joining_puts_one_slash_between() {
        for (base, joined) in [
            ("s3://abc", "s3://abc/x"),
            ("s3://abc/a", "s3://abc/a/x"),
            ("s3://abc/a/", "s3://abc/a/x"),
        ] {
            assert_eq!(S3Uri::parse(base).unwrap().join("x").unwrap().to_string(), joined);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bucket in "[a-z][a-z0-9-]{1,60}[a-z0-9]", key in any::<String>()) {
            prop_assume!(key.len() <= LONGEST_KEY);
            let uri = S3Uri::new(&bucket, &key).unwrap();
            prop_assert_eq!(uri.bucket(), &bucket);
            prop_assert_eq!(uri.key(), &key);
            prop_assert_eq!(&S3Uri::parse(&uri.to_string()).unwrap(), &uri);
            let json = serde_json::to_string(&uri).unwrap();
            prop_assert_eq!(serde_json::from_str::<S3Uri>(&json).unwrap(), uri);
        }

        #[test]
        fn whatever_parses_is_written_back_as_it_was(text in "s3://[a-z0-9./A-Z_-]{0,80}") {
            if let Ok(uri) = S3Uri::parse(&text) {
                let slash = if text["s3://".len()..].contains('/') { "" } else { "/" };
                prop_assert_eq!(uri.to_string(), format!("{text}{slash}"));
            }
        }
    }
}
