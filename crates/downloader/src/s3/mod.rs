//! S3. The SDK configures: profiles, credentials, endpoints, signatures, HTTP. Requests and answers are read and written here,
//! which costs a fraction of what the SDK's own operations do. Nothing outside this folder names an AWS type.

mod body;
mod client;
mod clock;
mod customer_key;
mod error;
mod identity;
mod listing;
mod profile;
mod reply;
mod request;
mod route;
mod session;
mod signature;
mod source;
mod xml;

pub(crate) use customer_key::CustomerKey;
pub use source::S3Source;
