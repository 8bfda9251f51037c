//! Edits the tables of a staged tree, each file replaced as a whole, so that what it was linked to stays as it is.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::edit::Edits;
use super::file::{Format, TableFile};
use super::{delimited, json_lines, parquet};
use crate::masking::{MOST_VALUES, Mask, Masker};
use crate::{Error, Result};

/// Edits every table below `root`, and returns the names of the files that are no tables and stay as they are.
pub(crate) fn edit_tree(root: &Path, edits: Edits<'_>) -> Result<Vec<String>> {
    let mut no_tables = Vec::new();
    for path in files(root)? {
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        match TableFile::of(&path) {
            None => no_tables.push(name),
            Some(file) => edit_file(&path, file, &name, edits)
                .map_err(|error| Error::workspace("sample or mask", &path, error))?,
        }
    }
    Ok(no_tables)
}

fn edit_file(path: &Path, file: TableFile, name: &str, edits: Edits<'_>) -> io::Result<()> {
    let target = NamedTempFile::new_in(path.parent().unwrap_or_else(|| Path::new(".")))?;
    match file.format {
        Format::Parquet => parquet::edit(path, target.reopen()?, name, edits)?,
        Format::Delimited(delimiter) => {
            let mut output = file.write(target.reopen()?)?;
            delimited::edit(file.read(path)?, &mut output, delimiter, name, edits)?;
            output.finish()?;
        }
        Format::JsonLines => {
            let mut output = file.write(target.reopen()?)?;
            json_lines::edit(file.read(path)?, &mut output, name, edits)?;
            output.finish()?;
        }
    }
    target.persist(path)?;
    Ok(())
}

/// Tells whether every table below `root` has all of `columns`; what cannot be read has none.
pub(crate) fn all_have_columns(root: &Path, columns: &[String]) -> bool {
    let has = |path: &PathBuf| {
        let Some(file) = TableFile::of(path) else { return true };
        let names = match file.format {
            Format::Parquet => parquet::columns(path),
            Format::Delimited(delimiter) => {
                file.read(path).and_then(|input| delimited::columns(input, delimiter))
            }
            Format::JsonLines => file.read(path).and_then(json_lines::columns),
        };
        names.is_ok_and(|names| columns.iter().all(|column| names.contains(column)))
    };
    files(root).is_ok_and(|files| files.iter().all(has))
}

/// Has `masker` know the values of the masked columns of every table below `root`; what cannot be read is left to whoever needs it.
pub(crate) fn learn_tree(root: &Path, masker: &Masker) -> Result<()> {
    let edits = Edits { sample: None, masker: Some(masker) };
    let mut values: BTreeMap<String, Mask> = BTreeMap::new();
    for path in files(root)? {
        let Some(file) = TableFile::of(&path) else { continue };
        // One more than are looked for says that there are too many.
        let mut learn = |value: &str, mask| {
            if values.len() <= MOST_VALUES && !values.contains_key(value) {
                values.insert(value.to_owned(), mask);
            }
        };
        if let Err(error) = learn_file(&path, file, edits, masker, &mut learn) {
            tracing::debug!(path = %path.display(), %error, "cannot look for masked values");
        }
    }
    masker.learn(values.iter().map(|(value, mask)| (value.as_str(), *mask)))
}

fn learn_file(
    path: &Path,
    file: TableFile,
    edits: Edits<'_>,
    masker: &Masker,
    learn: &mut dyn FnMut(&str, Mask),
) -> io::Result<()> {
    match file.format {
        Format::Parquet => parquet::learn(path, edits, learn),
        Format::Delimited(delimiter) => delimited::learn(file.read(path)?, delimiter, edits, learn),
        Format::JsonLines => json_lines::learn(file.read(path)?, masker, learn),
    }
}

/// Lists the files below a directory, by name; a directory that is not there has none.
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
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
