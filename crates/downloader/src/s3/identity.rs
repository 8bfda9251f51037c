//! Who signs: credentials, kept until they run out or are refused.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_s3::config::{ConfigBag, ResolveCachedIdentity};
use aws_sdk_s3::error::BoxError;
use aws_smithy_runtime_api::client::identity::{Identity, ResolveIdentity};
use tokio::sync::Mutex;

use crate::error::{Error, ErrorKind, Result};
use crate::s3::error::translate_provider;
use crate::s3::route::{Route, Signing};

/// How long before they run out credentials are fetched anew.
const BEFORE_EXPIRY: Duration = Duration::from_secs(10);
/// How long a provider may take: long enough for a program that asks for a second factor.
const LONGEST_LOOKUP: Duration = Duration::from_mins(2);

/// Credentials, kept until they run out or are refused.
#[derive(Debug, Default)]
pub(super) struct Identities {
    current: RwLock<Option<Arc<Identity>>>,
    /// Held by the one who fetches.
    fetching: Mutex<()>,
}

impl Identities {
    /// Returns credentials that have not run out.
    pub(super) async fn current(
        &self,
        route: &Route,
        signing: &Signing,
        now: SystemTime,
    ) -> Result<Arc<Identity>> {
        match self.kept(now) {
            Some(identity) => Ok(identity),
            // What is rare is not part of the future of every request.
            None => Box::pin(self.fetched(route, signing, now)).await,
        }
    }

    /// Returns credentials that have just been fetched, by whoever was first to need them.
    async fn fetched(
        &self,
        route: &Route,
        signing: &Signing,
        now: SystemTime,
    ) -> Result<Arc<Identity>> {
        let _fetching = self.fetching.lock().await;
        if let Some(identity) = self.kept(now) {
            return Ok(identity);
        }
        // The cache of the SDK's client: what it fetched to find the route need not be fetched again.
        let (components, config) = (&route.components, ConfigBag::base());
        let cache = components.identity_cache();
        let resolver = signing.identities.clone();
        self.keep(cache.resolve_cached_identity(resolver, components, &config)).await
    }

    /// Fetches credentials instead of `refused` ones. Nothing if there are no others.
    pub(super) async fn renewed(
        &self,
        route: &Route,
        signing: &Signing,
        refused: &Arc<Identity>,
    ) -> Result<Option<Arc<Identity>>> {
        let _fetching = self.fetching.lock().await;
        let known = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        let renewed = match known {
            // Another request was refused too, and has been here before.
            Some(known) if !Arc::ptr_eq(&known, refused) => known,
            _ => {
                let (components, config) = (&route.components, ConfigBag::base());
                self.keep(signing.identities.resolve_identity(components, &config)).await?
            }
        };
        Ok((credentials(&renewed) != credentials(refused)).then_some(renewed))
    }

    fn kept(&self, now: SystemTime) -> Option<Arc<Identity>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let identity = current.as_ref()?;
        let valid = identity.expiration().is_none_or(|expiry| now + BEFORE_EXPIRY < expiry);
        valid.then(|| Arc::clone(identity))
    }

    async fn keep(
        &self,
        fetched: impl Future<Output = Result<Identity, BoxError>>,
    ) -> Result<Arc<Identity>> {
        let fetched = tokio::time::timeout(LONGEST_LOOKUP, fetched).await.map_err(|elapsed| {
            Error::new(ErrorKind::NoCredentials)
                .with_reason("the provider did not answer")
                .with_source(elapsed)
        })?;
        let identity = Arc::new(fetched.map_err(translate_provider)?);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(current.insert(identity)))
    }
}

/// Returns the credentials that an identity is made of.
pub(super) fn credentials(identity: &Identity) -> Option<&Credentials> {
    identity.data()
}

/// Returns who gave out credentials. The SDK keeps the name to itself but for its debugging text, which shows no secret.
pub(super) fn provider(credentials: &Credentials) -> Option<String> {
    let text = format!("{credentials:?}");
    let (_, rest) = text.split_once("provider_name: \"")?;
    let (name, _) = rest.split_once('"')?;
    Some(match name {
        "EnvironmentVariable" => "environment variables".to_owned(),
        "ProfileFile" => "access keys of a profile".to_owned(),
        "CredentialProcess" => "the credential_process of a profile".to_owned(),
        "WebIdentityToken" => "a web identity token".to_owned(),
        "AssumeRoleProvider" => "an assumed role".to_owned(),
        "SSO" => "single sign-on".to_owned(),
        "EcsContainer" => "the container's role".to_owned(),
        "IMDSv2" => "the instance's role".to_owned(),
        "options" => "access keys given in code".to_owned(),
        other => other.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_tell_who_gave_them_out() {
        let given = |name| Credentials::new("id", "secret", None, None, name);
        assert_eq!(provider(&given("EnvironmentVariable")).unwrap(), "environment variables");
        assert_eq!(provider(&given("Mine")).unwrap(), "Mine");
    }
}
