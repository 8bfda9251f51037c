//! Error answers that come before, or instead of, an operation.

use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::{S3Error, s3_error};

use crate::faults::Fault;

pub(crate) fn access_denied() -> S3Error {
    s3_error!(AccessDenied, "Access Denied")
}

pub(crate) fn unknown_access_key() -> S3Error {
    s3_error!(
        InvalidAccessKeyId,
        "The AWS Access Key Id you provided does not exist in our records."
    )
}

pub(crate) fn time_too_skewed() -> S3Error {
    s3_error!(
        RequestTimeTooSkewed,
        "The difference between the request time and the current time is too large."
    )
}

/// The answer of an endpoint to a request for a bucket that is in another region.
pub(crate) fn moved_to(region: &str) -> S3Error {
    let mut error = s3_error!(
        PermanentRedirect,
        "The bucket you are attempting to access must be addressed using the specified endpoint."
    );
    error.set_headers(header("x-amz-bucket-region", region));
    error
}

/// The answer to a signature that names neither the endpoint's region nor the bucket's.
pub(crate) fn signed_for_another_region(signed: &str, expected: &str) -> S3Error {
    let mut error = s3_error!(
        AuthorizationHeaderMalformed,
        "The authorization header is malformed; the region '{signed}' is wrong; expecting '{expected}'"
    );
    error.set_headers(header("x-amz-bucket-region", expected));
    error
}

/// The error answer that a fault consists of, if it is one.
pub(crate) fn of_fault(fault: &Fault) -> Option<S3Error> {
    let error = match fault {
        Fault::InternalError => {
            s3_error!(InternalError, "We encountered an internal error. Please try again.")
        }
        Fault::SlowDown { retry_after } => {
            let mut error = s3_error!(SlowDown, "Please reduce your request rate.");
            if let Some(wait) = retry_after {
                error.set_headers(header("retry-after", &wait.as_secs().to_string()));
            }
            error
        }
        Fault::AccessDenied => access_denied(),
        Fault::DecryptDenied => s3_error!(
            AccessDenied,
            "User: arn:aws:iam::000000000000:user/testkit is not authorized to perform: kms:Decrypt on the resource \
             associated with this ciphertext because no identity-based policy allows the kms:Decrypt action"
        ),
        Fault::ExpiredToken => s3_error!(ExpiredToken, "The provided token has expired."),
        Fault::RequestTimeTooSkewed => time_too_skewed(),
        Fault::WrongRegion { region } => moved_to(region),
        _ => return None,
    };
    Some(error)
}

fn header(name: &'static str, value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
    headers
}
