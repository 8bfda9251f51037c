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

mod answer;
mod api;
mod body;
mod bucket;
mod error;
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
pub use self::error::{Error, ErrorKind, Result};
pub use self::faults::{Fault, Faults, Matcher};
pub use self::log::{Operation, Request};
pub use self::object::TestObject;
pub use self::policy::Action;
pub use self::server::S3Server;
pub use self::store::ChecksumAlgorithm;
