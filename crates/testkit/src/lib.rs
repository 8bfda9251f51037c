//! An in-process S3 server and fixtures for tests of data pipelines.
//!
//! ```
//! use reenact_testkit::{Fault, Matcher, Operation, S3Server};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = S3Server::start()?;
//! let bucket = server.bucket("lake");
//! bucket.put("flights/2013-01/part-0.csv", "carrier,delay\nUA,2\n");
//!
//! // Any client will do; this one is signed, path-style and never retries.
//! let client = server.client();
//! let read = || client.get_object().bucket("lake").key("flights/2013-01/part-0.csv").send();
//! let body = read().await?.body.collect().await?.into_bytes();
//! assert_eq!(body, "carrier,delay\nUA,2\n");
//!
//! // What went over the wire.
//! let requests = server.take_requests();
//! assert_eq!(requests[0].operation, Operation::GetObject);
//! assert_eq!(requests[0].bytes_sent, 19);
//!
//! // The next read breaks off after four bytes.
//! server.faults().on(Matcher::operation(Operation::GetObject).first(1), Fault::Truncate { after: 4 });
//! assert!(read().await?.body.collect().await.is_err());
//! assert!(read().await?.body.collect().await.is_ok());
//! # Ok(())
//! # }
//! ```
//!
//! # What there is
//!
//! - [`S3Server`] runs on a thread of its own, so plain `#[test]`s, asynchronous tests and other processes
//!   ([`S3Server::environment`]) can use it. Signatures are checked. Dropping it stops it.
//! - [`TestBucket`] fills and changes a bucket without requests: objects with any time, checksum, ETag or storage class
//!   ([`TestObject`]), whole directories, versions, denied actions, another region.
//! - [`S3Server::requests`] tells what clients asked for and how many bytes they were sent, so that a test can see that
//!   nothing was fetched twice.
//! - [`TestExecution`] says what an execution of a pipeline wrote, and puts it under the keys of any layout.
//! - [`Faults`] script what goes wrong, and for which requests; any HTTP client meets them.
//! - [`Canary`] values stand for private data and are looked for wherever that must not get. What is asserted often has a
//!   method: [`S3Server::assert_only_read`], [`S3Server::assert_nothing_read_twice`], [`TestBucket::assert_landed`],
//!   [`Faults::assert_all_played`].
//! - [`conformance`] is the written list of what S3 answers, runnable against any server.
//!
//! ```
//! use std::process::Command;
//!
//! use chrono::Utc;
//! use reenact_testkit::{Action, S3Server, TestObject};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = S3Server::start()?;
//! let bucket = server.bucket("lake");
//! bucket.put_object("large", TestObject::new("0123456789").part_size(4).last_modified(Utc::now()));
//! assert!(bucket.etag("large").is_some_and(|etag| etag.ends_with("-3")));
//! bucket.deny(Action::Get, "secret/");
//!
//! let mut program = Command::new("some-program-that-reads-s3");
//! program.envs(server.environment());
//! # Ok(())
//! # }
//! ```
//!
//! # What it answers
//!
//! Conditional reads and writes, byte ranges and parts, versions and delete markers, both listings of objects and that of
//! versions (pages, markers, delimiters, URL encoding), the five checksums (of whole objects and of parts), multipart
//! uploads, copies, deletions, and S3's own error codes. Keys may be anything S3 allows.
//!
//! # Limits
//!
//! - Everything is in memory. Bodies are served without being copied; a multipart upload is copied once, when completed.
//! - Only path-style addresses. Access is decided by access key and prefix; there are no policies, ACLs, tags, encryption
//!   keys or lifecycle rules.
//! - A malformed `Range`, or one of several ranges, is answered 400; S3 ignores it and sends the whole object.
//! - XML can't carry most control characters: ask for `encoding-type=url` to list keys that have them.

mod answer;
mod api;
mod assertions;
mod body;
mod bucket;
mod canary;
pub mod conformance;
mod error;
mod execution;
mod faults;
mod gate;
mod log;
mod object;
mod policy;
mod refusal;
mod server;
mod state;
mod store;
mod wire;

pub use self::bucket::TestBucket;
pub use self::canary::Canary;
pub use self::error::{Error, ErrorKind, Result};
pub use self::execution::TestExecution;
pub use self::faults::{Fault, Faults, Matcher};
pub use self::log::{Operation, Request};
pub use self::object::TestObject;
pub use self::policy::Action;
pub use self::server::S3Server;
pub use self::store::ChecksumAlgorithm;
