//! An S3 bucket as an [`ObjectSource`].

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::{ChecksumMode, EncodingType, Object, RequestPayer};
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::bucket::Bucket;
use crate::connect::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::s3::client;
use crate::s3::error::{Operation, translate, translate_body};
use crate::s3::reply::{decode_key, describe, parse_content_range, to_chrono, unquote};
use crate::source::{GetRequest, ListPage, ListRequest, ObjectBody, ObjectMeta, ObjectSource};

/// A bucket on S3, or on a server that speaks its protocol.
///
/// Each request is made once. If the bucket turns out to be in another region, the source moves there and asks again.
#[derive(Clone, Debug)]
pub struct S3Source {
    bucket: Bucket,
    client: Arc<RwLock<Client>>,
    requester_pays: bool,
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
        let client = client::connect(options).await;
        Ok(Self {
            bucket,
            client: Arc::new(RwLock::new(client)),
            requester_pays: options.requester_pays,
        })
    }

    /// Returns a source that uses a client of one's own: its credentials, endpoint and HTTP stack. Retries, timeouts and
    /// checksum validation are set to what this crate needs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] if `bucket` is not the name of a bucket on S3.
    pub fn from_client(bucket: &str, client: &Client) -> Result<Self> {
        let client = Arc::new(RwLock::new(client::adopt(client)));
        Ok(Self { bucket: parse_bucket(bucket)?, client, requester_pays: false })
    }

    fn client(&self) -> Client {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn payer(&self) -> Option<RequestPayer> {
        self.requester_pays.then_some(RequestPayer::Requester)
    }

    /// Makes a request, and makes it again if the bucket is in another region than was thought.
    async fn send<'a, T>(
        &'a self,
        key: &str,
        request: impl Fn(Client) -> BoxFuture<'a, Result<T>> + Send,
    ) -> Result<T> {
        let client = self.client();
        let mut result = request(client.clone()).await;
        if let Some(region) = result.as_ref().err().and_then(Error::region).map(ToOwned::to_owned) {
            let known = client.config().region().map(AsRef::as_ref);
            if known != Some(region.as_str()) {
                tracing::info!(bucket = %self.bucket, region, "the bucket is in another region");
                let moved = client::in_region(&client, region);
                *self.client.write().unwrap_or_else(PoisonError::into_inner) = moved.clone();
                result = request(moved).await;
            }
        }
        result.map_err(|error| {
            let error = error.with_bucket(self.bucket.as_str());
            if key.is_empty() || error.kind() == ErrorKind::BucketNotFound {
                error
            } else {
                error.with_key(key)
            }
        })
    }

    async fn list(&self, client: Client, request: &ListRequest) -> Result<ListPage> {
        let output = client
            .list_objects_v2()
            .bucket(self.bucket.as_str())
            .prefix(&request.prefix)
            .set_delimiter(request.one_level.then(|| "/".to_owned()))
            .set_continuation_token(request.continuation.clone())
            .set_max_keys(request.limit.map(|limit| i32::try_from(limit.get()).unwrap_or(i32::MAX)))
            // Keys may hold characters that XML cannot.
            .encoding_type(EncodingType::Url)
            .set_request_payer(self.payer())
            .send()
            .await
            .map_err(|error| translate(Operation::List, &client, error))?;
        read_page(output)
    }

    async fn describe(
        &self,
        client: Client,
        key: &str,
        version_id: Option<&str>,
    ) -> Result<ObjectMeta> {
        let output = client
            .head_object()
            .bucket(self.bucket.as_str())
            .key(key)
            .set_version_id(version_id.map(ToOwned::to_owned))
            .checksum_mode(ChecksumMode::Enabled)
            .set_request_payer(self.payer())
            .send()
            .await
            .map_err(|error| translate(Operation::Head, &client, error))?;
        Ok(describe!(key, to_size(output.content_length())?, output))
    }

    async fn describe_part(
        &self,
        client: Client,
        object: &ObjectMeta,
        number: i32,
    ) -> Result<Option<u64>> {
        // Not pinned to the ETag: some servers compare it with that of the part.
        let output = client
            .head_object()
            .bucket(self.bucket.as_str())
            .key(&object.key)
            .set_version_id(object.version_id.clone())
            .part_number(number)
            .set_request_payer(self.payer())
            .send()
            .await
            .map_err(|error| translate(Operation::Head, &client, error))?;
        // A server that does not know of parts describes the whole object.
        let knows = output.parts_count().is_some() || output.content_range().is_some();
        Ok(output.content_length().and_then(|length| u64::try_from(length).ok()).filter(|_| knows))
    }

    async fn get(&self, client: Client, request: &GetRequest) -> Result<ObjectBody> {
        let asked = request.range.as_ref();
        let is_whole = asked.is_none();
        let output = client
            .get_object()
            .bucket(self.bucket.as_str())
            .key(&request.key)
            .set_range(
                asked.map(|range| format!("bytes={}-{}", range.start, range.end.saturating_sub(1))),
            )
            .set_if_match(request.if_match.as_ref().map(|etag| format!("\"{etag}\"")))
            .set_version_id(request.version_id.clone())
            .set_request_payer(self.payer())
            .customize()
            .mutate_request(move |http| {
                // Asked for behind the SDK's back, which would otherwise hash the body a second time.
                if is_whole {
                    http.headers_mut().insert("x-amz-checksum-mode", "ENABLED");
                }
            })
            .send()
            .await
            .map_err(|error| translate(Operation::Get, &client, error))?;
        let (range, size) = match (output.content_range(), output.content_length()) {
            (Some(header), _) => parse_content_range(header)
                .ok_or_else(|| unexpected("the content range cannot be read"))?,
            (None, length @ Some(_)) => whole(to_size(length)?),
            // A server that makes up the body as it goes announces no length; so the object is asked for it.
            (None, None) => whole(
                self.describe(client, &request.key, request.version_id.as_deref()).await?.size,
            ),
        };
        let meta = describe!(&request.key, size, output);
        let (bucket, key) = (self.bucket.clone(), request.key.clone());
        let bytes =
            stream::unfold(output.body, |mut body| async move { Some((body.next().await?, body)) })
                .map_err(move |error| {
                    translate_body(error).with_bucket(bucket.as_str()).with_key(&key)
                });
        Ok(ObjectBody::new(meta, range, bytes.boxed()))
    }
}

impl ObjectSource for S3Source {
    fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    fn list_page<'a>(&'a self, request: &'a ListRequest) -> BoxFuture<'a, Result<ListPage>> {
        Box::pin(self.send(&request.prefix, move |client| Box::pin(self.list(client, request))))
    }

    fn head<'a>(
        &'a self,
        key: &'a str,
        version_id: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ObjectMeta>> {
        Box::pin(self.send(key, move |client| Box::pin(self.describe(client, key, version_id))))
    }

    fn get_range<'a>(&'a self, request: &'a GetRequest) -> BoxFuture<'a, Result<ObjectBody>> {
        Box::pin(self.send(&request.key, move |client| Box::pin(self.get(client, request))))
    }

    fn part_length<'a>(
        &'a self,
        object: &'a ObjectMeta,
        number: NonZeroU32,
    ) -> BoxFuture<'a, Result<Option<u64>>> {
        let number = i32::try_from(number.get()).unwrap_or(i32::MAX);
        Box::pin(
            self.send(&object.key, move |client| {
                Box::pin(self.describe_part(client, object, number))
            }),
        )
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

fn read_page(output: ListObjectsV2Output) -> Result<ListPage> {
    let encoded = output.encoding_type() == Some(&EncodingType::Url);
    let decode = |key: Option<&str>| {
        let key = key.ok_or_else(|| unexpected("the listing has an entry without a key"))?;
        if encoded {
            decode_key(key).ok_or_else(|| unexpected("a listed key is not UTF-8"))
        } else {
            Ok(key.to_owned())
        }
    };
    let read_object = |object: &Object| {
        let mut meta = ObjectMeta::new(decode(object.key())?, to_size(object.size())?);
        meta.etag = object.e_tag().map(unquote);
        meta.last_modified = object.last_modified().and_then(to_chrono);
        meta.storage_class = object
            .storage_class()
            .map(|class| class.as_str().to_owned())
            .filter(|class| class != "STANDARD");
        Ok(meta)
    };
    let objects = output.contents().iter().map(read_object).collect::<Result<_>>()?;
    let prefixes = output
        .common_prefixes()
        .iter()
        .map(|common| decode(common.prefix()))
        .collect::<Result<_>>()?;
    let truncated = output.is_truncated() == Some(true);
    if truncated && output.next_continuation_token().is_none() {
        return Err(unexpected("the listing is cut short and does not say where it goes on"));
    }
    Ok(ListPage::new(objects, prefixes, output.next_continuation_token.filter(|_| truncated)))
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

/// The range and the size of an object of which everything is returned.
fn whole(size: u64) -> (Range<u64>, u64) {
    (0..size, size)
}

fn to_size(size: Option<i64>) -> Result<u64> {
    size.and_then(|size| u64::try_from(size).ok())
        .ok_or_else(|| unexpected("an object has no length"))
}

fn unexpected(reason: &str) -> Error {
    Error::new(ErrorKind::UnexpectedReply).with_reason(reason)
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
