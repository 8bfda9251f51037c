//! The server as `aws-sdk-s3` meets it over HTTP, one module per topic.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what tests share fails as they do"
)]

mod assertions;
mod buckets;
mod checksums;
mod conditional;
mod conformance;
mod errors;
mod executions;
mod faults;
mod keys;
mod lifecycle;
mod listing;
mod multipart;
mod plain_client;
mod range;
mod support;
mod versions;
