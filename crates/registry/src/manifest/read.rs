//! How a manifest is read: output by output, straight into the registry.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::seed::{SeedExecution, SeedOutputs};
use super::write::{FORMAT, VERSION};
use crate::error::{Error, Repr};
use crate::execution::Execution;
use crate::output::{Output, Record};
use crate::registry::Registry;

impl Registry {
    /// Reads a manifest, or what the Python models of the seed dump.
    ///
    /// Of the latter, times without a zone are taken as UTC, the steps that have outputs as completed, and
    /// the count of completed steps is left out of account, since it counted outputs.
    ///
    /// ```
    /// use reenact_registry::{OutputKey, Registry};
    ///
    /// let registry = Registry::from_manifest(r#"{
    ///     "step_outputs": {"clean": {"table": {
    ///         "logical_name": "table", "s3_uri": "s3://flights/clean/table", "data_type": "S3Uri",
    ///         "property_path": "properties.ProcessingOutputConfig.Outputs['table'].S3Output.S3Uri",
    ///         "step_name": "clean", "job_type": null, "timestamp": "2025-08-21T12:00:00", "metadata": {}
    ///     }}},
    ///     "execution_metadata": {"pipeline_name": "flights", "total_steps": 3, "completed_steps": 1}
    /// }"#)?;
    /// let table = registry.output(&OutputKey::parse("clean.table")?)?;
    /// assert_eq!(table.location().to_string(), "s3://flights/clean/table");
    /// # Ok::<(), reenact_registry::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Newer`](crate::ErrorKind::Newer) if a newer version of this library wrote it,
    /// [`Malformed`](crate::ErrorKind::Malformed) if it is no manifest, and whatever
    /// [`register`](Self::register) has to say about an output.
    pub fn from_manifest(text: &str) -> Result<Self, Error> {
        let mut refusal = None;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let read = Manifest { refusal: &mut refusal }
            .deserialize(&mut deserializer)
            .and_then(|registry| deserializer.end().map(|()| registry));
        read.map_err(|source| match (newer(text), refusal) {
            // What a newer version means by its fields cannot be judged here.
            (Some(version), _) => Repr::Newer { version, newest: VERSION }.into(),
            (None, Some(refusal)) => refusal,
            (None, None) => Repr::Manifest { source }.into(),
        })
    }
}

/// Returns the version of a manifest that is too new to be read.
fn newer(text: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u64,
    }
    serde_json::from_str::<Versioned>(text)
        .ok()
        .map(|found| found.version)
        .filter(|version| *version > VERSION)
}

/// Reads what [`Registry::from_manifest`] reads.
impl<'de> Deserialize<'de> for Registry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Manifest { refusal: &mut None }.deserialize(deserializer)
    }
}

/// Reads a manifest. Why an output was refused is kept as it was, beside the deserializer's text.
struct Manifest<'a> {
    refusal: &'a mut Option<Error>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Execution,
    ExecutionMetadata,
    Format,
    Outputs,
    StepOutputs,
    Version,
}

impl<'de> DeserializeSeed<'de> for Manifest<'_> {
    type Value = Registry;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Registry, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Manifest<'_> {
    type Value = Registry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a manifest")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Registry, A::Error> {
        let mut registry = Registry::default();
        let mut seen = Vec::new();
        while let Some(field) = map.next_key::<Field>()? {
            if seen.contains(&field) {
                return Err(A::Error::custom("a field of the manifest is there twice"));
            }
            seen.push(field);
            let into = Destination { registry: &mut registry, refusal: &mut *self.refusal };
            match field {
                Field::Execution => *registry.execution_mut() = map.next_value::<Execution>()?,
                Field::ExecutionMetadata => {
                    *registry.execution_mut() = map.next_value::<SeedExecution>()?.into();
                }
                Field::Format => check_format(&map.next_value::<String>()?)?,
                Field::Outputs => map.next_value_seed(Outputs(into))?,
                Field::StepOutputs => map.next_value_seed(SeedOutputs(into))?,
                Field::Version => check_version(map.next_value()?)?,
            }
        }
        let ours = [Field::Format, Field::Version, Field::Outputs];
        if seen.contains(&Field::StepOutputs) {
            if ours.iter().any(|field| seen.contains(field)) {
                return Err(A::Error::custom(
                    "`step_outputs` does not go with the fields of a manifest",
                ));
            }
            super::seed::complete_all(&mut registry).map_err(A::Error::custom)?;
        } else if ours.iter().any(|field| !seen.contains(field)) {
            return Err(A::Error::custom("a manifest has `format`, `version` and `outputs`"));
        }
        Ok(registry)
    }
}

fn check_format<E: serde::de::Error>(format: &str) -> Result<(), E> {
    if format == FORMAT {
        Ok(())
    } else {
        Err(E::custom(format_args!("the format is not `{FORMAT}`")))
    }
}

fn check_version<E: serde::de::Error>(version: u64) -> Result<(), E> {
    if version == VERSION {
        Ok(())
    } else {
        Err(E::custom(format_args!("version {version} cannot be read")))
    }
}

/// Where outputs go, and why one was refused.
pub(super) struct Destination<'a> {
    registry: &'a mut Registry,
    refusal: &'a mut Option<Error>,
}

impl Destination<'_> {
    pub(super) fn register<E: serde::de::Error>(
        &mut self,
        output: Result<Output, Error>,
    ) -> Result<(), E> {
        match output.and_then(|output| self.registry.register(output)) {
            Ok(_) => Ok(()),
            Err(error) => {
                let text = E::custom(&error);
                *self.refusal = Some(error);
                Err(text)
            }
        }
    }
}

struct Outputs<'a>(Destination<'a>);

impl<'de> DeserializeSeed<'de> for Outputs<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Outputs<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of outputs")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut outputs: A) -> Result<(), A::Error> {
        while let Some(record) = outputs.next_element::<Record>()? {
            self.0.register(record.try_into())?;
        }
        Ok(())
    }
}
