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
use crate::source::{
    Circumstances, GetRequest, ListPage, ListRequest, ObjectBody, ObjectMeta, ObjectSource,
};

const CHECKSUM_MODE: &str = "x-amz-checksum-mode";
const ENABLED: &str = "ENABLED";
/// What the names of directory buckets end in, and no others.
const DIRECTORY_BUCKET: &str = "--x-s3";

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
    sts: Option<Arc<str>>,
    stall_timeout: Duration,
}

/// A region, and how requests are sent there.
#[derive(Debug)]
struct Place {
    client: Client,
    /// The region where the bucket was looked for before.
    before: Option<String>,
    session: OnceCell<Session>,
}

impl Place {
    fn new(client: Client, before: Option<String>) -> Arc<Self> {
        Arc::new(Self { client, before, session: OnceCell::new() })
    }
}

impl S3Source {
    /// Returns a source for `bucket`. No request is made yet; credentials are looked up at the first one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] if `bucket` is not the name of a bucket on S3 or is that of a directory bucket (S3 Express One
    /// Zone), or if the endpoint is no URL.
    pub async fn connect(bucket: &str, options: &ConnectOptions) -> Result<Self> {
        let bucket = parse_bucket(bucket)?;
        let (client, sts) = client::connect(&bucket, options)
            .await
            .map_err(|error| error.with_bucket(bucket.as_str()))?;
        Ok(Self {
            bucket,
            place: Arc::new(RwLock::new(Place::new(client, None))),
            sts: sts.map(Into::into),
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
            place: Arc::new(RwLock::new(Place::new(client::adopt(client), None))),
            sts: None,
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
        let known = from.client.config().region().map(ToString::to_string);
        if known.as_deref() == Some(region) {
            return None;
        }
        tracing::info!(bucket = %self.bucket, region, "the bucket is in another region");
        let client = client::in_region(&from.client, region.to_owned());
        let place = Place::new(client, from.before.clone().or(known));
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
        self.session(place).await?.send(request).await
    }

    async fn session<'a>(&self, place: &'a Place) -> Result<&'a Session> {
        if let Some(session) = place.session.get() {
            return Ok(session);
        }
        let open =
            || Session::open(&place.client, &self.bucket, self.sts.as_deref(), self.stall_timeout);
        // What happens once is not part of the future of every request.
        Box::pin(place.session.get_or_try_init(open)).await
    }

    async fn find_circumstances(&self) -> Circumstances {
        let place = self.place();
        let mut circumstances = match self.session(&place).await {
            Ok(session) => session.circumstances().await,
            // Why there is no session, listing and reading tell.
            Err(_) => Circumstances::default(),
        };
        circumstances.configured_region = place
            .before
            .clone()
            .filter(|before| circumstances.region.as_ref().is_some_and(|region| region != before));
        circumstances
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
        let (range, size) = if let Some(partial) = content_range(&reply).map_err(about)? {
            partial
        } else if let Some(size) = content_length(&reply).map_err(about)? {
            (0..size, size)
        } else {
            // A server that makes up the body as it goes announces no length; so the object is asked for it.
            let describing = self.describe(&asked.key, asked.version_id.as_deref());
            let size = Box::pin(describing).await?.size;
            (0..size, size)
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

    fn circumstances(&self) -> BoxFuture<'_, Circumstances> {
        Box::pin(self.find_circumstances())
    }
}

fn parse_bucket(text: &str) -> Result<Bucket> {
    let bucket: Bucket = text.parse()?;
    let invalid =
        |reason| Err(Error::new(ErrorKind::Invalid).with_bucket(text).with_reason(reason));
    if bucket.directory().is_some() {
        return invalid("a directory is no bucket on S3");
    }
    // Their listings have no order, their ETags are no digests, and reading them takes sessions of their own.
    if bucket.as_str().ends_with(DIRECTORY_BUCKET) {
        return invalid(
            "directory buckets (S3 Express One Zone) are not supported; copy the objects to a general purpose bucket",
        );
    }
    Ok(bucket)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};

    use aws_credential_types::provider::error::CredentialsError;
    use aws_credential_types::provider::{ProvideCredentials, future};
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_types::body::SdkBody;
    use chrono::TimeDelta;
    use reenact_testkit::{Fault, Matcher, S3Server};

    use super::*;
    use crate::plan::{Plan, PlanOptions};
    use crate::transfer::{Transfer, TransferOptions};

    /// Gives out keys that are numbered from 1; none at all if there are none.
    #[derive(Clone, Debug, Default)]
    struct Numbered {
        given: Arc<AtomicU32>,
        most: u32,
    }

    impl ProvideCredentials for Numbered {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            if self.most == 0 {
                let none = CredentialsError::not_loaded_no_source();
                return future::ProvideCredentials::ready(Err(none));
            }
            let number = (self.given.fetch_add(1, Ordering::Relaxed) + 1).min(self.most);
            let id = format!("AKIANUMBER{number}");
            let credentials =
                Credentials::new(id, "secret", Some("token".to_owned()), None, "test");
            future::ProvideCredentials::ready(Ok(credentials))
        }
    }

    /// A server with an object `x`, and a source that reads it with numbered keys.
    fn world(most: u32) -> (S3Server, S3Source, Numbered) {
        let server = S3Server::start().unwrap();
        server.bucket("lake").put("x", "content");
        (1..=most)
            .for_each(|number| server.add_credentials(&format!("AKIANUMBER{number}"), "secret"));
        let provider = Numbered { most, ..Numbered::default() };
        let config = server.client_config().credentials_provider(provider.clone()).build();
        let source = S3Source::from_client("lake", &Client::from_conf(config)).unwrap();
        (server, source, provider)
    }

    #[tokio::test]
    async fn d7_no_credentials_are_told_apart_from_bad_ones() {
        let (server, source, _) = world(0);
        let error = source.head("x", None).await.unwrap_err();
        assert_eq!((error.kind(), error.bucket()), (ErrorKind::NoCredentials, Some("lake")));
        assert_eq!(server.requests(), [], "nothing is asked without credentials");
    }

    #[tokio::test]
    async fn h10_credentials_that_have_run_out_are_fetched_anew_once_for_all() {
        let (server, source, provider) = world(2);
        let heads = |count| futures::future::join_all((0..count).map(|_| source.head("x", None)));
        assert!(heads(8).await.iter().all(Result::is_ok));
        assert_eq!(provider.given.load(Ordering::Relaxed), 1, "all share them");
        server.faults().on(Matcher::any().first(8), Fault::ExpiredToken);
        assert!(heads(8).await.iter().all(Result::is_ok));
        assert_eq!(provider.given.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn h10_credentials_that_run_out_in_the_middle_of_a_transfer_are_renewed() {
        let (server, source, provider) = world(2);
        let bucket = server.bucket("lake");
        let objects = (0..40).map(|index| {
            let object = ObjectMeta::new(format!("out/{index:02}"), 7);
            bucket.put(&object.key, "content");
            object
        });
        let plan =
            Plan::new("out/", &objects.collect::<Vec<_>>(), &PlanOptions::default()).unwrap();
        let twentieth = Matcher::operation(reenact_testkit::Operation::GetObject).nth(20);
        server.faults().on(twentieth, Fault::ExpiredToken);
        let directory = tempfile::tempdir().unwrap();
        let transfer = Transfer::new(Arc::new(source), TransferOptions::default().with_sync(false));
        let report = transfer.run(&plan, directory.path(), &()).await.unwrap();
        assert!(report.is_complete(), "{report:?}");
        assert_eq!(provider.given.load(Ordering::Relaxed), 2);
        assert_eq!(server.requests().len(), 40 + 1, "only what was refused is asked for again");
    }

    #[tokio::test]
    async fn h10_credentials_that_stay_expired_are_an_error() {
        let (server, source, _) = world(1);
        server.faults().on(Matcher::any(), Fault::ExpiredToken);
        let error = source.list_page(&ListRequest::everything("")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExpiredCredentials);
        assert_eq!(server.requests().len(), 1, "there are no others to try");
    }

    #[tokio::test]
    async fn h12_a_clock_that_is_off_is_corrected_and_told() {
        for hours in [5, -5] {
            let (server, source, _) = world(1);
            server.set_clock_offset(TimeDelta::hours(hours));
            let body = source.get_range(&GetRequest::new("x")).await.unwrap();
            assert_eq!(body.meta.size, 7);
            source.head("x", None).await.unwrap();
            assert_eq!(server.requests().len(), 3, "it is learnt once");
            let ahead = source.circumstances().await.clock_ahead_seconds.unwrap();
            assert!((ahead - hours * 3_600).abs() < 60, "{ahead}");
        }
    }

    #[tokio::test]
    async fn h11_h12_an_answer_without_a_body_corrects_too() {
        let (server, source, _) = world(1);
        server.set_clock_offset(TimeDelta::hours(2));
        server.bucket("lake").move_to_region("eu-north-1");
        assert_eq!(source.head("x", None).await.unwrap().size, 7);
        let circumstances = source.circumstances().await;
        assert_eq!(circumstances.region.as_deref(), Some("eu-north-1"));
        assert_eq!(circumstances.configured_region.as_deref(), Some(server.region()));
        assert_eq!(circumstances.caller.as_deref(), Some("access key AKIANUMBER1"));
    }

    #[tokio::test]
    async fn a_directory_bucket_is_refused_and_told_what_it_is() {
        let bucket = "prod--euw1-az1--x-s3";
        let error = S3Source::connect(bucket, &ConnectOptions::default()).await.unwrap_err();
        assert_eq!((error.kind(), error.bucket()), (ErrorKind::Invalid, Some(bucket)));
        assert!(error.to_string().contains("S3 Express One Zone"), "{error}");
    }

    /// Answers every request with an empty object, and remembers what was asked.
    #[derive(Clone, Debug, Default)]
    struct Wire(Arc<Mutex<Vec<HttpRequest>>>);

    impl HttpConnector for Wire {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            self.0.lock().unwrap().push(request);
            let mut response = HttpResponse::new(200.try_into().unwrap(), SdkBody::empty());
            response.headers_mut().insert("content-length", "0");
            HttpConnectorFuture::ready(Ok(response))
        }
    }

    #[tokio::test]
    async fn an_access_point_is_asked_at_its_own_address_and_in_its_own_region() {
        let arn = "arn:aws:s3:eu-central-1:123456789012:accesspoint/mine";
        let wire = Wire::default();
        let connector = SharedHttpConnector::new(wire.clone());
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .region(Region::new("eu-west-1"))
            .use_arn_region(true)
            .http_client(http_client_fn(move |_, _| connector.clone()));
        let source = S3Source::from_client(arn, &Client::from_conf(config.build())).unwrap();
        source.head("a/b c", None).await.unwrap();
        let asked = wire.0.lock().unwrap().pop().unwrap();
        let host = "https://mine-123456789012.s3-accesspoint.eu-central-1.amazonaws.com";
        assert_eq!(asked.uri(), format!("{host}/a/b%20c"));
        let signature = asked.headers().get("authorization").unwrap();
        assert!(signature.contains("/eu-central-1/s3/aws4_request"), "{signature}");
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
