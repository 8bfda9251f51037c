//! How a registry is written. `docs/manifest-format.md` tells the format; a change of it changes the version.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::error::{Error, Repr};
use crate::registry::Registry;

/// The name of the format, which every manifest starts with.
pub(super) const FORMAT: &str = "reenact-manifest";

/// The newest version of the format, in which manifests are written.
pub(super) const VERSION: u64 = 1;

impl Registry {
    /// Writes a manifest: everything the registry holds, as JSON on one line, the same for equal registries.
    ///
    /// Whoever stores it should do so as a whole, under another name first.
    ///
    /// ```
    /// use reenact_registry::{Location, Output, OutputKey, Registry};
    ///
    /// let mut registry = Registry::default();
    /// registry.register(Output::new(OutputKey::parse("clean.table")?, Location::parse("s3://flights/t")?))?;
    /// let manifest = registry.to_manifest()?;
    /// assert_eq!(Registry::from_manifest(&manifest)?, registry);
    /// # Ok::<(), reenact_registry::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ErrorKind::Malformed), if metadata cannot be JSON.
    #[doc(alias = "export_to_manifest")]
    pub fn to_manifest(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|source| Repr::Manifest { source }.into())
    }
}

/// Writes what [`Registry::to_manifest`] writes, in the format of the serializer.
impl Serialize for Registry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut manifest = serializer.serialize_struct("Manifest", 4)?;
        manifest.serialize_field("format", FORMAT)?;
        manifest.serialize_field("version", &VERSION)?;
        manifest.serialize_field("execution", self.execution())?;
        manifest.serialize_field("outputs", &Outputs(self))?;
        manifest.end()
    }
}

struct Outputs<'a>(&'a Registry);

impl Serialize for Outputs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.outputs())
    }
}
