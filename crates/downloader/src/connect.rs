//! From an address to a source.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::bucket::Bucket;
use crate::error::Result;
use crate::local::LocalSource;
use crate::s3::{CustomerKey, S3Source};
use crate::source::ObjectSource;

/// How long a server may keep silent, unless options say otherwise.
pub(crate) const DEFAULT_STALL_TIMEOUT: Duration = Duration::from_secs(20);

/// How to reach S3. By default profile, region, endpoint and credentials are found as the AWS tools find them.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    pub(crate) profile: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) endpoint_url: Option<String>,
    pub(crate) access_keys: Option<AccessKeys>,
    pub(crate) anonymous: bool,
    pub(crate) requester_pays: bool,
    pub(crate) customer_key: Option<CustomerKey>,
    pub(crate) stall_timeout: Duration,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            profile: None,
            region: None,
            endpoint_url: None,
            access_keys: None,
            anonymous: false,
            requester_pays: false,
            customer_key: None,
            stall_timeout: DEFAULT_STALL_TIMEOUT,
        }
    }
}

/// A pair of access keys.
#[derive(Clone)]
pub(crate) struct AccessKeys {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) session_token: Option<String>,
}

impl ConnectOptions {
    /// Uses a profile of the AWS configuration files. As with the AWS command line, its credentials come before those in the
    /// environment, which come before those of a profile that `AWS_PROFILE` names.
    #[must_use]
    pub fn with_profile(mut self, profile: impl Into<String>) -> Self {
        self.profile = Some(profile.into());
        self
    }

    /// Looks for the bucket in a region first. If it is elsewhere, it is followed there.
    #[must_use]
    pub fn with_region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Uses a server other than AWS. Buckets are then part of the path, not of the host name.
    #[must_use]
    pub fn with_endpoint_url(mut self, endpoint_url: impl Into<String>) -> Self {
        self.endpoint_url = Some(endpoint_url.into());
        self
    }

    /// Uses these access keys and looks for no others.
    #[must_use]
    pub fn with_access_keys(
        mut self,
        id: impl Into<String>,
        secret: impl Into<String>,
        session_token: Option<String>,
    ) -> Self {
        self.access_keys = Some(AccessKeys { id: id.into(), secret: secret.into(), session_token });
        self
    }

    /// Signs no requests, as for public buckets.
    #[must_use]
    pub fn with_anonymous(mut self, anonymous: bool) -> Self {
        self.anonymous = anonymous;
        self
    }

    /// Agrees to pay for requests to buckets whose owner wants that. By default does not.
    #[must_use]
    pub fn with_requester_pays(mut self, requester_pays: bool) -> Self {
        self.requester_pays = requester_pays;
        self
    }

    /// Reads objects that were encrypted with a key of the customer's own (SSE-C). S3 takes such a key only over HTTPS.
    #[must_use]
    pub fn with_customer_key(mut self, key: [u8; 32]) -> Self {
        self.customer_key = Some(CustomerKey::new(key));
        self
    }

    /// Sets how long a server may keep silent before a request is given up, to be repeated: before it answers, or while it
    /// sends a body. By default 20 s.
    #[must_use]
    pub fn with_stall_timeout(mut self, stall_timeout: Duration) -> Self {
        self.stall_timeout = stall_timeout;
        self
    }
}

impl fmt::Debug for AccessKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AccessKeys").finish_non_exhaustive()
    }
}

/// Returns the source at an address: `name` or `s3://name` for a bucket on S3, `file:///directory` for a local mirror of one.
///
/// No request is made yet: whether the bucket exists shows at the first one.
///
/// ```
/// use reenact_downloader::{ConnectOptions, ObjectSourceExt, connect};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let mirror = tempfile::tempdir()?;
/// std::fs::write(mirror.path().join("a.csv"), "x,y\n")?;
///
/// let source = connect(&format!("file://{}", mirror.path().display()), &ConnectOptions::default()).await?;
/// assert_eq!(&source.read("a.csv").await?[..], b"x,y\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if the address is none,
/// [`ErrorKind::NoCredentials`](crate::ErrorKind::NoCredentials) if the profile that is named is not there.
pub async fn connect(bucket: &str, options: &ConnectOptions) -> Result<Arc<dyn ObjectSource>> {
    match bucket.parse::<Bucket>()?.directory() {
        Some(directory) => Ok(Arc::new(LocalSource::new(directory)?)),
        None => Ok(Arc::new(S3Source::connect(bucket, options).await?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show() {
        let options = ConnectOptions::default().with_access_keys(
            "the-id",
            "the-secret",
            Some("the-token".to_owned()),
        );
        let shown = format!("{:?}", options.with_customer_key([97; 32]));
        assert!(!shown.contains("the-") && !shown.contains("97"), "{shown}");
    }
}
