//! What went wrong: refusals by S3, and failures before S3 was reached.

use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{BoxError, SdkError};
use aws_smithy_runtime_api::client::result::ConnectorError;
use chrono::{DateTime, Utc};

use crate::error::{Error, ErrorKind, is_of_too_many_files};
use crate::s3::body::Body;
use crate::s3::client::{host_of, is_aws};
use crate::s3::reply::{header, parse_date};
use crate::s3::request::Operation;
use crate::s3::xml;

/// The largest answer that is read to find out why a request was refused.
const LARGEST_REFUSAL: usize = 256 * 1024;
/// Where credentials are looked for.
const NOWHERE: &str = "none in the environment, in the profile, by a web identity token, or from the role of a container or this machine";
/// Where somebody has to log in first.
const LOGGED_OUT: &str = "nobody is logged in to the profile, or not any more: `aws sso login`";
/// How far apart S3 lets two clocks be, less what may pass on the way.
const TOLERATED_SKEW: Duration = Duration::from_mins(14);

/// What S3 said when it refused.
#[derive(Debug, Default)]
struct Refusal {
    status: u16,
    code: Option<String>,
    message: Option<String>,
    region: Option<String>,
    /// Where the server says to ask instead.
    location: Option<String>,
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

/// Says why the SDK made no request of what it was asked for.
pub(super) fn translate_unsent<E>(error: SdkError<E, HttpResponse>) -> Error
where
    E: StdError + Send + Sync + 'static,
{
    let lacks_credentials = credentials_error(&error).is_some();
    let source = error.into_source().unwrap_or_else(Into::into);
    if lacks_credentials {
        translate_provider(source)
    } else {
        Error::new(ErrorKind::Invalid).with_source(source)
    }
}

/// Says why there are no credentials.
pub(super) fn translate_provider(source: impl Into<BoxError>) -> Error {
    let source = source.into();
    let error = Error::new(ErrorKind::NoCredentials);
    let error = if is_of_last_provider(&*source) {
        error.with_reason(NOWHERE)
    } else if is_of_login(&*source) {
        error.with_reason(LOGGED_OUT)
    } else {
        error
    };
    error.with_source(source)
}

/// Returns whether a profile that is logged in to by a browser was asked in vain.
fn is_of_login(error: &(dyn StdError + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source())
        .any(|error| error.to_string().to_lowercase().contains("sso"))
}

/// Returns whether every provider was asked in vain. The last one asks the machine it runs on, and what it says about that is no
/// help to whoever only forgot to log in.
fn is_of_last_provider(error: &(dyn StdError + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source())
        .map(ToString::to_string)
        .any(|text| text.contains("IMDS") || text.contains("in chain"))
}

/// Says why no answer came.
pub(super) fn translate_connector(source: ConnectorError) -> Error {
    let kind = if is_of_too_many_files(&source) {
        ErrorKind::TooManyOpenFiles
    } else if source.is_user() {
        ErrorKind::Invalid
    } else {
        ErrorKind::Unreachable
    };
    Error::new(kind).with_source(source)
}

/// A request that was refused.
#[derive(Debug)]
pub(super) struct Refused<'a> {
    pub(super) operation: Operation,
    /// The region that was asked.
    pub(super) region: Option<&'a str>,
    /// Whether the credentials were those of a session, which ends.
    pub(super) has_token: bool,
    /// When the request was made, by the clock that signed it.
    pub(super) sent_at: SystemTime,
}

impl Refused<'_> {
    /// Says what the refusal means.
    pub(super) async fn read(&self, mut reply: HttpResponse, stall_timeout: Duration) -> Error {
        let body = Body::new(reply.take_body(), stall_timeout).collect(LARGEST_REFUSAL).await;
        // The status says something too, and more than that an explanation was cut short.
        let mut refusal = body.map(|body| Refusal::parse(&body)).unwrap_or_default();
        refusal.status = reply.status().as_u16();
        if refusal.request_id.is_none() {
            refusal.request_id = header(&reply, "x-amz-request-id").map(ToOwned::to_owned);
        }
        if let Some(region) = header(&reply, "x-amz-bucket-region") {
            refusal.region = Some(region.to_owned());
        }
        if let Some(location) = header(&reply, "location") {
            refusal.location = Some(location.to_owned());
        }
        if refusal.region.is_none() {
            refusal.region = refusal.location.as_deref().and_then(region_of_address);
        }
        self.translate(refusal, &reply)
    }

    fn translate(&self, refusal: Refusal, reply: &HttpResponse) -> Error {
        let server_time = header(reply, "date").and_then(parse_date);
        let kind = self.kind(&refusal, server_time);
        let mut error = Error::new(kind);
        match kind {
            ErrorKind::AccessDenied => {
                let message = refusal.message.as_deref().unwrap_or_default();
                error = if message.to_lowercase().contains("kms") {
                    let error = error.with_permission("kms:Decrypt");
                    kms_key(message).into_iter().fold(error, Error::with_encryption_key)
                } else {
                    error.with_permission(self.operation.permission())
                };
            }
            ErrorKind::WrongRegion => {
                if let Some(region) = &refusal.region {
                    error = error.with_region(region);
                }
            }
            ErrorKind::UnexpectedReply => {
                if let Some(location) = &refusal.location {
                    let reason =
                        format!("the server redirects to {location}: make that the endpoint");
                    error = error.with_reason(reason);
                }
            }
            ErrorKind::ClockSkew => error = error.with_server_time(server_time.map(Into::into)),
            _ => {}
        }
        if let Some(delay) = header(reply, "retry-after").and_then(parse_retry_after) {
            error = error.with_retry_after(delay);
        }
        error.with_source(refusal)
    }

    fn kind(&self, refusal: &Refusal, server_time: Option<DateTime<Utc>>) -> ErrorKind {
        // Answers to HEAD have no body, and so no code: what they are about shows in the headers, or in what was asked.
        if let (400 | 403, None, Operation::Head) =
            (refusal.status, refusal.code.as_deref(), self.operation)
        {
            let elsewhere = refusal.region.is_some() && refusal.region.as_deref() != self.region;
            let skewed =
                server_time.is_some_and(|time| skew(time.into(), self.sent_at) > TOLERATED_SKEW);
            match refusal.status {
                400 if elsewhere => return ErrorKind::WrongRegion,
                400 if self.has_token => return ErrorKind::ExpiredCredentials,
                403 if skewed => return ErrorKind::ClockSkew,
                _ => {}
            }
        }
        let is_region_known = refusal.region.is_some();
        match meaning(self.operation, refusal.status, refusal.code.as_deref()) {
            // Not followed: whoever is there would be sent the token of a session.
            ErrorKind::WrongRegion if !is_region_known && refusal.location.is_some() => {
                ErrorKind::UnexpectedReply
            }
            kind => kind,
        }
    }
}

impl Refusal {
    fn parse(body: &[u8]) -> Self {
        let mut refusal = Self::default();
        let read = xml::read(body, "Error", |_, name, text| {
            let field = match name {
                b"Code" => &mut refusal.code,
                b"Message" => &mut refusal.message,
                b"Region" => &mut refusal.region,
                b"Endpoint" => &mut refusal.location,
                b"RequestId" => &mut refusal.request_id,
                _ => return Ok(()),
            };
            *field = Some(std::mem::take(text));
            Ok(())
        });
        match read {
            Ok(()) => refusal,
            // A proxy's page, for example: the status has to do.
            Err(_) => Self::default(),
        }
    }
}

/// Finds the ARN of a key in what S3 says about it.
fn kms_key(message: &str) -> Option<&str> {
    let mut words = message.split(|character: char| character.is_whitespace() || character == '"');
    let arn = words.find(|word| word.starts_with("arn:") && word.contains(":kms:"))?;
    Some(arn.trim_end_matches(['.', ',', ')']))
}

/// Finds the region in one of AWS's addresses, such as `https://prod.s3.eu-west-1.amazonaws.com/` or the older form with `s3-`.
fn region_of_address(address: &str) -> Option<String> {
    if !is_aws(address) {
        return None;
    }
    let host = host_of(address);
    let (_, behind) = host.rsplit_once("s3-").or_else(|| host.rsplit_once("s3."))?;
    let region = behind.split('.').find(|part| *part != "dualstack")?;
    let looks_like_one =
        region.split('-').count() >= 3 && region.ends_with(|end: char| end.is_ascii_digit());
    looks_like_one.then(|| region.to_owned())
}

fn skew(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|negative| negative.duration())
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
            301 | 302 | 307 | 308 => ErrorKind::WrongRegion,
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

/// Returns the error of a credentials provider that another error came from.
fn credentials_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a CredentialsError> {
    error.downcast_ref().or_else(|| credentials_error(error.source()?))
}

/// Reads the two forms of the header: seconds, or a date.
fn parse_retry_after(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    Some((parse_date(value)? - Utc::now()).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::primitives::SdkBody;

    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> HttpResponse {
        let mut reply = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        for (name, value) in headers {
            reply.headers_mut().insert(*name, (*value).to_owned());
        }
        reply
    }

    async fn refused(operation: Operation, reply: HttpResponse) -> Error {
        let refused = Refused {
            operation,
            region: Some("eu-west-1"),
            has_token: true,
            sent_at: SystemTime::now(),
        };
        refused.read(reply, Duration::from_secs(5)).await
    }

    #[tokio::test]
    async fn h19_a_denied_key_is_told_apart_from_a_denied_object() {
        let denied = async |message: &str| {
            let body =
                format!("<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>");
            refused(Operation::Get, reply(403, &[], &body)).await
        };
        let key = "arn:aws:kms:eu-west-1:123456789012:key/1a2b";
        let kms = denied(&format!("User: x is not authorized to perform: kms:Decrypt on resource: {key} because no policy allows it")).await;
        assert_eq!((kms.permission(), kms.encryption_key()), (Some("kms:Decrypt"), Some(key)));
        assert!(kms.to_string().contains(&format!("kms:Decrypt is not granted on {key}")), "{kms}");
        let nameless = denied("The ciphertext refers to a KMS key that may not be used").await;
        assert_eq!((nameless.permission(), nameless.encryption_key()), (Some("kms:Decrypt"), None));
        assert_eq!(denied("Access Denied").await.permission(), Some("s3:GetObject"));
    }

    #[tokio::test]
    async fn h11_an_answer_without_a_body_may_be_about_the_region() {
        let about = async |region| {
            refused(Operation::Head, reply(400, &[("x-amz-bucket-region", region)], "")).await
        };
        let elsewhere = about("eu-north-1").await;
        assert_eq!(elsewhere.kind(), ErrorKind::WrongRegion);
        assert_eq!(elsewhere.region(), Some("eu-north-1"));
        // In the right region, all that is left is the session.
        assert_eq!(about("eu-west-1").await.kind(), ErrorKind::ExpiredCredentials);
    }

    #[tokio::test]
    async fn h11_the_region_may_be_told_in_the_body() {
        let body =
            "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-north-1</Region></Error>";
        let error = refused(Operation::Get, reply(400, &[], body)).await;
        assert_eq!((error.kind(), error.region()), (ErrorKind::WrongRegion, Some("eu-north-1")));
    }

    #[tokio::test]
    async fn h11_a_redirect_to_another_region_of_aws_tells_which() {
        for address in [
            "https://prod.s3.eu-north-1.amazonaws.com/x",
            "https://prod.s3-eu-north-1.amazonaws.com",
            "https://s3.dualstack.eu-north-1.amazonaws.com/prod",
        ] {
            let error = refused(Operation::Get, reply(307, &[("location", address)], "")).await;
            assert_eq!(
                (error.kind(), error.region()),
                (ErrorKind::WrongRegion, Some("eu-north-1"))
            );
        }
        let body = "<Error><Code>TemporaryRedirect</Code><Endpoint>prod.s3-eu-north-1.amazonaws.com</Endpoint></Error>";
        let error = refused(Operation::Get, reply(307, &[], body)).await;
        assert_eq!((error.kind(), error.region()), (ErrorKind::WrongRegion, Some("eu-north-1")));
    }

    #[tokio::test]
    async fn h11_a_redirect_to_elsewhere_is_told_and_not_followed() {
        for address in ["https://minio.example.org/x", "/login", "https://s3.amazonaws.com/"] {
            let error = refused(Operation::Get, reply(301, &[("location", address)], "")).await;
            assert_eq!((error.kind(), error.region()), (ErrorKind::UnexpectedReply, None));
            assert!(error.to_string().contains(address), "{error}");
        }
    }

    #[tokio::test]
    async fn h12_a_denial_without_a_body_may_be_about_the_clock() {
        let at =
            async |date: &str| refused(Operation::Head, reply(403, &[("date", date)], "")).await;
        assert_eq!(at("Wed, 21 Oct 2015 07:28:00 GMT").await.kind(), ErrorKind::ClockSkew);
        let now = Utc::now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        assert_eq!(at(&now).await.kind(), ErrorKind::AccessDenied);
    }

    #[tokio::test]
    async fn what_is_no_explanation_is_judged_by_the_status() {
        for body in ["<html>busy</html>", "<Error><Code>NoSuchKey</Co", "", "\u{0}"] {
            let error = refused(Operation::Get, reply(503, &[("retry-after", "7")], body)).await;
            assert_eq!(error.kind(), ErrorKind::Throttled, "{body}");
            assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        }
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
