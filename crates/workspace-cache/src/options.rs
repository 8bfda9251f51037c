//! How a cache is opened.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::error::Result;
use crate::retention::Retention;

/// Where the cache is and how it behaves.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use reenact_workspace_cache::{Cache, CacheOptions};
///
/// let directory = tempfile::tempdir()?;
/// let options = CacheOptions::default().with_location(directory.path()).with_wait_limit(Duration::from_secs(60));
/// let cache = Cache::open(options)?;
/// assert!(cache.directory().starts_with(directory.path().canonicalize()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "WorkspaceConfig")]
#[derive(Debug, Clone)]
pub struct CacheOptions {
    location: Option<PathBuf>,
    pub(crate) retention: Retention,
    pub(crate) automatic_eviction: bool,
    pub(crate) wait_limit: Duration,
    pub(crate) last_use_interval: Duration,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Default for CacheOptions {
    fn default() -> Self {
        Self {
            location: None,
            retention: Retention::default(),
            automatic_eviction: true,
            wait_limit: Duration::from_mins(5),
            last_use_interval: Duration::from_mins(5),
            clock: Arc::new(SystemClock),
        }
    }
}

impl CacheOptions {
    /// Sets the cache directory. By default the value of the environment variable `REENACT_CACHE_DIR`, and if that is
    /// not set or empty, `reenact` in the platform's cache directory. This is the only thing taken from the environment.
    #[must_use]
    pub fn with_location(self, directory: impl Into<PathBuf>) -> Self {
        Self { location: Some(directory.into()), ..self }
    }

    /// Sets the limits of the cache. By default 10 GiB and 7 days since the last use.
    #[must_use]
    pub fn with_retention(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// Sets whether the cache keeps its limits by itself. By default it does.
    ///
    /// Once a day the first to open it or to commit an object starts a thread that removes what was not used for too long,
    /// and what crashes have left; dropping the cache waits for it. A commit that exceeds another limit removes what was
    /// least recently used, down to nine tenths of it.
    #[must_use]
    pub fn with_automatic_eviction(self, automatic: bool) -> Self {
        Self { automatic_eviction: automatic, ..self }
    }

    /// Sets how long to wait for another process that holds a lock, one of the index included, and makes no progress. By
    /// default 5 minutes.
    ///
    /// A process that is fetching is waited for as long as what it has fetched keeps growing; one that dies is not waited
    /// for at all.
    #[must_use]
    pub fn with_wait_limit(self, limit: Duration) -> Self {
        Self { wait_limit: limit, ..self }
    }

    /// Sets how old the noted last use of a blob must be before another use is noted. By default 5 minutes.
    ///
    /// Between two notes a hit writes nothing to the index.
    #[must_use]
    pub fn with_last_use_interval(self, interval: Duration) -> Self {
        Self { last_use_interval: interval, ..self }
    }

    /// Sets where the time comes from. By default the clock of the operating system.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Returns the directory the cache will be opened in, by the rule of [`with_location`](Self::with_location).
    ///
    /// # Errors
    /// [`ErrorKind::NoLocation`](crate::ErrorKind::NoLocation) if nothing names a directory.
    pub fn location(&self) -> Result<PathBuf> {
        crate::location::resolve(self.location.as_deref())
    }
}
