//! What an error means to the caller, in a word and in a few.

use std::fmt;

use serde::Serialize;

/// What an [`Error`](super::Error) means to the caller.
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
    /// This process, or this machine, may not have more files and connections open.
    TooManyOpenFiles,
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

    pub(super) fn words(self) -> &'static str {
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
            Self::TooManyOpenFiles => "no more files can be opened",
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

    /// Says what to do, of a bucket on S3 or of a directory that mirrors one.
    pub(super) fn advice(self, is_local: bool) -> Option<&'static str> {
        Some(match self {
            Self::Archived => "restore it first",
            Self::BadCredentials => "check the access key, the secret key and the profile",
            Self::BucketNotFound if is_local => "name a directory that mirrors a bucket",
            Self::BucketNotFound => "check its name, the profile and the endpoint",
            Self::Changed => "list again and repeat",
            Self::ClockSkew => "set the clock of this machine",
            Self::DiskFull => "free some space or choose another destination",
            Self::ExpiredCredentials => "log in again",
            Self::NoCredentials => "set a profile or the usual environment variables, or log in",
            Self::TooManyOpenFiles => {
                "fetch fewer objects at once, or allow more open files (`ulimit -n`)"
            }
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
