//! The SDK's client, set up for what this crate does itself: repeating, and verifying content.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    Builder, Credentials, Region, ResponseChecksumValidation, StalledStreamProtectionConfig,
};
use aws_sdk_s3::{Client, Config};

use crate::connect::{ConnectOptions, DEFAULT_STALL_TIMEOUT};

/// What signs requests when nothing says which region the bucket is in; S3 then tells the right one.
const DEFAULT_REGION: &str = "us-east-1";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Finds profile, region and credentials as the AWS tools do, unless `options` say otherwise.
pub(super) async fn connect(options: &ConnectOptions) -> Client {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(endpoint_url) = &options.endpoint_url {
        loader = loader.endpoint_url(endpoint_url);
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
    }
    let shared = loader.load().await;
    let mut config = Config::from(&shared).to_builder();
    if shared.region().is_none() {
        config = config.region(Region::new(DEFAULT_REGION));
    }
    // Servers at an address of their own seldom have a name for each bucket.
    config = config.force_path_style(shared.endpoint_url().is_some());
    Client::from_conf(prepare(config, options.stall_timeout).build())
}

/// Returns a client like `client`, but prepared for this crate.
pub(super) fn adopt(client: &Client) -> Client {
    Client::from_conf(prepare(client.config().to_builder(), DEFAULT_STALL_TIMEOUT).build())
}

/// Returns a client like `client` for another region.
pub(super) fn in_region(client: &Client, region: String) -> Client {
    Client::from_conf(client.config().to_builder().region(Region::new(region)).build())
}

fn prepare(config: Builder, stall_timeout: Duration) -> Builder {
    let timeouts =
        TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(stall_timeout);
    config
        // There is one retry policy, and it is ours: it knows the deadline, the observer, and what has arrived already.
        .retry_config(RetryConfig::disabled())
        // Content is verified once, over the whole object, also where it comes in ranges or is resumed.
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .timeout_config(timeouts.build())
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().grace_period(stall_timeout).build())
}
