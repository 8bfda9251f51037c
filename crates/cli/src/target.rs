//! What is to be written: what can be told of its place before the work is done whose outcome it is for.

use std::path::Path;

use crate::answer::{Failure, Missing};

/// Fails if no file can be written there.
pub(crate) fn file(path: &Path) -> Result<(), Failure> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let reason = if path.is_dir() {
        "a directory is there"
    } else if parent.is_some_and(|parent| !parent.is_dir()) {
        "there is no such directory"
    } else {
        return Ok(());
    };
    Err(Missing::new(format!("{} cannot be written: {reason}; name another file", path.display()))
        .into())
}

/// Fails if no directory can be there.
pub(crate) fn directory(path: &Path) -> Result<(), Failure> {
    match path.ancestors().find(|path| path.exists()) {
        Some(found) if !found.is_dir() => {
            let text =
                format!("{} cannot be a directory: {} is a file", path.display(), found.display());
            Err(Missing::new(format!("{text}; name another")).into())
        }
        _ => Ok(()),
    }
}
