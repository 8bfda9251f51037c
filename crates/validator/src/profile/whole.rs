//! The profile of a file or directory, and its file.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::options::ProfileOptions;
use super::table::TableProfile;
use crate::budget::Budget;
use crate::observer::{Observer, Watch};
use crate::table::Source;
use crate::tree::{Contents, Tree};
use crate::{Error, ErrorKind, Result};

/// What is worth keeping of the tables in a file or directory once their rows are gone.
///
/// A profile can be built in parts and merged, saved as JSON, and compared with later data by
/// [`Validator::compare_with_profile`](crate::Validator::compare_with_profile). See `docs/profiles.md` in the repository.
///
/// ```
/// use reenact_validator::{Profile, ProfileOptions, Validator, Verdict};
///
/// let directory = tempfile::tempdir()?;
/// let (january, february) = (directory.path().join("january.csv"), directory.path().join("february.csv"));
/// std::fs::write(&january, "carrier,delay\nAA,10\nUA,30\nAA,20\n")?;
/// std::fs::write(&february, "carrier,delay\nAA,10\nUA,300000\nUA,70\n")?;
///
/// let profile = Profile::of(&january, &ProfileOptions::new())?;
/// let saved = directory.path().join("january.profile.json");
/// profile.save(&saved)?;
/// assert!(!std::fs::read_to_string(&saved)?.contains("AA"), "text is masked");
///
/// let judgement = Validator::default().compare_with_profile(&february, &Profile::load(&saved)?)?;
/// assert_eq!(judgement.verdict, Verdict::Inconclusive, "three rows do not tell");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    format_version: u32,
    tables: Vec<TableProfile>,
}

/// What says by itself how to read the rest.
#[derive(Deserialize)]
struct Head {
    format_version: Option<u32>,
}

/// The oldest version that is read. Version 1 counted an integer and the same number as a float as two distinct values.
const OLDEST_VERSION: u32 = 2;

/// What a table's cells of text may take while its types are inferred, in bytes.
const KEPT: u64 = 256 << 20;

impl Profile {
    /// The version of the form written by this crate. It changes when a field is removed or gets another meaning.
    pub const FORMAT_VERSION: u32 = 2;

    /// Profiles every table in a file or directory. Files that are no tables are passed over.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is nothing, or no table, at the path; [`ErrorKind::Unreadable`],
    /// [`ErrorKind::Malformed`] or [`ErrorKind::InconsistentParts`] if a file can't be read or is broken;
    /// [`ErrorKind::InvalidRules`] if a column of the options is no name, pattern or type.
    pub fn of(path: &Path, options: &ProfileOptions) -> Result<Self> {
        Self::read(path, options, &Watch::default())
    }

    /// As [`of`](Self::of), and tells somebody how far it is meanwhile.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn observed(
        path: &Path,
        options: &ProfileOptions,
        observer: Arc<dyn Observer>,
    ) -> Result<Self> {
        Self::read(path, options, &Watch::by(Some(observer)))
    }

    fn read(path: &Path, options: &ProfileOptions, watch: &Watch) -> Result<Self> {
        let mut tables = Vec::new();
        for (name, unit) in &Tree::scan(path)?.units {
            if let Contents::Table(format) = unit.contents {
                let room = Budget::new(KEPT).watched(watch.clone());
                let source = Source::open(format, &unit.files, &options.text, &room)?;
                tables.push(TableProfile::of_source(name, &source, options)?);
            }
        }
        if tables.is_empty() {
            return Err(Error::new(ErrorKind::NotFound, "there is no table in").at_path(path));
        }
        Ok(Self::from_tables(tables))
    }

    /// Puts profiles of tables together.
    pub fn from_tables(tables: Vec<TableProfile>) -> Self {
        Self { format_version: Self::FORMAT_VERSION, tables }
    }

    /// Returns the tables.
    pub fn tables(&self) -> &[TableProfile] {
        &self.tables
    }

    /// Returns the table of this name.
    pub fn table(&self, name: &str) -> Option<&TableProfile> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Adds the profile of other parts of the same tables; see [`TableProfile::merge`].
    ///
    /// # Errors
    /// [`ErrorKind::InconsistentParts`] if a table has other columns there.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        let mut tables = self.tables.clone();
        for table in other.tables {
            match tables.iter_mut().find(|known| known.name == table.name) {
                Some(known) => known.merge(table)?,
                None => tables.push(table),
            }
        }
        tables.sort_by(|a, b| a.name.cmp(&b.name));
        self.tables = tables;
        Ok(())
    }

    /// Returns the profile as one line of JSON.
    pub fn to_json(&self) -> String {
        // Neither a map key that is no text nor a value that refuses to be written is in it.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a profile from JSON.
    ///
    /// # Errors
    /// [`ErrorKind::Newer`] if a newer release wrote it; [`ErrorKind::Malformed`] if it is no profile, contradicts itself, or is of a
    /// version whose counts can't be merged with those of today.
    pub fn from_json(json: &str) -> Result<Self> {
        let broken = |error| Error::new(ErrorKind::Malformed, "this is no profile").because(error);
        let head: Head = serde_json::from_str(json).map_err(broken)?;
        match head.format_version {
            Some(version) if version > Self::FORMAT_VERSION => {
                let message = format!(
                    "the profile is of version {version}, newer than {}: read it with a newer release",
                    Self::FORMAT_VERSION
                );
                return Err(Error::new(ErrorKind::Newer, message));
            }
            Some(version) if version < OLDEST_VERSION => {
                let message = format!(
                    "the profile is of version {version}, whose counts of distinct values do not add up with those of version {}: profile the data again",
                    Self::FORMAT_VERSION
                );
                return Err(Error::new(ErrorKind::Malformed, message));
            }
            Some(_) => {}
            None => return Err(Error::new(ErrorKind::Malformed, "this is no profile")),
        }
        let profile: Self = serde_json::from_str(json).map_err(broken)?;
        for table in &profile.tables {
            if let Some((column, problem)) = table.problem() {
                let message =
                    format!("the profile of table `{}` contradicts itself: {problem}", table.name);
                return Err(Error::new(ErrorKind::Malformed, message).in_column(column));
            }
        }
        Ok(profile)
    }

    /// Saves the profile as a JSON file, which is there as a whole or not at all.
    ///
    /// # Errors
    /// [`ErrorKind::NotWritable`], with its path.
    pub fn save(&self, path: &Path) -> Result<()> {
        let io = |error| Error::not_writable(path, error);
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let directory = directory.unwrap_or_else(|| Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(directory).map_err(io)?;
        writeln!(file, "{}", self.to_json()).map_err(io)?;
        file.as_file().sync_all().map_err(io)?;
        file.persist(path).map_err(|error| io(error.error))?;
        Ok(())
    }

    /// Reads a profile that [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json); [`ErrorKind::NotFound`] or [`ErrorKind::Unreadable`] if the file can't be read.
    pub fn load(path: &Path) -> Result<Self> {
        let json = fs_err::read_to_string(path).map_err(|error| Error::io(path, error))?;
        Self::from_json(&json).map_err(|error| error.in_file(path))
    }
}
