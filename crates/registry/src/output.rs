//! `Output`: one registered output of a step.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, Malformed, Repr};
use crate::key::{OutputKey, StepKey};
use crate::location::Location;
use crate::name::JobType;
use crate::name::{DataType, LogicalName, StepName};
use crate::property::PropertyPath;
use crate::spelling;

/// Where one output of a step is, and what else is known of it.
///
/// ```
/// use reenact_registry::{Location, Output, OutputKey};
///
/// let output = Output::new(
///     OutputKey::parse("clean.table")?,
///     Location::parse("s3://flights/pipelines/flights/2013-01/clean/output/table")?,
/// )
/// .with_property_path("properties.ProcessingOutputConfig.Outputs['table'].S3Output.S3Uri".parse()?)?;
/// assert_eq!(output.key().to_string(), "clean.table");
/// # Ok::<(), reenact_registry::Error>(())
/// ```
#[doc(alias = "S3OutputInfo")]
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Record")]
pub struct Output {
    key: OutputKey,
    location: Location,
    property_path: Option<PropertyPath>,
    data_type: Option<DataType>,
    aliases: Vec<LogicalName>,
    registered_at: Option<DateTime<Utc>>,
    metadata: Map<String, Value>,
}

impl Output {
    /// Says where an output is.
    pub fn new(key: OutputKey, location: impl Into<Location>) -> Self {
        Self {
            key,
            location: location.into(),
            property_path: None,
            data_type: None,
            aliases: Vec::new(),
            registered_at: None,
            metadata: Map::new(),
        }
    }

    /// Says by which property of its step the output is referred to.
    ///
    /// # Errors
    ///
    /// [`Conflict`](crate::ErrorKind::Conflict) if the path names another step.
    pub fn with_property_path(mut self, path: PropertyPath) -> Result<Self, Error> {
        if let Some(step) = path.step()
            && !names(step, self.key.step_key())
        {
            return Err(Repr::OtherStep { key: self.key, path }.into());
        }
        self.property_path = Some(path.without_step());
        Ok(self)
    }

    /// Says what sort of thing the output is.
    #[must_use]
    pub fn with_data_type(self, data_type: DataType) -> Self {
        Self { data_type: Some(data_type), ..self }
    }

    /// Adds a name by which the output is known as well.
    #[must_use]
    pub fn with_alias(mut self, alias: LogicalName) -> Self {
        self.aliases.push(alias);
        self
    }

    /// Says when the output was registered.
    #[must_use]
    pub fn with_registered_at(self, at: DateTime<Utc>) -> Self {
        Self { registered_at: Some(at), ..self }
    }

    /// Adds something else that is known of the output.
    #[must_use]
    pub fn with_metadata(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.metadata.insert(name.into(), value.into());
        self
    }

    /// Returns what tells this output from all others.
    pub fn key(&self) -> &OutputKey {
        &self.key
    }

    /// Returns where the output is.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Returns by which property of its step the output is referred to; the path does not name the step.
    pub fn property_path(&self) -> Option<&PropertyPath> {
        self.property_path.as_ref()
    }

    /// Returns what sort of thing the output is.
    pub fn data_type(&self) -> Option<&DataType> {
        self.data_type.as_ref()
    }

    /// Returns the names by which the output is known besides its logical name.
    pub fn aliases(&self) -> &[LogicalName] {
        &self.aliases
    }

    /// Returns when the output was registered.
    pub fn registered_at(&self) -> Option<DateTime<Utc>> {
        self.registered_at
    }

    /// Returns what else is known of the output.
    pub fn metadata(&self) -> &Map<String, Value> {
        &self.metadata
    }

    /// Returns how a pipeline definition refers to the output, or none if it has no property path.
    ///
    /// The step is named as SageMaker names it, with its job type.
    pub fn to_get_expression(&self) -> Option<Value> {
        let step = StepName::parse(&spelling::joined(self.key.step_key())).ok()?;
        self.property_path.clone()?.with_step(step).to_get_expression()
    }

    /// Returns the same output at another place.
    pub(crate) fn relocated(self, location: Location) -> Self {
        Self { location, ..self }
    }

    /// Lets outputs of one step share its name in memory.
    pub(crate) fn share_step(&mut self, step: &StepKey) {
        self.key = step.output(self.key.logical_name().clone());
    }

    /// Lets outputs with one property path share it in memory.
    pub(crate) fn share_property_path(&mut self, path: &PropertyPath) {
        self.property_path = Some(path.clone());
    }

    /// Names a field in which two outputs differ; when they were registered does not count.
    pub(crate) fn difference(&self, other: &Self) -> Option<&'static str> {
        if self.location != other.location {
            Some("location")
        } else if self.property_path != other.property_path {
            Some("property path")
        } else if self.data_type != other.data_type {
            Some("data type")
        } else if self.aliases != other.aliases {
            Some("aliases")
        } else if self.metadata != other.metadata {
            Some("metadata")
        } else {
            None
        }
    }

    /// Checks what the types do not.
    pub(crate) fn check(&self) -> Result<(), Malformed> {
        let Location::Local(path) = &self.location else {
            return Ok(());
        };
        let malformed = |reason| Malformed {
            what: "location",
            text: path.display().to_string(),
            position: 0,
            reason,
        };
        match path.to_str() {
            None => Err(malformed("a local path must be UTF-8, or a manifest could not hold it")),
            Some(_) if !path.is_absolute() => Err(malformed("a local path must be absolute")),
            Some(_) => Ok(()),
        }
    }
}

/// Returns whether `step` may stand for the step of `key`, whether or not it spells the job type.
fn names(step: &StepName, key: &StepKey) -> bool {
    step == key.step() || {
        let folded = spelling::fold(step.as_str());
        folded == spelling::full(key) || folded == spelling::base(key)
    }
}

/// An output as it is written in a manifest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    step: StepName,
    #[serde(default)]
    job_type: Option<JobType>,
    logical_name: LogicalName,
    location: Location,
    #[serde(default)]
    property_path: Option<PropertyPath>,
    #[serde(default)]
    data_type: Option<DataType>,
    #[serde(default)]
    aliases: Vec<LogicalName>,
    #[serde(default)]
    registered_at: Option<DateTime<Utc>>,
    #[serde(default)]
    metadata: Map<String, Value>,
}

impl TryFrom<Record> for Output {
    type Error = Error;

    fn try_from(record: Record) -> Result<Self, Error> {
        let output = Self {
            key: OutputKey::new(record.step, record.logical_name).with_job_type(record.job_type),
            location: record.location,
            property_path: None,
            data_type: record.data_type,
            aliases: record.aliases,
            registered_at: record.registered_at,
            metadata: record.metadata,
        };
        match record.property_path {
            Some(path) => output.with_property_path(path),
            None => Ok(output),
        }
    }
}

/// The same as [`Record`], borrowed.
#[derive(Serialize)]
struct RecordRef<'a> {
    step: &'a StepName,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_type: Option<&'a JobType>,
    logical_name: &'a LogicalName,
    location: &'a Location,
    #[serde(skip_serializing_if = "Option::is_none")]
    property_path: Option<&'a PropertyPath>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_type: Option<&'a DataType>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    aliases: &'a [LogicalName],
    #[serde(skip_serializing_if = "Option::is_none")]
    registered_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    metadata: &'a Map<String, Value>,
}

impl Serialize for Output {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RecordRef {
            step: self.key.step(),
            job_type: self.key.job_type(),
            logical_name: self.key.logical_name(),
            location: &self.location,
            property_path: self.property_path.as_ref(),
            data_type: self.data_type.as_ref(),
            aliases: &self.aliases,
            registered_at: self.registered_at,
            metadata: &self.metadata,
        }
        .serialize(serializer)
    }
}
