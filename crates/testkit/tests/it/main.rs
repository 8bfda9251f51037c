//! The server as `aws-sdk-s3` meets it over HTTP, one module per topic.

mod conditional;
mod keys;
mod listing;
mod range;
mod support;
