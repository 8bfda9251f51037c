//! The S3 operations: typed requests in, answers as AWS documents them out.

mod buckets;
mod condition;
mod encode;
mod list;
mod multipart;
mod read;
mod service;
mod write;

pub(crate) use self::encode::http_date;
pub(crate) use self::service::Service;
