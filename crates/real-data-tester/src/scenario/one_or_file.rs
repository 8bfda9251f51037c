//! A value that is written in place, or in a file of its own whose path stands in its place.

use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::diagnostic;
use crate::{Error, ErrorKind, Result};

/// Either the value, or the TOML file that holds it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum OneOrFile<T> {
    /// The value.
    One(T),
    /// Where it is written.
    File(PathBuf),
}

impl<T: DeserializeOwned> OneOrFile<T> {
    /// Reads the file, if it is one, from below `directory`.
    pub(super) fn load(&mut self, directory: &Path) -> Result<()> {
        let Self::File(path) = self else { return Ok(()) };
        let path = directory.join(path);
        let text = fs_err::read_to_string(&path).map_err(|error| {
            Error::caused(ErrorKind::Scenario, "a file that it names cannot be read", error)
        })?;
        let value = diagnostic::read(&text).map_err(|error| {
            Error::caused(ErrorKind::Scenario, format!("in {}", path.display()), error)
        })?;
        *self = Self::One(value);
        Ok(())
    }
}

impl<T> OneOrFile<T> {
    /// Returns the directory in which what the value names is sought: where its file is, if it has one of its own.
    pub(super) fn directory(&self, directory: &Path) -> PathBuf {
        match self {
            Self::One(_) => directory.to_owned(),
            Self::File(path) => {
                directory.join(path).parent().map_or_else(PathBuf::new, Path::to_owned)
            }
        }
    }

    /// Returns the value; there is none before a file is loaded.
    pub(super) fn value(&self) -> Option<&T> {
        match self {
            Self::One(value) => Some(value),
            Self::File(_) => None,
        }
    }

    /// As [`value`](Self::value), to be completed.
    pub(super) fn value_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::One(value) => Some(value),
            Self::File(_) => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrFile<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = OneOrFile<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a table, or the path of a file that holds it")
            }

            fn visit_str<E>(self, path: &str) -> Result<Self::Value, E> {
                Ok(OneOrFile::File(path.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(OneOrFile::One)
            }
        }

        deserializer.deserialize_any(Either(PhantomData))
    }
}
