//! What is asked of S3, as it goes over the wire.

use aws_smithy_types::body::SdkBody;
use http::{HeaderValue, Method, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::{Error, ErrorKind, Result};

/// What a value in a query has to hide: all but what RFC 3986 calls unreserved, as the signature wants it.
const IN_QUERY: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// A path keeps its slashes.
const IN_PATH: AsciiSet = IN_QUERY.remove(b'/');
const USER_AGENT: &str = concat!("reenact/", env!("CARGO_PKG_VERSION"));

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    List,
    Head,
    Get,
    /// Who am I? Asked of STS.
    Identify,
}

impl Operation {
    pub(super) fn permission(self) -> &'static str {
        match self {
            Self::List => "s3:ListBucket",
            Self::Head | Self::Get => "s3:GetObject",
            Self::Identify => "sts:GetCallerIdentity",
        }
    }

    fn method(self) -> Method {
        match self {
            Self::List | Self::Get | Self::Identify => Method::GET,
            Self::Head => Method::HEAD,
        }
    }
}

/// One request about a bucket.
#[derive(Debug)]
pub(super) struct Request {
    operation: Operation,
    /// What follows the address of the bucket.
    target: String,
    has_query: bool,
    headers: Vec<(&'static str, Value)>,
}

#[derive(Debug)]
struct Value {
    text: String,
    is_secret: bool,
}

impl Request {
    /// A request about one object.
    pub(super) fn about(operation: Operation, key: &str) -> Self {
        let mut target = String::with_capacity(key.len() + 1);
        target.push('/');
        target.extend(utf8_percent_encode(key, &IN_PATH));
        Self { operation, target, has_query: false, headers: Vec::new() }
    }

    /// A request for a page of a listing.
    pub(super) fn listing() -> Self {
        Self::fixed(Operation::List, "/?list-type=2")
    }

    /// A request to STS for who makes it.
    pub(super) fn identify() -> Self {
        Self::fixed(Operation::Identify, "/?Action=GetCallerIdentity&Version=2011-06-15")
    }

    fn fixed(operation: Operation, target: &str) -> Self {
        Self { operation, target: target.to_owned(), has_query: true, headers: Vec::new() }
    }

    /// Adds a parameter to the query, if there is a value.
    pub(super) fn query(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.target.push(if self.has_query { '&' } else { '?' });
            self.has_query = true;
            self.target.push_str(name);
            self.target.push('=');
            self.target.extend(utf8_percent_encode(value, &IN_QUERY));
        }
        self
    }

    /// Adds a header, if there is a value.
    pub(super) fn header(mut self, name: &'static str, value: Option<String>) -> Self {
        self.headers.extend(value.map(|text| (name, Value { text, is_secret: false })));
        self
    }

    /// Adds a header that no log may show.
    pub(super) fn secret_header(mut self, name: &'static str, text: String) -> Self {
        self.headers.push((name, Value { text, is_secret: true }));
        self
    }

    pub(super) fn operation(&self) -> Operation {
        self.operation
    }

    /// Makes the HTTP request for a bucket at the address `base`.
    pub(super) fn to_http(&self, base: &str) -> Result<http::Request<SdkBody>> {
        let mut address = String::with_capacity(base.len() + self.target.len());
        address.push_str(base);
        address.push_str(&self.target);
        let mut request = http::Request::builder()
            .method(self.operation.method())
            .uri(address)
            .header(header::USER_AGENT, USER_AGENT);
        for (name, value) in &self.headers {
            let mut header = HeaderValue::from_str(&value.text).map_err(invalid)?;
            header.set_sensitive(value.is_secret);
            request = request.header(*name, header);
        }
        request.body(SdkBody::empty()).map_err(invalid)
    }
}

fn invalid(source: impl Into<http::Error>) -> Error {
    Error::new(ErrorKind::Invalid).with_source(source.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(request: &Request) -> String {
        request.to_http("http://host/bucket").unwrap().uri().to_string()
    }

    #[test]
    fn h15_keys_go_over_the_wire_as_the_signature_has_them() {
        for (key, path) in [
            ("a/b-c_d.e~f", "a/b-c_d.e~f"),
            ("a b+c%2F", "a%20b%2Bc%252F"),
            ("/a//../b/", "/a//../b/"),
            ("?#&=;:@'()*!", "%3F%23%26%3D%3B%3A%40%27%28%29%2A%21"),
            ("ä🛫\n\u{7f}", "%C3%A4%F0%9F%9B%AB%0A%7F"),
        ] {
            let request = Request::about(Operation::Get, key);
            assert_eq!(address(&request), format!("http://host/bucket/{path}"));
        }
    }

    #[test]
    fn what_has_no_value_is_left_out() {
        let request = Request::listing().query("prefix", Some("a/b c")).query("delimiter", None);
        assert_eq!(address(&request), "http://host/bucket/?list-type=2&prefix=a%2Fb%20c");
        let request = Request::about(Operation::Head, "k").query("versionId", Some("v+1"));
        assert_eq!(address(&request), "http://host/bucket/k?versionId=v%2B1");
    }

    #[test]
    fn what_no_header_can_hold_is_an_error() {
        let request = Request::about(Operation::Get, "k").header("if-match", Some("\n".to_owned()));
        assert_eq!(request.to_http("http://host").unwrap_err().kind(), ErrorKind::Invalid);
    }
}
