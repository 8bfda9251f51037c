//! Where blocking work of an async run goes, and where an async run goes for a caller that blocks.

use crate::{Error, ErrorKind, Result};

/// Runs what blocks on a thread where it may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::caused(ErrorKind::Workspace, "a part of the run broke down", error))
}

/// Waits for what is async, in a runtime of its own.
pub(crate) fn wait_for<T, F>(work: impl FnOnce() -> F + Send) -> Result<T>
where
    T: Send,
    F: Future<Output = Result<T>>,
{
    let broken =
        |error| Error::caused(ErrorKind::Workspace, "cannot start an async runtime", error);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(broken)?;
    // A thread of its own: a runtime may not block on a thread that already drives another.
    std::thread::scope(|scope| scope.spawn(|| runtime.block_on(work())).join())
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
