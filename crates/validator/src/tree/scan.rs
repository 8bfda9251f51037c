//! Walks one output tree and groups its files into tables and other files.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use tempfile::TempPath;

use super::Compression;
use super::name::{FileName, NamedFormat, part_of};
use super::partition::split_directory;
use crate::judgement::{IgnoreReason, TableFormat};
use crate::table::decompressed;
use crate::{Error, Result};

/// One side's files, grouped, by name.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) units: BTreeMap<String, Unit>,
    pub(crate) ignored: Vec<(String, IgnoreReason)>,
}

/// What is compared as one: a table of one or several files, or a file.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) contents: Contents,
    pub(crate) files: Vec<FileEntry>,
}

/// What a unit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contents {
    Table(TableFormat),
    Json,
    Opaque,
}

impl Contents {
    /// Returns what a file holds, from its name and, where that does not tell, from what is in it.
    pub(super) fn of(path: &Path, name: &FileName<'_>) -> Result<Self> {
        Ok(match name.format {
            NamedFormat::Table(format) => Self::Table(format),
            NamedFormat::Json if has_json_lines(path, name.compression)? => {
                Self::Table(TableFormat::JsonLines)
            }
            NamedFormat::Json if is_array_of_objects(path, name.compression)? => {
                Self::Table(TableFormat::JsonArray)
            }
            NamedFormat::Json => Self::Json,
            NamedFormat::Unknown => starts_like(path)?.map_or(Self::Opaque, Self::Table),
        })
    }
}

/// One file of a tree.
#[derive(Debug, Clone)]
pub(crate) struct FileEntry {
    pub(crate) path: PathBuf,
    /// Below the root, with `/` between segments; the file's name if the root is the file.
    pub(crate) relative: String,
    pub(crate) bytes: u64,
    pub(crate) compression: Compression,
    /// The columns that its directories name, as `day=2024-01-31` does, with their values.
    pub(crate) partition: Vec<(String, Option<String>)>,
    /// The same without compression, for formats that are read from several places at once.
    pub(crate) copy: Option<Arc<TempPath>>,
}

impl FileEntry {
    /// Returns the path to read from.
    pub(crate) fn readable(&self) -> &Path {
        self.copy.as_ref().map_or(&self.path, |copy| copy.as_ref())
    }
}

impl Tree {
    /// Reads the names, sizes and, where the name does not tell, the first bytes of all files.
    pub(crate) fn scan(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        let metadata = fs_err::metadata(root).map_err(|error| Error::io(root, error))?;
        if metadata.is_dir() {
            tree.walk(root, "")?;
        } else {
            let name = root.file_name().map(|name| name.to_string_lossy().into_owned());
            tree.add(root, "", &name.unwrap_or_default(), metadata.len())?;
        }
        for unit in tree.units.values_mut() {
            unit.files.sort_by(|a, b| a.relative.cmp(&b.relative));
        }
        tree.ignored.sort();
        Ok(tree)
    }

    fn walk(&mut self, directory: &Path, relative: &str) -> Result<()> {
        let unreadable = |error| Error::io(directory, error);
        for entry in fs_err::read_dir(directory).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_hidden(&name) {
                self.ignored.push((join(relative, &name), IgnoreReason::Hidden));
                continue;
            }
            let link = entry.file_type().map_err(|error| Error::io(&path, error))?.is_symlink();
            let metadata = fs_err::metadata(&path).map_err(|error| Error::io(&path, error))?;
            if metadata.is_dir() && !link {
                self.walk(&path, &join(relative, &name))?;
            } else if metadata.is_file() {
                self.add(&path, relative, &name, metadata.len())?;
            } else {
                self.ignored.push((join(relative, &name), IgnoreReason::Special));
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, directory: &str, name: &str, bytes: u64) -> Result<()> {
        if bytes == 0 {
            self.ignored.push((join(directory, name), IgnoreReason::ZeroBytes));
            return Ok(());
        }
        let parsed = FileName::parse(name);
        let contents = Contents::of(path, &parsed)?;
        let (root, partition) = match contents {
            Contents::Table(_) => split_directory(directory),
            _ => (directory.to_owned(), Vec::new()),
        };
        let part = if partition.is_empty() { part_of(name) } else { Some("*".to_owned()) };
        let unit_name = match (contents, part) {
            (Contents::Table(format), Some(part)) => format!("{part}.{}", extension(format)),
            _ => parsed.uncompressed.to_owned(),
        };
        let entry = FileEntry {
            path: path.to_path_buf(),
            relative: join(directory, name),
            bytes,
            compression: parsed.compression,
            partition,
            copy: None,
        };
        let unit = self.units.entry(join(&root, &unit_name));
        unit.or_insert_with(|| Unit { contents, files: Vec::new() }).files.push(entry);
        Ok(())
    }
}

/// Spark and Hive give markers and temporary directories names that start with `_` or `.`; only
/// the directories of a partition column such as `_day=1` are meant to be read.
fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || (name.starts_with('_') && !name.contains('='))
}

fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

fn extension(format: TableFormat) -> &'static str {
    match format {
        TableFormat::ArrowIpc => "arrow",
        TableFormat::Csv => "csv",
        TableFormat::JsonArray => "json",
        TableFormat::JsonLines => "jsonl",
        TableFormat::Parquet => "parquet",
        TableFormat::Tsv => "tsv",
    }
}

/// Returns the format that the first bytes of a file announce.
fn starts_like(path: &Path) -> Result<Option<TableFormat>> {
    let mut start = Vec::with_capacity(6);
    let file = fs_err::File::open(path).map_err(|error| Error::io(path, error))?;
    file.take(6).read_to_end(&mut start).map_err(|error| Error::io(path, error))?;
    Ok(match start.as_slice() {
        [b'P', b'A', b'R', b'1', ..] => Some(TableFormat::Parquet),
        b"ARROW1" => Some(TableFormat::ArrowIpc),
        _ => None,
    })
}

/// Whether a `.json` file is an array with nothing but objects in it, at least one.
fn is_array_of_objects(path: &Path, compression: Compression) -> Result<bool> {
    let bytes = BufReader::new(decompressed(path, compression)?);
    let found: Result<Vec<Object>, _> = serde_json::from_reader(bytes);
    Ok(found.is_ok_and(|objects| !objects.is_empty()))
}

/// Any object.
struct Object;

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for Object {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self)
    }
}

/// Whether a `.json` file holds one object per line, as Spark writes it: its first line is a whole
/// object, and another line follows.
fn has_json_lines(path: &Path, compression: Compression) -> Result<bool> {
    let broken = |error| Error::malformed(path, "cannot decompress").because(error);
    let mut lines = BufReader::new(decompressed(path, compression)?).split(b'\n');
    let mut next = || -> Result<Option<Vec<u8>>> {
        for line in lines.by_ref() {
            let line = line.map_err(broken)?;
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
        Ok(None)
    };
    let Some(first) = next()? else { return Ok(false) };
    let is_object = first.trim_ascii().starts_with(b"{")
        && serde_json::from_slice::<IgnoredAny>(&first).is_ok();
    Ok(is_object && next()?.is_some())
}
