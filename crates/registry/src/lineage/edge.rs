//! `Edge`: one output that became one input.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::key::{OutputKey, StepKey};
use crate::name::LogicalName;
use crate::property::PropertyPath;

/// One output of a step that became one input of another.
///
/// In writing it is `step.output -> step.input`.
///
/// ```
/// use reenact_registry::{Edge, LogicalName, OutputKey, StepKey};
///
/// let edge = Edge::new(OutputKey::parse("ingest.raw")?, StepKey::parse("clean")?, LogicalName::parse("DATA")?);
/// assert_eq!(edge.to_string(), "ingest.raw -> clean.DATA");
/// # Ok::<(), reenact_registry::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    from: OutputKey,
    to_step: StepKey,
    to_input: LogicalName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    property_path: Option<PropertyPath>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recorded_at: Option<DateTime<Utc>>,
}

impl Edge {
    /// Says that the output `from` became the input `to_input` of `to_step`.
    pub fn new(from: OutputKey, to_step: StepKey, to_input: LogicalName) -> Self {
        Self { from, to_step, to_input, property_path: None, recorded_at: None }
    }

    /// Says by which property of its step the output was referred to.
    #[must_use]
    pub fn with_property_path(self, path: PropertyPath) -> Self {
        Self { property_path: Some(path.without_step()), ..self }
    }

    /// Says when it happened.
    #[must_use]
    pub fn with_recorded_at(self, at: DateTime<Utc>) -> Self {
        Self { recorded_at: Some(at), ..self }
    }

    /// Returns the output.
    pub fn from(&self) -> &OutputKey {
        &self.from
    }

    /// Returns the step that took it.
    pub fn to_step(&self) -> &StepKey {
        &self.to_step
    }

    /// Returns the input it became.
    pub fn to_input(&self) -> &LogicalName {
        &self.to_input
    }

    /// Returns by which property of its step the output was referred to; the path does not name the step.
    pub fn property_path(&self) -> Option<&PropertyPath> {
        self.property_path.as_ref()
    }

    /// Returns when it happened.
    pub fn recorded_at(&self) -> Option<DateTime<Utc>> {
        self.recorded_at
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}.{}", self.from, self.to_step, self.to_input)
    }
}
