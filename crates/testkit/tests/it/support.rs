//! What every topic needs: reading a refusal down to status, code and headers.

use std::fmt::Debug;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// A refused request.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// The S3 error code; empty where the answer has no body.
    pub(crate) code: String,
    response: HttpResponse,
}

impl Refusal {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)
    }
}

/// The refusal that an answer consists of.
pub(crate) fn refusal<T, E>(answer: Result<T, SdkError<E>>) -> Refusal
where
    T: Debug,
    E: ProvideErrorMetadata + Debug,
{
    let error = answer.expect_err("the request must be refused");
    let code = error.code().unwrap_or_default().to_owned();
    let response = match error {
        SdkError::ServiceError(context) => context.into_raw(),
        SdkError::ResponseError(context) => context.into_raw(),
        other => panic!("there is no answer: {other:?}"),
    };
    Refusal { status: response.status().as_u16(), code, response }
}
