//! The report as a JSON document, and how a report file comes to lie whole under its name.

use std::io::Write;
use std::path::Path;

use crate::report::Report;
use crate::{Error, ErrorKind, Result};

/// Writes `report` as JSON to `path`.
pub(crate) fn write(report: &Report, path: &Path) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(report).map_err(|error| {
        Error::caused(ErrorKind::Workspace, "the report has no JSON form", error)
    })?;
    text.push(b'\n');
    write_whole(path, &text)
}

/// Writes a file that is never seen half-written.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Result<()> {
    let failed = |error| Error::workspace("write", path, error);
    let parent = path.parent().unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(parent).map_err(failed)?;
    file.write_all(content).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
