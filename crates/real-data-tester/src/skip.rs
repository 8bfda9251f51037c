//! Tests that need production: they skip visibly where nobody is signed in, and fail where they are required.

use std::error::Error as StdError;
use std::io::Write as _;

use reenact_downloader::ErrorKind;

use crate::Result;

/// The environment variable that turns skips into failures where it is `1`.
const REQUIRE: &str = "REENACT_REQUIRE";

/// Returns what a run came to, or nothing where there are no credentials to reach production with: then the test says on standard error that
/// it skips, or fails if the environment variable `REENACT_REQUIRE` is `1`.
///
/// ```
/// use reenact_real_data_tester::{Runner, Scenario, or_skip};
///
/// # fn test() -> Option<()> {
/// # let scenario = Scenario::builder("sales").build().ok()?;
/// # let options = reenact_downloader::ConnectOptions::default();
/// let runner = or_skip(Runner::connect_blocking(scenario, &options))?;
/// or_skip(runner.replay_blocking("total", "latest"))?.assert_matches_production();
/// # Some(())
/// # }
/// ```
///
/// # Panics
///
/// Panics with any other error and its causes, and with this one where skipping is not allowed.
#[track_caller]
pub fn or_skip<T>(result: Result<T>) -> Option<T> {
    let error = match result {
        Ok(value) => return Some(value),
        Err(error) => error,
    };
    let required = std::env::var(REQUIRE).is_ok_and(|value| value == "1");
    assert!(!required && lacks_credentials(&error), "{error:?}");
    let place = std::panic::Location::caller();
    // Not by a macro, whose text test runners hold back; if standard error is gone nobody can be told.
    drop(writeln!(std::io::stderr(), "SKIPPED {place}: no credentials: {error:?}"));
    None
}

/// Tells whether nobody is signed in.
fn lacks_credentials(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let ours = error.downcast_ref::<reenact_downloader::Error>();
        if ours.is_some_and(|error| error.kind() == ErrorKind::NoCredentials) {
            return true;
        }
        cause = error.source();
    }
    false
}
