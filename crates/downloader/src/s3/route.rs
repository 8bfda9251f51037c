//! Where requests about a bucket go and how they are signed, as the SDK decides it.
//!
//! The SDK knows all about endpoints: path and virtual-host style, access points, partitions, FIPS, dual stack. What it makes
//! of one request holds for every other one about the same bucket. So it is asked once, by a request that is looked at before
//! it would be signed, and is not sent.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::endpoint::Endpoint;
use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeId;
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::runtime_components::GetIdentityResolver;
use aws_smithy_types::Document;
use aws_smithy_types::endpoint::EndpointAuthScheme;

use crate::bucket::Bucket;
use crate::error::{Error, ErrorKind, Result};
use crate::s3::error::translate_unsent;

/// The key of the request that is not sent.
const PROBE: &str = "probe";

/// Where requests about a bucket go, and how they are signed.
#[derive(Debug)]
pub(super) struct Route {
    /// What every address starts with: scheme, host and, in path style, the bucket; no final slash.
    pub(super) base: String,
    /// How requests are signed; not at all if nobody is logged in on purpose.
    pub(super) signing: Option<Signing>,
    /// The SDK's HTTP client, clock and caches.
    pub(super) components: RuntimeComponents,
}

/// How requests are signed.
#[derive(Debug)]
pub(super) struct Signing {
    pub(super) scheme: Scheme,
    /// The service's name in the signature.
    pub(super) name: String,
    pub(super) identities: SharedIdentityResolver,
}

/// For where a signature is valid.
#[derive(Debug)]
pub(super) enum Scheme {
    /// In one region.
    V4 { region: String },
    /// In several regions, for access points that span them.
    V4a { region_set: String },
}

impl Route {
    /// Asks the SDK. Credentials are looked up, but no request is made to S3.
    pub(super) async fn find(client: &Client, bucket: &Bucket) -> Result<Self> {
        let probe = Probe::default();
        let sent = client
            .get_object()
            .bucket(bucket.as_str())
            .key(PROBE)
            .customize()
            .interceptor(probe.clone())
            .send()
            .await;
        let found = probe.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        found.ok_or_else(|| match sent {
            Err(error) => translate_unsent(error),
            Ok(_) => Error::new(ErrorKind::Invalid).with_reason("the SDK's client finds no route"),
        })
    }

    fn read(
        request: &BeforeTransmitInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Option<Self> {
        let address = request.request().uri();
        let (base, _) = address.rsplit_once(&format!("/{PROBE}"))?;
        let mut schemes = config.load::<Endpoint>()?.auth_schemes().iter();
        let signing = schemes.find_map(|scheme| Signing::read(scheme, components));
        Some(Self { base: base.to_owned(), signing, components: components.clone() })
    }
}

impl Signing {
    /// Reads what an endpoint says about signing; nothing if nobody can sign that way.
    fn read(scheme: &EndpointAuthScheme, components: &RuntimeComponents) -> Option<Self> {
        let text = |name| scheme.get(name).and_then(Document::as_string);
        let (id, read) = match scheme.name() {
            "sigv4" => ("sigv4", Scheme::V4 { region: text("signingRegion")?.to_owned() }),
            "sigv4a" => {
                let regions = scheme.get("signingRegionSet")?.as_array()?;
                let regions: Vec<_> = regions.iter().filter_map(Document::as_string).collect();
                ("sigv4a", Scheme::V4a { region_set: regions.join(",") })
            }
            _ => return None,
        };
        let identities = components.identity_resolver(AuthSchemeId::new(id))?;
        Some(Self { scheme: read, name: text("signingName")?.to_owned(), identities })
    }
}

/// Looks at a request, notes its route and stops it.
#[derive(Clone, Debug, Default)]
struct Probe(Arc<Mutex<Option<Route>>>);

impl Intercept for Probe {
    fn name(&self) -> &'static str {
        "Probe"
    }

    fn read_before_signing(
        &self,
        request: &BeforeTransmitInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Route::read(request, components, config);
        Err("this request is only looked at".into())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::Config;
    use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region};

    use super::*;

    async fn route(bucket: &str, configure: impl FnOnce(Builder) -> Builder) -> Route {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .region(Region::new("eu-west-1"));
        let client = Client::from_conf(configure(config).build());
        Route::find(&client, &bucket.parse().unwrap()).await.unwrap()
    }

    fn signed_for(route: &Route) -> &str {
        match &route.signing.as_ref().unwrap().scheme {
            Scheme::V4 { region } => region,
            Scheme::V4a { region_set } => region_set,
        }
    }

    #[tokio::test]
    async fn buckets_are_found_where_aws_keeps_them() {
        let plain = route("prod", |config| config).await;
        assert_eq!(plain.base, "https://prod.s3.eu-west-1.amazonaws.com");
        assert_eq!(signed_for(&plain), "eu-west-1");
        let dotted = route("prod.data", |config| config).await;
        assert_eq!(dotted.base, "https://s3.eu-west-1.amazonaws.com/prod.data");
        let path = route("prod", |config| config.force_path_style(true)).await;
        assert_eq!(path.base, "https://s3.eu-west-1.amazonaws.com/prod");
        let own = |config: Builder| config.force_path_style(true).endpoint_url("http://minio:9/x/");
        assert_eq!(route("prod", own).await.base, "http://minio:9/x/prod");
    }

    #[tokio::test]
    async fn access_points_are_reached_in_their_own_region_or_in_all() {
        let arn = "arn:aws:s3:eu-central-1:123456789012:accesspoint/mine";
        let one = route(arn, |config| config.use_arn_region(true)).await;
        assert_eq!(one.base, "https://mine-123456789012.s3-accesspoint.eu-central-1.amazonaws.com");
        assert_eq!(signed_for(&one), "eu-central-1");
        let many =
            route("arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap", |config| config);
        let many = many.await;
        assert_eq!(many.base, "https://mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com");
        assert_eq!(signed_for(&many), "*");
    }

    #[tokio::test]
    async fn who_is_nobody_signs_nothing() {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .allow_no_auth()
            .region(Region::new("eu-west-1"));
        let client = Client::from_conf(config.build());
        let route = Route::find(&client, &"prod".parse().unwrap()).await.unwrap();
        assert!(route.signing.is_none());
    }
}
