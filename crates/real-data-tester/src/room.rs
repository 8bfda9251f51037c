//! The directory of a run, which is removed again unless the run comes to its end.

use reenact_workspace_cache::Workspace;

/// The workspace of a run; it is removed again, as a whole, unless it is kept.
#[derive(Debug)]
pub(crate) struct Room {
    workspace: Workspace,
    kept: bool,
}

impl Room {
    pub(crate) fn new(workspace: Workspace) -> Self {
        Self { workspace, kept: false }
    }

    pub(crate) fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = self.workspace.clone().remove()
        {
            tracing::warn!(workspace = %self.workspace.path().display(), %error, "cannot remove the directory of an unfinished run");
        }
    }
}
