//! What every topic needs: reading answers of the SDK down to status, code and headers.

use std::fmt::Debug;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// A refused request: its status, its S3 error code (empty where the answer has no body) and its headers.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
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
    let response = error.into_raw_response();
    Refusal { status: response.status().as_u16(), code, response }
}

trait IntoRawResponse {
    fn into_raw_response(self) -> HttpResponse;
}

impl<E: Debug> IntoRawResponse for SdkError<E> {
    fn into_raw_response(self) -> HttpResponse {
        match self {
            Self::ServiceError(context) => context.into_raw(),
            Self::ResponseError(context) => context.into_raw(),
            other => panic!("there is no answer: {other:?}"),
        }
    }
}
