//! Work that blocks, done where it may.

use crate::error::{Error, ErrorKind, Result};

/// Runs `work` on the runtime's pool for blocking work. If the caller goes away, what `work` returns is dropped.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down.
            Err(error) => Err(Error::new(ErrorKind::Io)
                .with_reason("the runtime has stopped")
                .with_source(error)),
        },
    }
}
