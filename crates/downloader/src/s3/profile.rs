//! Profiles of the AWS configuration files: whether the one that is meant is there, and credentials from one that was asked for.

use std::borrow::Cow;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::default_provider::region::DefaultRegionChain;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, load};
use aws_config::provider_config::ProviderConfig;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use crate::error::{Error, ErrorKind, Result};

/// The profile that need not be there.
const UNNAMED: &str = "default";

/// Fails if a profile is named, here or by `AWS_PROFILE`, that is not there. The SDK would pass over it in silence, and ask the
/// machine it runs on for credentials.
pub(super) async fn check(named: Option<&str>) -> Result<()> {
    let (fs, env) = (Fs::default(), Env::default());
    let named = named.map(|name| Cow::Owned(name.to_owned()));
    let profiles = match load(&fs, &env, &EnvConfigFiles::default(), named.clone()).await {
        Ok(profiles) => profiles,
        // The SDK makes do without files that it cannot read.
        Err(_) if named.is_none() => return Ok(()),
        Err(source) => {
            let reason = "the AWS configuration files cannot be read";
            return Err(Error::new(ErrorKind::NoCredentials)
                .with_reason(reason)
                .with_source(source));
        }
    };
    let meant = profiles.selected_profile();
    if meant == UNNAMED || profiles.get_profile(meant).is_some() {
        return Ok(());
    }
    let mut known: Vec<String> = profiles.profiles().map(ToOwned::to_owned).collect();
    known.sort();
    let place =
        |variable: &str, usual: &str| env.get(variable).unwrap_or_else(|_| usual.to_owned());
    let config = place("AWS_CONFIG_FILE", "~/.aws/config");
    let credentials = place("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
    Err(Error::unknown(ErrorKind::NoCredentials, meant, known)
        .with_reason(format!("there is no AWS profile {meant:?}"))
        .with_place(format!("{config} or {credentials}")))
}

/// Finds credentials in a profile that was asked for, and only where it has none in the environment and everywhere else.
pub(super) async fn credentials(named: &str) -> CredentialsProviderChain {
    let region = DefaultRegionChain::builder().profile_name(named).build().region().await;
    let config = ProviderConfig::default().with_region(region);
    let profile = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(named);
    let others = DefaultCredentialsChain::builder().configure(config.clone()).profile_name(named);
    CredentialsProviderChain::first_try("Profile", profile.build())
        .or_else("Others", others.build().await)
}
