//! How a caller ends a run before its time and still gets the report of what was done.

use std::sync::Arc;

use tokio::sync::watch;

/// Ends a run: steps that run are ended with all that they started, and the report tells what there is.
///
/// A clone is given to [`Runner::with_interrupt`](crate::Runner::with_interrupt); another is raised, for instance on Ctrl-C.
#[derive(Clone, Debug)]
pub struct Interrupt(Arc<watch::Sender<bool>>);

impl Default for Interrupt {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Interrupt {
    /// Ends every run that has a clone of this, now and later.
    pub fn raise(&self) {
        self.0.send_replace(true);
    }

    /// Waits until it is raised.
    pub(crate) async fn raised(&self) {
        // The sender lives as long as this does, so waiting cannot fail.
        if self.0.subscribe().wait_for(|raised| *raised).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
