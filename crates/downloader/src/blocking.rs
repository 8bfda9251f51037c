//! Work that blocks, done where it may.

use std::future::Future;

use crate::error::{Error, ErrorKind, Result};

/// Runs `work` on the runtime's pool for blocking work. If the caller goes away, what `work` returns is dropped.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    start(work).await
}

/// Starts `work` at once; the future waits for what it returns.
pub(crate) fn start<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> impl Future<Output = Result<T>> + Send + 'static {
    let task = tokio::task::spawn_blocking(work);
    async move {
        match task.await {
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
}
