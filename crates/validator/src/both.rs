//! Does the same for both sides at once.

use crate::Result;

/// Runs both closures, the first on a thread of its own, and returns both results.
pub(crate) fn both_sides<A: Send, B>(
    candidate: impl FnOnce() -> Result<A> + Send,
    reference: impl FnOnce() -> Result<B>,
) -> Result<(A, B)> {
    std::thread::scope(|scope| {
        let candidate = scope.spawn(candidate);
        let reference = reference();
        let candidate = match candidate.join() {
            Ok(candidate) => candidate,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        Ok((candidate?, reference?))
    })
}
