//! `Location`: on S3, or on this machine.

use std::fmt;
use std::path::PathBuf;

use crate::error::{Error, Malformed};
use crate::uri::S3Uri;

const FILE: &str = "file://";

/// Where an output is.
///
/// In writing it is `s3://bucket/key` or `file:///absolute/path`, the path as it is, nothing escaped.
///
/// ```
/// use reenact_registry::Location;
///
/// let here = Location::parse("file:///data/my flights/clean")?;
/// assert_eq!(here, Location::Local("/data/my flights/clean".into()));
/// assert!(Location::parse("data/clean").is_err());
/// # Ok::<(), reenact_registry::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "data is there or here; callers must say what they do for each"
)]
pub enum Location {
    /// An object, or everything below a prefix, on S3.
    S3(S3Uri),
    /// A file or directory on this machine; absolute.
    Local(PathBuf),
}

impl Location {
    /// Reads `s3://bucket/key` or `file:///absolute/path`.
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ErrorKind::Malformed), with the position.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.starts_with("s3:") {
            return S3Uri::parse(text).map(Self::S3);
        }
        let malformed = |position, reason| Malformed {
            what: "location",
            text: text.to_owned(),
            position,
            reason,
        };
        let Some(path) = text.strip_prefix(FILE) else {
            return Err(malformed(0, "it must start with `s3://` or `file:///`").into());
        };
        if !path.starts_with('/') {
            return Err(malformed(FILE.len(), "a local path must be absolute: `file:///`").into());
        }
        match path.find('\0') {
            Some(at) => Err(malformed(FILE.len() + at, "a path cannot hold a NUL").into()),
            None => Ok(Self::Local(PathBuf::from(path))),
        }
    }

    /// Returns the place on S3, if it is there.
    pub fn as_s3(&self) -> Option<&S3Uri> {
        match self {
            Self::S3(uri) => Some(uri),
            Self::Local(_) => None,
        }
    }
}

impl From<S3Uri> for Location {
    fn from(uri: S3Uri) -> Self {
        Self::S3(uri)
    }
}

crate::text::text_traits!(Location);

/// A path that is not UTF-8 is shown with replacement characters.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S3(uri) => uri.fmt(f),
            Self::Local(path) => write!(f, "{FILE}{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_places_are_written_back_as_they_were() {
        for text in ["s3://abc/k", "file:///", "file:///a b/%20#?"] {
            assert_eq!(Location::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for (text, position) in [
            ("", 0),
            ("/data", 0),
            ("not a uri", 0),
            ("file://host/data", 7),
            ("file:///a\0", 9),
            ("s3:/abc", 0),
        ] {
            assert_eq!(Location::parse(text).unwrap_err().position(), Some(position), "{text}");
        }
    }
}
