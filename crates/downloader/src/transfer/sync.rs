//! Forcing files to the disk, before they get their names.

use std::sync::Arc;

use crate::blocking::blocking;
use crate::error::Result;
use crate::transfer::fetch::Fetch;
use crate::transfer::part::PartFile;

impl Fetch<'_> {
    /// Forces a file that is complete to the disk, if that is wanted.
    pub(super) async fn sync(self, part: &Arc<PartFile>) -> Result<()> {
        let pace = &self.shared.sync_pace;
        if !self.shared.options.sync {
            return Ok(());
        }
        if pace.is_quick() {
            return pace.measure(1, || part.sync());
        }
        let (pace, part) = (Arc::clone(pace), Arc::clone(part));
        blocking(move || pace.measure(1, || part.sync())).await
    }
}
