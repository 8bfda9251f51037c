//! S3, through the AWS SDK. Nothing outside this folder names an AWS type.

mod client;
mod error;
mod reply;
mod source;

pub use source::S3Source;
