//! One error: its kind, what it was about, and its cause.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::io::Errno;

use super::ErrorKind;

/// A result whose error is this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error with its own chain of sources.
type BoxError = Box<dyn StdError + Send + Sync>;

/// Why objects could not be found or landed: a [kind](Error::kind), what it was about, and the cause.
///
/// The text is one fragment that names the bucket, the key or the path and says what to do. The cause is not repeated
/// in it: walk [`source`](StdError::source) for that.
pub struct Error(pub(super) Box<Inner>);

/// What is known of an error.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) kind: ErrorKind,
    pub(super) bucket: Option<String>,
    pub(super) key: Option<String>,
    pub(super) path: Option<PathBuf>,
    pub(super) attempts: u32,
    pub(super) is_budget_spent: bool,
    pub(super) reason: Option<String>,
    pub(super) permission: Option<&'static str>,
    pub(super) encryption_key: Option<String>,
    pub(super) region: Option<String>,
    pub(super) retry_after: Option<Duration>,
    pub(super) server_time: Option<SystemTime>,
    pub(super) place: Option<String>,
    pub(super) known: Vec<String>,
    pub(super) nearest: Option<String>,
    pub(super) source: Option<BoxError>,
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

    /// An I/O error at `path`. That of a full disk or quota, or of a process that may not open more files, has a kind of its own.
    pub(crate) fn io(path: impl Into<PathBuf>, source: impl Into<io::Error>) -> Self {
        let source = source.into();
        let kind = match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::DiskFull,
            _ if is_of_too_many_files(&source) => ErrorKind::TooManyOpenFiles,
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

/// Returns whether an error, or one it came from, is that no more files can be opened.
pub(crate) fn is_of_too_many_files(error: &(dyn StdError + 'static)) -> bool {
    let io = error.downcast_ref::<io::Error>();
    let code = io.and_then(io::Error::raw_os_error);
    let is_full = |full: &Errno| code == Some(full.raw_os_error());
    [Errno::MFILE, Errno::NFILE].iter().any(is_full)
        // An I/O error tells as its source that of the error in it, and not that error itself.
        || io.and_then(io::Error::get_ref).is_some_and(|within| is_of_too_many_files(within))
        || error.source().is_some_and(is_of_too_many_files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_resembles_nothing_gets_no_suggestion() {
        let error = Error::unknown(ErrorKind::UnknownStep, "zzzz", vec!["ingest".to_owned()]);
        assert_eq!(error.nearest(), None);
    }

    #[test]
    fn h20_files_that_cannot_be_opened_are_told_from_other_failures() {
        let source = io::Error::from(Errno::MFILE);
        assert_eq!(Error::io("/data/x", source).kind(), ErrorKind::TooManyOpenFiles);
        let within = io::Error::other(io::Error::from(Errno::NFILE));
        assert!(is_of_too_many_files(&within));
        assert!(!is_of_too_many_files(&io::Error::from(Errno::ACCESS)));
    }
}
