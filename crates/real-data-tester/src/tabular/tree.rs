//! Edits the tables of a staged tree, each file replaced as a whole, so that what it was linked to stays as it is.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::edit::Edits;
use super::file::{Format, NamedValues};
use super::{batches, delimited, ipc, json, parquet};
use crate::masking::{MOST_VALUES, Mask, Masker};
use crate::{Error, Result};

/// Edits every file with values by name below `root`; says of the others, and of those whose directories name a masked value, why they
/// cannot be masked.
pub(crate) fn edit_tree(root: &Path, edits: Edits<'_>) -> Result<Vec<String>> {
    let mut unmaskable = Vec::new();
    for path in files(root)? {
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        let failed = |error| Error::workspace("sample or mask", &path, error);
        let Some(file) = NamedValues::of(root, &path).map_err(failed)? else {
            unmaskable.push(format!("`{name}` is no CSV, TSV, JSON, Parquet or Arrow IPC file"));
            continue;
        };
        let is_masked =
            |name: &str| edits.masker.is_some_and(|masker| masker.column(name).is_some());
        if let Some((column, _)) = file.partition().find(|(column, _)| is_masked(column)) {
            unmaskable
                .push(format!("its directories have the values of column `{column}` as names"));
        }
        edit_file(&path, &file, &name, edits).map_err(failed)?;
    }
    Ok(unmaskable)
}

fn edit_file(path: &Path, file: &NamedValues, name: &str, edits: Edits<'_>) -> io::Result<()> {
    let target = NamedTempFile::new_in(path.parent().unwrap_or_else(|| Path::new(".")))?;
    let output = match file.format {
        Format::Parquet => {
            parquet::edit(file.seekable()?, file.write(target.reopen()?)?, name, edits)?
        }
        Format::ArrowIpc => {
            ipc::edit(file.seekable()?, file.write(target.reopen()?)?, name, edits)?
        }
        Format::Delimited(delimiter) => {
            let mut output = file.write_text(target.reopen()?)?;
            delimited::edit(file.text()?, &mut output, delimiter, name, edits)?;
            output.finish()?
        }
        format @ (Format::JsonLines | Format::JsonArray | Format::JsonDocument) => {
            let mut output = file.write_text(target.reopen()?)?;
            json::edit(format, file.text()?, &mut output, name, edits)?;
            output.finish()?
        }
    };
    output.finish()?;
    target.persist(path)?;
    Ok(())
}

/// Tells whether every table below `root` has all of `columns`; what cannot be read has none.
pub(crate) fn all_have_columns(root: &Path, columns: &[String]) -> bool {
    let has = |path: &PathBuf| match NamedValues::of(root, path) {
        Err(_) => false,
        Ok(None) => true,
        Ok(Some(file)) => names(&file, columns).is_ok_and(|names| {
            names.is_none_or(|names| columns.iter().all(|column| names.contains(column)))
        }),
    };
    files(root).is_ok_and(|files| files.iter().all(has))
}

/// Lists the columns of a table, of which some are asked for; a document is none.
fn names(file: &NamedValues, asked: &[String]) -> io::Result<Option<Vec<String>>> {
    Ok(Some(match file.format {
        Format::Parquet => batches::columns(&parquet::open(file.seekable()?)?.0),
        Format::ArrowIpc => batches::columns(&ipc::open(file.seekable()?)?.0),
        Format::Delimited(delimiter) => delimited::columns(file.text()?, delimiter, asked)?,
        Format::JsonDocument => return Ok(None),
        format @ (Format::JsonLines | Format::JsonArray) => json::columns(format, file.text()?)?,
    }))
}

/// Has `masker` know the values of the masked columns of every file below `root`; what cannot be read is left to whoever needs it.
pub(crate) fn learn_tree(root: &Path, masker: &Masker) -> Result<()> {
    let mut values: BTreeMap<String, Mask> = BTreeMap::new();
    for path in files(root)? {
        // One more than are looked for says that there are too many.
        let mut learn = |value: &str, mask| {
            if values.len() <= MOST_VALUES && !values.contains_key(value) {
                values.insert(value.to_owned(), mask);
            }
        };
        if let Err(error) = learn_file(root, &path, masker, &mut learn) {
            tracing::debug!(path = %path.display(), %error, "cannot look for masked values");
        }
    }
    masker.learn(values.iter().map(|(value, mask)| (value.as_str(), *mask)))
}

fn learn_file(
    root: &Path,
    path: &Path,
    masker: &Masker,
    learn: &mut dyn FnMut(&str, Mask),
) -> io::Result<()> {
    let Some(file) = NamedValues::of(root, path)? else { return Ok(()) };
    for (column, value) in file.partition() {
        if let Some(mask) = masker.column(column) {
            learn(value, mask);
        }
    }
    match file.format {
        Format::Parquet => batches::learn(parquet::open(file.seekable()?)?.1, masker, learn),
        Format::ArrowIpc => batches::learn(ipc::open(file.seekable()?)?.1, masker, learn),
        Format::Delimited(delimiter) => delimited::learn(file.text()?, delimiter, masker, learn),
        format => json::learn(format, file.text()?, masker, learn),
    }
}

/// Lists the files below a directory that are not empty, by name; a directory that is not there has none.
fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        let failed = |error| Error::workspace("look into", &directory, error);
        let entries = match std::fs::read_dir(&directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(failed)?,
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() && entry.metadata().map_err(failed)?.len() > 0 {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
