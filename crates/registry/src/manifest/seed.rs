//! What the Python models of the seed dump: `step_outputs` and `execution_metadata`.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::read::Destination;
use crate::error::{Error, Repr};
use crate::execution::Execution;
use crate::key::OutputKey;
use crate::location::Location;
use crate::name::{DataType, ExecutionId, JobType, LogicalName, PipelineName, StepName};
use crate::output::Output;
use crate::property::PropertyPath;
use crate::registry::Registry;

/// `ExecutionMetadata`. The count of completed steps counted outputs, and is not read.
#[derive(Deserialize)]
pub(super) struct SeedExecution {
    #[serde(default)]
    pipeline_name: Option<PipelineName>,
    #[serde(default)]
    execution_id: Option<ExecutionId>,
    #[serde(default)]
    start_time: Option<Time>,
    #[serde(default)]
    end_time: Option<Time>,
    #[serde(default)]
    total_steps: usize,
}

impl From<SeedExecution> for Execution {
    fn from(seed: SeedExecution) -> Self {
        let time = |time: Option<Time>| time.map(|Time(at)| at);
        Self::from_parts(
            seed.pipeline_name,
            seed.execution_id,
            time(seed.start_time),
            time(seed.end_time),
        )
        .with_expected_total(seed.total_steps)
    }
}

/// Notes as completed all steps that have outputs, which is what registering one meant.
pub(super) fn complete_all(registry: &mut Registry) -> Result<(), Error> {
    let steps: Vec<_> = registry.steps().cloned().collect();
    steps.into_iter().try_for_each(|step| registry.execution_mut().complete(step).map(|_| ()))
}

/// `S3OutputInfo`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedOutput {
    #[serde(default)]
    logical_name: Option<LogicalName>,
    s3_uri: Location,
    #[serde(default, deserialize_with = "unless_empty")]
    property_path: Option<PropertyPath>,
    #[serde(default, deserialize_with = "unless_empty")]
    data_type: Option<DataType>,
    #[serde(default)]
    step_name: Option<StepName>,
    #[serde(default, deserialize_with = "unless_empty")]
    job_type: Option<JobType>,
    #[serde(default)]
    timestamp: Option<Time>,
    #[serde(default)]
    metadata: Map<String, Value>,
}

impl SeedOutput {
    /// Makes an output of it, if it says of itself what the names it was filed under say.
    fn under(self, step: &StepName, name: &LogicalName) -> Result<Output, Error> {
        let contradiction =
            |field| Repr::Contradiction { step: step.clone(), name: name.clone(), field };
        if self.step_name.as_ref().is_some_and(|own| own != step) {
            return Err(contradiction("step_name").into());
        }
        if self.logical_name.as_ref().is_some_and(|own| own != name) {
            return Err(contradiction("logical_name").into());
        }
        let key = OutputKey::new(step.clone(), name.clone()).with_job_type(self.job_type);
        let mut output = Output::new(key, self.s3_uri);
        let aliases = self.metadata.get("aliases").and_then(Value::as_array);
        for alias in aliases.into_iter().flatten().filter_map(Value::as_str) {
            output = output.with_alias(LogicalName::parse(alias)?);
        }
        for (field, value) in self.metadata {
            output = output.with_metadata(field, value);
        }
        if let Some(data_type) = self.data_type {
            output = output.with_data_type(data_type);
        }
        if let Some(Time(at)) = self.timestamp {
            output = output.with_registered_at(at);
        }
        match self.property_path {
            Some(path) => output.with_property_path(path),
            None => Ok(output),
        }
    }
}

/// Reads a string that the models require although there may be nothing to say.
fn unless_empty<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr<Err = Error>,
{
    match Option::<String>::deserialize(deserializer)? {
        Some(text) if !text.is_empty() => text.parse().map(Some).map_err(D::Error::custom),
        _ => Ok(None),
    }
}

/// A time in ISO 8601; one without a zone is in UTC.
struct Time(DateTime<Utc>);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let without_zone = || {
            ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
                .iter()
                .find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok())
        };
        match DateTime::parse_from_rfc3339(&text) {
            Ok(time) => Ok(Self(time.to_utc())),
            Err(error) => match without_zone() {
                Some(time) => Ok(Self(time.and_utc())),
                None => Err(D::Error::custom(format_args!("time `{text}`: {error}"))),
            },
        }
    }
}

/// Reads `step_outputs`: step -> logical name -> output.
pub(super) struct SeedOutputs<'a>(pub(super) Destination<'a>);

impl<'de> DeserializeSeed<'de> for SeedOutputs<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for SeedOutputs<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("outputs by step and logical name")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut steps: A) -> Result<(), A::Error> {
        while let Some(step) = steps.next_key::<StepName>()? {
            steps.next_value_seed(StepOutputs { step, into: &mut self.0 })?;
        }
        Ok(())
    }
}

/// Reads the outputs of one step.
struct StepOutputs<'a, 'b> {
    step: StepName,
    into: &'a mut Destination<'b>,
}

impl<'de> DeserializeSeed<'de> for StepOutputs<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for StepOutputs<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("outputs by logical name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut outputs: A) -> Result<(), A::Error> {
        while let Some((name, output)) = outputs.next_entry::<LogicalName, SeedOutput>()? {
            self.into.register(output.under(&self.step, &name))?;
        }
        Ok(())
    }
}
