//! The address of a bucket: a name on S3, or a local directory that mirrors one.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use reenact_registry::{Location, S3Uri};

use crate::error::{Error, ErrorKind, Result};

/// Where the objects of one [`ObjectSource`](crate::ObjectSource) live.
///
/// Parses `name`, `s3://name` and `file:///directory`, and displays as `name` or `file:///directory`. The text is what
/// errors name and what a cache may use as the bucket's identity.
///
/// ```
/// use reenact_downloader::Bucket;
///
/// assert_eq!("s3://prod-data".parse::<Bucket>()?, "prod-data".parse()?);
/// assert!("file:///mnt/mirror".parse::<Bucket>()?.directory().is_some());
/// assert!("s3://prod-data/some/key".parse::<Bucket>().is_err());
/// # Ok::<(), reenact_downloader::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bucket {
    name: String,
    directory: Option<PathBuf>,
}

impl Bucket {
    /// Returns the bucket that a local directory stands for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] if the path is not absolute or not UTF-8.
    pub fn from_directory(directory: impl Into<PathBuf>) -> Result<Self> {
        // Without a final slash, so that one directory has one name.
        let directory: PathBuf = directory.into().components().collect();
        match directory.to_str() {
            Some(text) if directory.is_absolute() => {
                Ok(Self { name: format!("file://{text}"), directory: Some(directory) })
            }
            _ => Err(Error::new(ErrorKind::Invalid)
                .with_path(directory)
                .with_reason("a local bucket is an absolute path in UTF-8")),
        }
    }

    /// Returns the bucket's name, or `file:///directory`.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Returns where a key, or everything below a prefix, is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] if the bucket's name cannot be part of an S3 URI, as that of an access point.
    pub fn locate(&self, key: &str) -> Result<Location> {
        match &self.directory {
            Some(directory) => Ok(Location::Local(directory.join(key))),
            None => S3Uri::new(&self.name, key).map(Location::S3).map_err(|source| {
                Error::new(ErrorKind::Invalid)
                    .with_bucket(&self.name)
                    .with_key(key)
                    .with_source(source)
            }),
        }
    }

    /// Returns the directory, if this is a local bucket.
    pub fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }
}

impl FromStr for Bucket {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(path) = text.strip_prefix("file://") {
            return Self::from_directory(path);
        }
        let name = text.strip_prefix("s3://").unwrap_or(text).trim_end_matches('/');
        if is_bucket_name(name) {
            return Ok(Self { name: name.to_owned(), directory: None });
        }
        Err(Error::new(ErrorKind::Invalid).with_bucket(text).with_reason(
            "a bucket is given as name, s3://name or file:///directory, without a key",
        ))
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Accepts what S3 ever allowed as a bucket name, and access-point ARNs, which stand in for one.
fn is_bucket_name(name: &str) -> bool {
    if name.starts_with("arn:") {
        return name.contains(":accesspoint") && !name.contains(char::is_whitespace);
    }
    (3..=255).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|character| {
            character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d11_names_that_would_reach_elsewhere_are_refused() {
        for text in [
            "",
            "a",
            "a/b",
            "s3://",
            "s3://prod/key",
            "../prod",
            "https://prod",
            "file://relative",
            "a b c",
        ] {
            let error = text.parse::<Bucket>().expect_err(text);
            assert_eq!(error.kind(), ErrorKind::Invalid, "{text}");
        }
    }

    #[test]
    fn a_trailing_slash_and_an_access_point_are_accepted() {
        assert_eq!("s3://prod-data/".parse::<Bucket>().unwrap().as_str(), "prod-data");
        let access_point = "arn:aws:s3:eu-west-1:123456789012:accesspoint/mine";
        assert_eq!(access_point.parse::<Bucket>().unwrap().as_str(), access_point);
    }
}
