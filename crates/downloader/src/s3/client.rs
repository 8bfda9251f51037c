//! The SDK's client: it finds profile, region, credentials and endpoint as the AWS tools do.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{Builder, Credentials, IdentityCache, Region};
use aws_sdk_s3::{Client, Config};
use aws_types::service_config::ServiceConfigKey;

use crate::bucket::Bucket;
use crate::connect::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::s3::profile;

/// What signs requests when nothing says which region the bucket is in; S3 then tells the right one.
const DEFAULT_REGION: &str = "us-east-1";
/// What the hosts of AWS end in.
const AWS_HOSTS: [&str; 3] = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"];

/// Finds profile, region and credentials as the AWS tools do, unless `options` say otherwise. Also returns where STS is, if the
/// environment or the profile names a place.
///
/// # Errors
///
/// [`ErrorKind::Invalid`] if an endpoint is no URL, [`ErrorKind::NoCredentials`] if a profile is named that is not there.
pub(super) async fn connect(
    bucket: &Bucket,
    options: &ConnectOptions,
) -> Result<(Client, Option<String>)> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(keys) = &options.access_keys {
        let token = keys.session_token.clone();
        loader = loader.credentials_provider(Credentials::new(
            &keys.id,
            &keys.secret,
            token,
            None,
            "options",
        ));
    } else if options.anonymous {
        loader = loader.no_credentials();
    } else {
        profile::check(options.profile.as_deref())
            .await
            .map_err(|error| error.with_bucket(bucket.as_str()))?;
        if let Some(named) = &options.profile {
            loader = loader.credentials_provider(profile::credentials(named).await);
        }
    }
    let shared = loader.load().await;
    let mut config = Config::from(&shared).to_builder();
    if shared.region().is_none() {
        config = config.region(Region::new(DEFAULT_REGION));
    }
    let endpoint_url = options.endpoint_url.clone().or_else(|| configured_endpoint(&shared, "S3"));
    if let Some(endpoint_url) = endpoint_url {
        check_endpoint(&endpoint_url)?;
        // Servers at an address of their own seldom have a name for each bucket; an access point is never part of a path.
        let path_style = !is_aws(&endpoint_url) && !bucket.as_str().starts_with("arn:");
        config = config.force_path_style(path_style).endpoint_url(endpoint_url);
    }
    let sts = options.endpoint_url.is_none().then(|| configured_endpoint(&shared, "STS")).flatten();
    Ok((Client::from_conf(prepare(config).build()), sts))
}

/// Returns a client like `client`, but prepared for this crate.
pub(super) fn adopt(client: &Client) -> Client {
    Client::from_conf(prepare(client.config().to_builder()).build())
}

/// Returns a client like `client` for another region.
pub(super) fn in_region(client: &Client, region: String) -> Client {
    Client::from_conf(client.config().to_builder().region(Region::new(region)).build())
}

fn prepare(config: Builder) -> Builder {
    config
        // There is one retry policy, and it is ours: it knows the deadline, the observer, and what has arrived already.
        .retry_config(RetryConfig::disabled())
        // Kept when the bucket turns out to be in another region: who logged in need not do so again.
        .identity_cache(IdentityCache::lazy().build())
}

/// Returns the endpoint that the environment or the profile names for a service, or else for all.
fn configured_endpoint(shared: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(service)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    let for_service = shared.service_config().and_then(|config| config.load_config(key));
    for_service.or_else(|| shared.endpoint_url().map(ToOwned::to_owned))
}

/// Returns whether an address is one of AWS's own.
pub(super) fn is_aws(address: &str) -> bool {
    AWS_HOSTS.iter().any(|suffix| host_of(address).ends_with(suffix))
}

/// Returns the host of an address, with or without its scheme.
pub(super) fn host_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split(['/', ':']).next().unwrap_or(rest)
}

/// The SDK would report a malformed endpoint only at the first request, as a server that cannot be reached.
fn check_endpoint(endpoint_url: &str) -> Result<()> {
    let host =
        endpoint_url.strip_prefix("http://").or_else(|| endpoint_url.strip_prefix("https://"));
    match host {
        Some(host) if !host_of(host).is_empty() && !host.contains(char::is_whitespace) => Ok(()),
        _ => Err(Error::new(ErrorKind::Invalid).with_reason(format!(
            "the endpoint {endpoint_url:?} is no URL, such as http://localhost:9000; it comes from an option, from \
             AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, or from the profile"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_of_aws_have_a_name_for_each_bucket() {
        for url in ["https://s3.eu-west-1.amazonaws.com", "https://s3.cn-north-1.amazonaws.com.cn/"]
        {
            assert!(is_aws(url), "{url}");
        }
        for url in
            ["http://localhost:9000", "https://minio.example.org/x.amazonaws.com", "http://[::1]:9"]
        {
            assert!(!is_aws(url), "{url}");
        }
    }
}
