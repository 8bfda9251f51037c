//! Sending requests about one bucket: signed, over the SDK's HTTP client, and once more where what was learnt helps.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;

use crate::bucket::Bucket;
use crate::error::{Error, ErrorKind, Result};
use crate::s3::body::Body;
use crate::s3::client::is_aws;
use crate::s3::clock::Clock;
use crate::s3::error::{Refused, translate_connector};
use crate::s3::identity::{Identities, credentials, provider};
use crate::s3::request::Request;
use crate::s3::route::{Route, Scheme, Signing};
use crate::s3::signature::sign;
use crate::s3::xml;
use crate::source::Circumstances;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest answer of STS that is read.
const LARGEST_IDENTITY: usize = 64 * 1024;

/// Sends requests about one bucket.
pub(super) struct Session {
    route: Route,
    region: Option<String>,
    /// Where STS is, if there is one.
    sts: Option<String>,
    connector: SharedHttpConnector,
    stall_timeout: Duration,
    identities: Arc<Identities>,
    clock: Clock,
}

impl Session {
    /// Finds out where requests go. Credentials are looked up, but no request is made to S3.
    pub(super) async fn open(
        client: &Client,
        bucket: &Bucket,
        sts: Option<&str>,
        stall_timeout: Duration,
    ) -> Result<Self> {
        let route = Route::find(client, bucket).await?;
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(stall_timeout)
            .build();
        let http_client = route.components.http_client().ok_or_else(|| {
            Error::new(ErrorKind::Invalid).with_reason("the SDK's client has no HTTP client")
        })?;
        let region = client.config().region().map(ToString::to_string);
        let sts =
            sts.map(ToOwned::to_owned).or_else(|| sts_of_aws(&route.base, region.as_deref()?));
        Ok(Self {
            connector: http_client.http_connector(&settings, &route.components),
            region,
            sts,
            route,
            stall_timeout,
            identities: Arc::default(),
            clock: Clock::default(),
        })
    }

    /// Sends a request. If the server says that the credentials have run out, or what time it is, and so a second request may
    /// fare better, that is made.
    pub(super) async fn send(&self, request: &Request) -> Result<HttpResponse> {
        let signing = self.route.signing.as_ref();
        let identity = match signing {
            Some(signing) => Some(self.identities.current(&self.route, signing, self.now()).await?),
            None => None,
        };
        let route = (self.route.base.as_str(), signing);
        let error = match self.exchange(route, request, identity.as_deref()).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        let identity = match (error.kind(), signing, identity) {
            (ErrorKind::ExpiredCredentials, Some(signing), Some(refused)) => {
                match Box::pin(self.identities.renewed(&self.route, signing, &refused)).await? {
                    Some(renewed) => Some(renewed),
                    None => return Err(error),
                }
            }
            (ErrorKind::ClockSkew, _, identity) => match error.server_time() {
                Some(time) if self.clock.set(time, self.machine_now()) => identity,
                _ => return Err(error),
            },
            _ => return Err(error),
        };
        self.exchange(route, request, identity.as_deref()).await
    }

    /// Returns what is known about who asks and who answers.
    pub(super) async fn circumstances(&self) -> Circumstances {
        Circumstances {
            caller: Some(self.caller().await),
            credentials_from: self.credentials_from().await,
            address: Some(self.route.base.clone()),
            region: self.region.clone(),
            configured_region: None,
            clock_ahead_seconds: self.clock.ahead(),
        }
    }

    async fn caller(&self) -> String {
        let Some(signing) = &self.route.signing else { return "anonymous".to_owned() };
        let identity = match self.identities.current(&self.route, signing, self.now()).await {
            Ok(identity) => identity,
            Err(error) => return error.to_string(),
        };
        match self.identify(signing, &identity).await {
            Ok(Some(arn)) => arn,
            // There is no STS, or it does not answer: that is no obstacle.
            Ok(None) | Err(_) => credentials(&identity)
                .map(|credentials| format!("access key {}", credentials.access_key_id()))
                .unwrap_or_default(),
        }
    }

    async fn credentials_from(&self) -> Option<String> {
        let signing = self.route.signing.as_ref()?;
        let identity = self.identities.current(&self.route, signing, self.now()).await.ok()?;
        provider(credentials(&identity)?)
    }

    async fn identify(&self, signing: &Signing, identity: &Identity) -> Result<Option<String>> {
        let (Some(sts), Some(region)) = (&self.sts, &self.region) else { return Ok(None) };
        let signing = Signing {
            scheme: Scheme::V4 { region: region.clone() },
            name: "sts".to_owned(),
            identities: signing.identities.clone(),
        };
        let route = (sts.trim_end_matches('/'), Some(&signing));
        let mut reply = self.exchange(route, &Request::identify(), Some(identity)).await?;
        let body = Body::new(reply.take_body(), self.stall_timeout);
        let mut arn = None;
        xml::read(
            &body.collect(LARGEST_IDENTITY).await?,
            "GetCallerIdentityResponse",
            |_, name, text| {
                if name == b"Arn" {
                    arn = Some(std::mem::take(text));
                }
                Ok(())
            },
        )?;
        Ok(arn)
    }

    async fn exchange(
        &self,
        (base, signing): (&str, Option<&Signing>),
        request: &Request,
        identity: Option<&Identity>,
    ) -> Result<HttpResponse> {
        let mut http = request.to_http(base)?;
        let now = self.now();
        if let (Some(signing), Some(identity)) = (signing, identity) {
            sign(&mut http, signing, identity, now)?;
        }
        let http = HttpRequest::try_from(http)
            .map_err(|source| Error::new(ErrorKind::Invalid).with_source(source))?;
        let response =
            self.connector.call(http).await.map_err(|source| unanswered(source, base))?;
        self.clock.read(&response, || self.machine_now());
        if response.status().is_success() {
            return Ok(response);
        }
        let has_token = identity
            .and_then(credentials)
            .is_some_and(|credentials| credentials.session_token().is_some());
        let refused = Refused {
            operation: request.operation(),
            region: self.region.as_deref(),
            has_token,
            sent_at: now,
        };
        // What is rare is not part of the future of every request.
        Err(Box::pin(refused.read(response, self.stall_timeout)).await)
    }

    /// The time as the server has it, as far as is known.
    fn now(&self) -> SystemTime {
        self.clock.correct(self.machine_now())
    }

    fn machine_now(&self) -> SystemTime {
        self.route.components.time_source().map_or_else(SystemTime::now, |source| source.now())
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").field("base", &self.route.base).finish_non_exhaustive()
    }
}

/// Says why no answer came, and from where.
fn unanswered(source: ConnectorError, base: &str) -> Error {
    let error = translate_connector(source);
    match error.kind() {
        ErrorKind::Unreachable => error.with_reason(format!("no answer from {base}")),
        _ => error,
    }
}

/// Returns where AWS keeps its STS, if AWS is who is asked.
fn sts_of_aws(base: &str, region: &str) -> Option<String> {
    let partition = if region.starts_with("cn-") { ".cn" } else { "" };
    is_aws(base).then(|| format!("https://sts.{region}.amazonaws.com{partition}"))
}
