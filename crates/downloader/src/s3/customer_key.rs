//! A key that the server decrypts an object with and does not keep (SSE-C).

use std::fmt;

use aws_smithy_types::base64;
use md5::{Digest, Md5};

use crate::s3::request::Request;

/// A key that the server decrypts an object with and does not keep (SSE-C).
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct CustomerKey([u8; 32]);

impl CustomerKey {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    pub(super) fn add_to(&self, request: Request) -> Request {
        const NAMES: [&str; 3] = [
            "x-amz-server-side-encryption-customer-algorithm",
            "x-amz-server-side-encryption-customer-key",
            "x-amz-server-side-encryption-customer-key-md5",
        ];
        request
            .header(NAMES[0], Some("AES256".to_owned()))
            .secret_header(NAMES[1], base64::encode(self.0))
            .secret_header(NAMES[2], base64::encode(Md5::digest(self.0)))
    }
}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CustomerKey").finish_non_exhaustive()
    }
}
