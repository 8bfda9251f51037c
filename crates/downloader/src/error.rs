//! What can go wrong between a bucket and a file: one error, its kinds and its context.

use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Serialize;

/// A result whose error is this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error with its own chain of sources.
pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// What an [`Error`] means to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The credentials in use may not do this. On a single object S3 answers the same when the object is missing and
    /// `s3:ListBucket` is not granted.
    AccessDenied,
    /// The object is in an archive tier and has to be restored before it can be read.
    Archived,
    /// The access key is unknown or the secret key does not belong to it.
    BadCredentials,
    /// There is no bucket (or local directory) of that name.
    BucketNotFound,
    /// The object was replaced after it had been listed.
    Changed,
    /// The clocks of this machine and of the server are too far apart for a signature to be valid.
    ClockSkew,
    /// Two objects, or an object and a directory, would meet on one local path.
    Collision,
    /// The bytes that arrived do not have the checksum that the object carries.
    Corrupt,
    /// The overall deadline passed before the work was done.
    DeadlineExceeded,
    /// The disk, or the quota on it, is full.
    DiskFull,
    /// The session token has expired.
    ExpiredCredentials,
    /// An option, an address or a pattern is not valid.
    Invalid,
    /// A local file or directory could not be read or written.
    Io,
    /// There is no object under that key.
    KeyNotFound,
    /// No credentials were found in the environment, in the profile, or anywhere else in the chain.
    NoCredentials,
    /// The server failed inside (5xx).
    ServerFailure,
    /// Too few bytes arrived for too long.
    Stalled,
    /// The server asks for fewer requests.
    Throttled,
    /// The body ended before its announced length.
    Truncated,
    /// The server answered something that the protocol does not allow here.
    UnexpectedReply,
    /// The pipeline exists, but there is no such execution.
    UnknownExecution,
    /// The step exists in the execution, but it has no such output.
    UnknownOutput,
    /// No key of the layout belongs to that pipeline.
    UnknownPipeline,
    /// The execution has no such step.
    UnknownStep,
    /// The server cannot be reached, or the connection broke.
    Unreachable,
    /// The key cannot become a file below its directory.
    UnsafeKey,
    /// The bucket is in another region.
    WrongRegion,
}

impl ErrorKind {
    /// Returns whether the same request may well succeed if it is only repeated.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::ServerFailure
                | Self::Stalled
                | Self::Throttled
                | Self::Truncated
                | Self::Unreachable
        )
    }

    fn words(self) -> &'static str {
        match self {
            Self::AccessDenied => "access denied",
            Self::Archived => "object is archived",
            Self::BadCredentials => "credentials were refused",
            Self::BucketNotFound => "bucket not found",
            Self::Changed => "object was replaced while it was being fetched",
            Self::ClockSkew => "the clock of this machine is too far from the server's",
            Self::Collision => "objects collide on the local file system",
            Self::Corrupt => "checksum mismatch",
            Self::DeadlineExceeded => "deadline exceeded",
            Self::DiskFull => "disk is full",
            Self::ExpiredCredentials => "session token has expired",
            Self::Invalid => "invalid request",
            Self::Io => "local file error",
            Self::KeyNotFound => "object not found",
            Self::NoCredentials => "no credentials found",
            Self::ServerFailure => "the server failed",
            Self::Stalled => "the transfer stands still",
            Self::Throttled => "the server asks to slow down",
            Self::Truncated => "body ended early",
            Self::UnexpectedReply => "unexpected reply",
            Self::UnknownExecution => "no such execution",
            Self::UnknownOutput => "no such output",
            Self::UnknownPipeline => "no such pipeline",
            Self::UnknownStep => "no such step",
            Self::Unreachable => "server cannot be reached",
            Self::UnsafeKey => "key cannot become a local file",
            Self::WrongRegion => "bucket is in another region",
        }
    }

    fn advice(self) -> Option<&'static str> {
        Some(match self {
            Self::Archived => "restore it first",
            Self::BadCredentials => "check the access key, the secret key and the profile",
            Self::BucketNotFound => "check its name, the profile and the endpoint",
            Self::Changed => "list again and repeat",
            Self::ClockSkew => "set the clock of this machine",
            Self::DiskFull => "free some space or choose another destination",
            Self::ExpiredCredentials => "log in again",
            Self::NoCredentials => "set a profile or the usual environment variables, or log in",
            Self::Unreachable => "check the endpoint and the network",
            _ => return None,
        })
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.words())
    }
}

/// Why objects could not be found or landed: a [kind](Error::kind), what it was about, and the cause.
///
/// The text is one fragment that names the bucket, the key or the path and says what to do. The cause is not repeated
/// in it: walk [`source`](StdError::source) for that.
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    bucket: Option<String>,
    key: Option<String>,
    path: Option<PathBuf>,
    attempts: u32,
    is_budget_spent: bool,
    reason: Option<String>,
    permission: Option<&'static str>,
    encryption_key: Option<String>,
    region: Option<String>,
    retry_after: Option<Duration>,
    server_time: Option<SystemTime>,
    place: Option<String>,
    known: Vec<String>,
    nearest: Option<String>,
    source: Option<BoxError>,
}

impl Error {
    /// Returns an error of `kind`; the `with_` methods say what it is about. Sources of one's own need this.
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            bucket: None,
            key: None,
            path: None,
            attempts: 0,
            is_budget_spent: false,
            reason: None,
            permission: None,
            encryption_key: None,
            region: None,
            retry_after: None,
            server_time: None,
            place: None,
            known: Vec::new(),
            nearest: None,
            source: None,
        }))
    }

    /// Names the bucket.
    #[must_use]
    pub fn with_bucket(mut self, bucket: impl Into<String>) -> Self {
        self.0.bucket = Some(bucket.into());
        self
    }

    /// Names the key, or the prefix that was being listed.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.0.key = Some(key.into());
        self
    }

    /// Names the local path.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.0.path = Some(path.into());
        self
    }

    /// Adds one lowercase fragment that says what exactly is wrong.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.0.reason = Some(reason.into());
        self
    }

    /// Names the permission that was missing, such as `s3:GetObject`.
    #[must_use]
    pub fn with_permission(mut self, permission: &'static str) -> Self {
        self.0.permission = Some(permission);
        self
    }

    /// Names the encryption key that may not be used.
    #[must_use]
    pub fn with_encryption_key(mut self, arn: impl Into<String>) -> Self {
        self.0.encryption_key = Some(arn.into());
        self
    }

    /// Names the region the bucket is really in.
    #[must_use]
    pub fn with_region(mut self, region: impl Into<String>) -> Self {
        self.0.region = Some(region.into());
        self
    }

    /// Says how long the server asks to wait.
    #[must_use]
    pub fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.0.retry_after = Some(retry_after);
        self
    }

    /// Attaches the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Says what time the server has.
    pub(crate) fn with_server_time(mut self, server_time: Option<SystemTime>) -> Self {
        self.0.server_time = server_time;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Says that no repetitions are left, for this request or for any other.
    pub(crate) fn with_budget_spent(mut self) -> Self {
        self.0.is_budget_spent = true;
        self
    }

    /// An error about `name`, which is not among the `known` names.
    pub(crate) fn unknown(kind: ErrorKind, name: &str, known: Vec<String>) -> Self {
        let mut error = Self::new(kind).with_reason(format!("{name:?}"));
        error.0.nearest = nearest(name, &known);
        error.0.known = known;
        error
    }

    /// An error about a key of which a listing tells two contents.
    pub(crate) fn listed_twice(key: &str) -> Self {
        let reason = "it is listed twice, with different contents";
        Self::new(ErrorKind::Changed).with_key(key).with_reason(reason)
    }

    /// Says in what the unknown name was looked for.
    pub(crate) fn with_place(mut self, place: String) -> Self {
        self.0.place = Some(place);
        self
    }

    /// An I/O error at `path`; a full disk or quota becomes [`ErrorKind::DiskFull`].
    pub(crate) fn io(path: impl Into<PathBuf>, source: impl Into<std::io::Error>) -> Self {
        let source = source.into();
        let kind = match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                ErrorKind::DiskFull
            }
            _ => ErrorKind::Io,
        };
        Self::new(kind).with_path(path).with_source(source)
    }

    /// Returns what the error means.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the bucket that was asked.
    pub fn bucket(&self) -> Option<&str> {
        self.0.bucket.as_deref()
    }

    /// Returns the key, or the prefix that was being listed.
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// Returns the local path.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// Returns how many requests were made before giving up; 0 where no request was made.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the permission that was missing, such as `s3:GetObject`.
    pub fn permission(&self) -> Option<&str> {
        self.0.permission
    }

    /// Returns the ARN of the encryption key that may not be used, where the server told.
    pub fn encryption_key(&self) -> Option<&str> {
        self.0.encryption_key.as_deref()
    }

    /// Returns the region the bucket is really in, where the server told.
    pub fn region(&self) -> Option<&str> {
        self.0.region.as_deref()
    }

    /// Returns how long the server asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns what time the server had when it refused this machine's.
    pub(crate) fn server_time(&self) -> Option<SystemTime> {
        self.0.server_time
    }

    /// Returns the names that do exist, in order, when the one asked for does not.
    pub fn known(&self) -> &[String] {
        &self.0.known
    }

    /// Returns the existing name that is spelt most like the one asked for.
    pub fn nearest(&self) -> Option<&str> {
        self.0.nearest.as_deref()
    }

    /// Returns whether repeating the request may help.
    pub fn is_transient(&self) -> bool {
        self.kind().is_transient()
    }

    fn write_known(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 12;
        if let Some(nearest) = &self.0.nearest {
            write!(formatter, "; did you mean {nearest:?}?")?;
        }
        if !self.0.known.is_empty() {
            let shown: Vec<&str> = self.0.known.iter().take(SHOWN).map(String::as_str).collect();
            write!(formatter, "; there is: {}", shown.join(", "))?;
            if self.0.known.len() > SHOWN {
                write!(formatter, " and {} more", self.0.known.len() - SHOWN)?;
            }
        }
        Ok(())
    }

    fn write_access_denied(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.permission {
            Some("s3:GetObject") => formatter.write_str(
                "; either s3:GetObject is not granted or the object does not exist: only with s3:ListBucket does the \
                 server tell these apart",
            ),
            Some(permission) => {
                write!(formatter, "; {permission} is not granted")?;
                self.0.encryption_key.iter().try_for_each(|key| write!(formatter, " on {key}"))
            }
            None => Ok(()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind, bucket, key, path, attempts, is_budget_spent, reason, region, place, ..
        } = &*self.0;
        formatter.write_str(kind.words())?;
        match (bucket, key) {
            (Some(bucket), Some(key)) if bucket.contains("://") => {
                write!(formatter, ": {bucket}/{key}")?;
            }
            (Some(bucket), Some(key)) => write!(formatter, ": s3://{bucket}/{key}")?,
            (Some(bucket), None) => write!(formatter, ": {bucket}")?,
            (None, Some(key)) => write!(formatter, ": {key:?}")?,
            (None, None) => {}
        }
        if let Some(path) = path {
            write!(formatter, ": {}", path.display())?;
        }
        if let Some(reason) = reason {
            write!(formatter, ": {reason}")?;
        }
        if let Some(place) = place {
            write!(formatter, " in {place}")?;
        }
        self.write_known(formatter)?;
        if *kind == ErrorKind::AccessDenied {
            self.write_access_denied(formatter)?;
        }
        if let Some(region) = region {
            write!(formatter, "; use region {region}")?;
        }
        if let Some(advice) = kind.advice() {
            write!(formatter, "; {advice}")?;
        }
        if *attempts > 1 {
            write!(formatter, " (after {attempts} attempts)")?;
        }
        if *is_budget_spent {
            formatter.write_str("; no more repetitions are left")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// Returns the candidate spelt most like `name`, if any is near enough to be a slip of the hand.
fn nearest(name: &str, candidates: &[String]) -> Option<String> {
    let wanted = name.to_lowercase();
    candidates
        .iter()
        .map(|candidate| {
            (strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase()), candidate)
        })
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().div_ceil(3))
        .min()
        .map(|(_, candidate)| candidate.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h13_a_denied_object_may_also_be_a_missing_one() {
        let error = Error::new(ErrorKind::AccessDenied)
            .with_bucket("prod")
            .with_key("a/b.csv")
            .with_permission("s3:GetObject");
        let text = error.to_string();
        assert!(text.contains("s3://prod/a/b.csv"), "{text}");
        assert!(
            text.contains("s3:GetObject is not granted or the object does not exist"),
            "{text}"
        );
        assert!(text.contains("s3:ListBucket"), "{text}");
    }

    #[test]
    fn an_unknown_name_comes_with_the_nearest_and_the_existing_ones() {
        let known = vec!["clean".to_owned(), "delays".to_owned(), "ingest".to_owned()];
        let error = Error::unknown(ErrorKind::UnknownStep, "claen", known);
        assert_eq!(error.nearest(), Some("clean"));
        assert_eq!(
            error.to_string(),
            "no such step: \"claen\"; did you mean \"clean\"?; there is: clean, delays, ingest"
        );
    }

    #[test]
    fn a_name_that_resembles_nothing_gets_no_suggestion() {
        let error = Error::unknown(ErrorKind::UnknownStep, "zzzz", vec!["ingest".to_owned()]);
        assert_eq!(error.nearest(), None);
    }

    #[test]
    fn the_text_never_repeats_its_source() {
        let source =
            std::io::Error::new(std::io::ErrorKind::StorageFull, "no space left on device");
        let error = Error::io("/data/x", source);
        assert_eq!(error.kind(), ErrorKind::DiskFull);
        assert!(!error.to_string().contains("no space left"), "{error}");
        assert_eq!(
            error.source().map(ToString::to_string).as_deref(),
            Some("no space left on device")
        );
    }
}
