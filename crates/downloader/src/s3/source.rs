//! An S3 bucket as an [`ObjectSource`].

use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use futures::future::BoxFuture;
use futures::stream::{StreamExt, TryStreamExt};
use tokio::sync::OnceCell;

use crate::bucket::Bucket;
use crate::connect::{ConnectOptions, DEFAULT_STALL_TIMEOUT};
use crate::error::{Error, ErrorKind, Result};
use crate::s3::body::Body;
use crate::s3::client;
use crate::s3::customer_key::CustomerKey;
use crate::s3::listing::{LARGEST_PAGE, read_page};
use crate::s3::reply::{content_length, content_range, describe, header, unexpected};
use crate::s3::request::{Operation, Request};
use crate::s3::session::Session;
use crate::source::{GetRequest, ListPage, ListRequest, ObjectBody, ObjectMeta, ObjectSource};

const CHECKSUM_MODE: &str = "x-amz-checksum-mode";
const ENABLED: &str = "ENABLED";

/// A bucket on S3, or on a server that speaks its protocol.
///
/// Each request is made once, and once more where the answer says how it would have been right: in another region, at another
/// time of day, or with credentials that have not run out. The source remembers such corrections.
#[derive(Clone, Debug)]
pub struct S3Source {
    bucket: Bucket,
    place: Arc<RwLock<Arc<Place>>>,
    requester_pays: bool,
    customer_key: Option<CustomerKey>,
    stall_timeout: Duration,
}

/// A region, and how requests are sent there.
#[derive(Debug)]
struct Place {
    client: Client,
    session: OnceCell<Session>,
}

impl Place {
    fn new(client: Client) -> Arc<Self> {
        Arc::new(Self { client, session: OnceCell::new() })
    }
}

impl S3Source {
    /// Returns a source for `bucket`. No request is made yet; credentials are looked up at the first one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] if `bucket` is not the name of a bucket on S3, or the endpoint is no URL.
    pub async fn connect(bucket: &str, options: &ConnectOptions) -> Result<Self> {
        let bucket = parse_bucket(bucket)?;
        if let Some(endpoint_url) = &options.endpoint_url {
            check_endpoint(endpoint_url)?;
        }
        let client = client::connect(&bucket, options).await;
        Ok(Self {
            bucket,
            place: Arc::new(RwLock::new(Place::new(client))),
            requester_pays: options.requester_pays,
            customer_key: options.customer_key.clone(),
            stall_timeout: options.stall_timeout,
        })
    }

    /// Returns a source that uses a client of one's own: its credentials, endpoint and HTTP stack. Its interceptors, retries
    /// and timeouts are not used: this crate has its own.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] if `bucket` is not the name of a bucket on S3.
    pub fn from_client(bucket: &str, client: &Client) -> Result<Self> {
        Ok(Self {
            bucket: parse_bucket(bucket)?,
            place: Arc::new(RwLock::new(Place::new(client::adopt(client)))),
            requester_pays: false,
            customer_key: None,
            stall_timeout: DEFAULT_STALL_TIMEOUT,
        })
    }

    fn place(&self) -> Arc<Place> {
        Arc::clone(&self.place.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Goes on in the region that an error names, if that is another one.
    fn move_to(&self, from: &Place, region: Option<&str>) -> Option<Arc<Place>> {
        let region = region?;
        if from.client.config().region().is_some_and(|known| known.as_ref() == region) {
            return None;
        }
        tracing::info!(bucket = %self.bucket, region, "the bucket is in another region");
        let place = Place::new(client::in_region(&from.client, region.to_owned()));
        *self.place.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&place);
        Some(place)
    }

    /// Sends a request, and sends it again if the bucket is in another region than was thought.
    async fn send(&self, key: &str, request: Request) -> Result<HttpResponse> {
        let request = if self.requester_pays {
            request.header("x-amz-request-payer", Some("requester".to_owned()))
        } else {
            request
        };
        let place = self.place();
        let mut result = self.send_to(&place, &request).await;
        let region = result.as_ref().err().and_then(Error::region);
        if let Some(place) = self.move_to(&place, region) {
            result = self.send_to(&place, &request).await;
        }
        result.map_err(|error| self.about(key, error))
    }

    async fn send_to(&self, place: &Place, request: &Request) -> Result<HttpResponse> {
        let open = || Session::open(&place.client, &self.bucket, self.stall_timeout);
        place.session.get_or_try_init(open).await?.send(request).await
    }

    fn about(&self, key: &str, error: Error) -> Error {
        let error = error.with_bucket(self.bucket.as_str());
        if key.is_empty() || error.kind() == ErrorKind::BucketNotFound {
            error
        } else {
            error.with_key(key)
        }
    }

    /// A request about an object, with what opens it if a key of one's own does.
    fn about_object(&self, operation: Operation, key: &str, version_id: Option<&str>) -> Request {
        let request = Request::about(operation, key).query("versionId", version_id);
        match &self.customer_key {
            Some(customer_key) => customer_key.add_to(request),
            None => request,
        }
    }

    async fn list(&self, request: &ListRequest) -> Result<ListPage> {
        let limit = request.limit.map(|limit| limit.to_string());
        let listing = Request::listing()
            .query("prefix", Some(&request.prefix))
            .query("delimiter", request.one_level.then_some("/"))
            .query("continuation-token", request.continuation.as_deref())
            .query("max-keys", limit.as_deref())
            // Keys may hold characters that XML cannot.
            .query("encoding-type", Some("url"));
        let mut reply = self.send(&request.prefix, listing).await?;
        let body = Body::new(reply.take_body(), self.stall_timeout).collect(LARGEST_PAGE).await;
        let page = body.and_then(|body| read_page(&body));
        page.map_err(|error| self.about(&request.prefix, error))
    }

    async fn describe(&self, key: &str, version_id: Option<&str>) -> Result<ObjectMeta> {
        let request = self
            .about_object(Operation::Head, key, version_id)
            .header(CHECKSUM_MODE, Some(ENABLED.to_owned()));
        let reply = self.send(key, request).await?;
        let length = content_length(&reply)
            .and_then(|length| length.ok_or_else(|| unexpected("an object has no length")));
        let size = length.map_err(|error| self.about(key, error))?;
        Ok(describe(key, size, &reply))
    }

    async fn describe_part(&self, object: &ObjectMeta, number: NonZeroU32) -> Result<Option<u64>> {
        // Not pinned to the ETag: some servers compare it with that of the part.
        let request = self
            .about_object(Operation::Head, &object.key, object.version_id.as_deref())
            .query("partNumber", Some(&number.to_string()));
        let reply = self.send(&object.key, request).await?;
        // A server that does not know of parts describes the whole object.
        let knows = header(&reply, "x-amz-mp-parts-count").is_some()
            || header(&reply, "content-range").is_some();
        let length = content_length(&reply).map_err(|error| self.about(&object.key, error))?;
        Ok(length.filter(|_| knows))
    }

    async fn get(&self, asked: &GetRequest) -> Result<ObjectBody> {
        let range = asked.range.as_ref();
        let range =
            range.map(|range| format!("bytes={}-{}", range.start, range.end.saturating_sub(1)));
        let request = self
            .about_object(Operation::Get, &asked.key, asked.version_id.as_deref())
            // A range carries no checksum that it could be compared with.
            .header(CHECKSUM_MODE, asked.range.is_none().then(|| ENABLED.to_owned()))
            .header("range", range)
            .header("if-match", asked.if_match.as_ref().map(|etag| format!("\"{etag}\"")));
        let mut reply = self.send(&asked.key, request).await?;
        let about = |error| self.about(&asked.key, error);
        let (range, size) = match content_range(&reply).map_err(about)? {
            Some((range, size)) => (range, size),
            None => match content_length(&reply).map_err(about)? {
                Some(size) => (0..size, size),
                // A server that makes up the body as it goes announces no length; so the object is asked for it.
                None => {
                    let size = self.describe(&asked.key, asked.version_id.as_deref()).await?.size;
                    (0..size, size)
                }
            },
        };
        let meta = describe(&asked.key, size, &reply);
        let (source, key) = (self.clone(), asked.key.clone());
        let body = Body::new(reply.take_body(), self.stall_timeout);
        let bytes = body.map_err(move |error| source.about(&key, error));
        Ok(ObjectBody::new(meta, range, bytes.boxed()))
    }
}

impl ObjectSource for S3Source {
    fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    fn list_page<'a>(&'a self, request: &'a ListRequest) -> BoxFuture<'a, Result<ListPage>> {
        Box::pin(self.list(request))
    }

    fn head<'a>(
        &'a self,
        key: &'a str,
        version_id: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ObjectMeta>> {
        Box::pin(self.describe(key, version_id))
    }

    fn get_range<'a>(&'a self, request: &'a GetRequest) -> BoxFuture<'a, Result<ObjectBody>> {
        Box::pin(self.get(request))
    }

    fn part_length<'a>(
        &'a self,
        object: &'a ObjectMeta,
        number: NonZeroU32,
    ) -> BoxFuture<'a, Result<Option<u64>>> {
        Box::pin(self.describe_part(object, number))
    }
}

fn parse_bucket(text: &str) -> Result<Bucket> {
    let bucket: Bucket = text.parse()?;
    match bucket.directory() {
        None => Ok(bucket),
        Some(_) => Err(Error::new(ErrorKind::Invalid)
            .with_bucket(text)
            .with_reason("a directory is no bucket on S3")),
    }
}

/// The SDK would report a malformed endpoint only at the first request, as a server that cannot be reached.
fn check_endpoint(endpoint_url: &str) -> Result<()> {
    let host =
        endpoint_url.strip_prefix("http://").or_else(|| endpoint_url.strip_prefix("https://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(char::is_whitespace) => Ok(()),
        _ => Err(Error::new(ErrorKind::Invalid).with_reason(format!(
            "the endpoint {endpoint_url:?} is no URL, such as http://localhost:9000"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::error::CredentialsError;
    use aws_credential_types::provider::{ProvideCredentials, future};
    use reenact_testkit::S3Server;

    use super::*;

    #[derive(Debug)]
    struct Nothing;

    impl ProvideCredentials for Nothing {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::ready(Err(CredentialsError::not_loaded_no_source()))
        }
    }

    #[tokio::test]
    async fn d7_no_credentials_are_told_apart_from_bad_ones() {
        let server = S3Server::start().unwrap();
        let config = server.client_config().credentials_provider(Nothing).build();
        let source = S3Source::from_client("lake", &Client::from_conf(config)).unwrap();
        let error = source.head("x", None).await.unwrap_err();
        assert_eq!((error.kind(), error.bucket()), (ErrorKind::NoCredentials, Some("lake")));
        assert_eq!(server.requests(), [], "nothing is asked without credentials");
    }

    #[tokio::test]
    async fn an_endpoint_that_is_no_url_is_invalid() {
        for endpoint_url in ["not a url", "localhost:9000", "http://"] {
            let options = ConnectOptions::default().with_endpoint_url(endpoint_url);
            let error = S3Source::connect("lake", &options).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{endpoint_url}");
        }
    }
}
