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

#[cfg(test)]
mod tests {
    use aws_sdk_s3::Config;
    use aws_sdk_s3::config::{BehaviorVersion, Region};
    use aws_sdk_s3::primitives::SdkBody;

    use super::*;

    fn client() -> Client {
        let config = Config::builder().behavior_version(BehaviorVersion::latest());
        Client::from_conf(config.region(Region::new("eu-west-1")).build())
    }

    fn answer(status: u16, headers: &[(&'static str, &'static str)]) -> HttpResponse {
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
        for (name, value) in headers {
            response.headers_mut().insert(*name, *value);
        }
        response
    }

    fn refusal(status: u16, code: Option<&str>, message: Option<&str>) -> Refusal {
        let owned = |text: Option<&str>| text.map(ToOwned::to_owned);
        Refusal { status, code: owned(code), message: owned(message), request_id: None }
    }

    #[test]
    fn h19_a_denied_key_is_told_apart_from_a_denied_object() {
        let message = "User is not authorized to perform: kms:Decrypt on the resource";
        let denied = |message| {
            let refusal = refusal(403, Some("AccessDenied"), message);
            refused(Operation::Get, &client(), refusal, &answer(403, &[]))
        };
        assert_eq!(denied(Some(message)).permission(), Some("kms:Decrypt"));
        assert_eq!(denied(Some("Access Denied")).permission(), Some("s3:GetObject"));
    }

    #[test]
    fn h11_an_answer_without_a_body_may_be_about_the_region() {
        let kind = |region| {
            let response = answer(400, &[("x-amz-bucket-region", region)]);
            refused(Operation::Head, &client(), refusal(400, None, None), &response)
        };
        assert_eq!(kind("eu-north-1").kind(), ErrorKind::WrongRegion);
        assert_eq!(kind("eu-north-1").region(), Some("eu-north-1"));
        assert_eq!(kind("eu-west-1").kind(), ErrorKind::UnexpectedReply);
    }

    #[test]
    fn codes_go_before_statuses() {
        for (operation, status, code, kind) in [
            (Operation::Get, 404, Some("NoSuchBucket"), ErrorKind::BucketNotFound),
            (Operation::Get, 404, None, ErrorKind::KeyNotFound),
            (Operation::List, 404, None, ErrorKind::BucketNotFound),
            (Operation::Get, 403, Some("InvalidObjectState"), ErrorKind::Archived),
            (Operation::Get, 403, Some("SignatureDoesNotMatch"), ErrorKind::BadCredentials),
            (Operation::Get, 400, Some("ExpiredToken"), ErrorKind::ExpiredCredentials),
            (Operation::Get, 503, Some("SlowDown"), ErrorKind::Throttled),
            (Operation::Get, 503, None, ErrorKind::Throttled),
            (Operation::Get, 502, None, ErrorKind::ServerFailure),
            (Operation::Head, 412, None, ErrorKind::Changed),
            (Operation::Get, 418, Some("Teapot"), ErrorKind::UnexpectedReply),
        ] {
            assert_eq!(meaning(operation, status, code), kind, "{status} {code:?}");
        }
    }

    #[test]
    fn h9_a_server_says_how_long_to_wait_in_seconds_or_until_when() {
        assert_eq!(parse_retry_after("7"), Some(Duration::from_secs(7)));
        assert_eq!(parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(parse_retry_after("soon"), None);
    }
}
