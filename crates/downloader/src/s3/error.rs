//! What the SDK's errors mean.

use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::{ByteStreamError, DateTime, DateTimeFormat};

use crate::error::{Error, ErrorKind};

/// What was asked for when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    List,
    Head,
    Get,
}

impl Operation {
    fn permission(self) -> &'static str {
        match self {
            Self::List => "s3:ListBucket",
            Self::Head | Self::Get => "s3:GetObject",
        }
    }
}

/// What S3 said when it refused.
#[derive(Debug)]
struct Refusal {
    status: u16,
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the server answered {}", self.status)?;
        for part in [&self.code, &self.message].into_iter().flatten() {
            write!(formatter, ": {part}")?;
        }
        match &self.request_id {
            Some(id) => write!(formatter, " (request {id})"),
            None => Ok(()),
        }
    }
}

impl StdError for Refusal {}

/// Says what a failed request means.
pub(super) fn translate<E>(
    operation: Operation,
    client: &Client,
    error: SdkError<E, HttpResponse>,
) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    match error {
        SdkError::ServiceError(context) => {
            let (error, response) = (context.err().meta(), context.raw());
            let refusal = Refusal {
                status: response.status().as_u16(),
                code: error.code().map(ToOwned::to_owned),
                message: error.message().map(ToOwned::to_owned),
                request_id: header(response, "x-amz-request-id").map(ToOwned::to_owned),
            };
            refused(operation, client, refusal, response)
        }
        other => {
            let kind = match &other {
                error if lacks_credentials(error) => ErrorKind::NoCredentials,
                SdkError::DispatchFailure(failure) if failure.is_user() => ErrorKind::Invalid,
                // The answer broke off, or is no answer that S3 could give.
                SdkError::ResponseError(_) => ErrorKind::Truncated,
                SdkError::ConstructionFailure(_) => ErrorKind::Invalid,
                _ => ErrorKind::Unreachable,
            };
            let error = Error::new(kind);
            match other.into_source() {
                Ok(source) => error.with_source(source),
                Err(opaque) => error.with_source(opaque),
            }
        }
    }
}

/// Says what a body that broke means.
pub(super) fn translate_body(error: ByteStreamError) -> Error {
    Error::new(ErrorKind::Truncated).with_source(error)
}

fn refused(
    operation: Operation,
    client: &Client,
    refusal: Refusal,
    response: &HttpResponse,
) -> Error {
    let region = header(response, "x-amz-bucket-region");
    let elsewhere = region.is_some() && region != client.config().region().map(AsRef::as_ref);
    let kind = match (refusal.status, refusal.code.as_deref()) {
        // All that the answer to a HEAD says about a signature for the wrong region.
        (400, None) if elsewhere => ErrorKind::WrongRegion,
        (status, code) => meaning(operation, status, code),
    };
    let mut error = Error::new(kind);
    if kind == ErrorKind::AccessDenied {
        let message = refusal.message.as_deref().unwrap_or_default().to_lowercase();
        let needs_key = message.contains("kms");
        error =
            error.with_permission(if needs_key { "kms:Decrypt" } else { operation.permission() });
    }
    if let (ErrorKind::WrongRegion, Some(region)) = (kind, header(response, "x-amz-bucket-region"))
    {
        error = error.with_region(region);
    }
    if let Some(delay) = header(response, "retry-after").and_then(parse_retry_after) {
        error = error.with_retry_after(delay);
    }
    error.with_source(refusal)
}

/// Says what a refusal means, by its code, or by its status where there is none, as in answers to HEAD.
fn meaning(operation: Operation, status: u16, code: Option<&str>) -> ErrorKind {
    match code.unwrap_or_default() {
        "NoSuchBucket" => ErrorKind::BucketNotFound,
        "NoSuchKey" | "NoSuchVersion" => ErrorKind::KeyNotFound,
        "AccessDenied" | "AllAccessDisabled" | "AccountProblem" | "InvalidPayer" => {
            ErrorKind::AccessDenied
        }
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken" | "InvalidSecurity" => {
            ErrorKind::BadCredentials
        }
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => {
            ErrorKind::ExpiredCredentials
        }
        "RequestTimeTooSkewed" => ErrorKind::ClockSkew,
        "PermanentRedirect" | "TemporaryRedirect" | "Redirect" | "AuthorizationHeaderMalformed" => {
            ErrorKind::WrongRegion
        }
        "SlowDown"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequests"
        | "RequestLimitExceeded" => ErrorKind::Throttled,
        "PreconditionFailed" => ErrorKind::Changed,
        "InvalidObjectState" => ErrorKind::Archived,
        "InvalidRange" | "InvalidBucketName" | "KeyTooLongError" | "InvalidArgument" => {
            ErrorKind::Invalid
        }
        "InternalError" => ErrorKind::ServerFailure,
        "RequestTimeout" => ErrorKind::Unreachable,
        _ => match status {
            301 | 302 | 307 => ErrorKind::WrongRegion,
            401 => ErrorKind::BadCredentials,
            403 => ErrorKind::AccessDenied,
            404 if operation == Operation::List => ErrorKind::BucketNotFound,
            404 => ErrorKind::KeyNotFound,
            412 => ErrorKind::Changed,
            416 => ErrorKind::Invalid,
            408 => ErrorKind::Unreachable,
            429 | 503 => ErrorKind::Throttled,
            500..=599 => ErrorKind::ServerFailure,
            _ => ErrorKind::UnexpectedReply,
        },
    }
}

fn lacks_credentials(error: &(dyn StdError + 'static)) -> bool {
    error.is::<CredentialsError>() || error.source().is_some_and(lacks_credentials)
}

fn header<'a>(response: &'a HttpResponse, name: &'static str) -> Option<&'a str> {
    response.headers().get(name)
}

/// Reads the two forms of the header: seconds, or a date.
fn parse_retry_after(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::from_str(value, DateTimeFormat::HttpDate).ok()?;
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(date.secs()).ok()?);
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}
