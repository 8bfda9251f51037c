//! Everything that a running server, its threads and the handles of a test share.

use std::sync::Arc;

use crate::faults::Faults;
use crate::log::Log;
use crate::policy::Policies;
use crate::store::Store;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) store: Arc<Store>,
    pub(crate) policies: Arc<Policies>,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    pub(crate) region: String,
}
