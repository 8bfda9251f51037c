//! `Definition`: the parameters and steps of a pipeline.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Repr};
use crate::name::StepName;

/// A pipeline definition, as `DescribePipelineDefinitionForExecution` returns it.
///
/// The steps in the branches of a condition are steps like all others.
///
/// ```
/// use reenact_registry::{Definition, Location, Output, Registry, Scope};
/// use serde_json::json;
///
/// let definition = Definition::parse(r#"{
///     "Version": "2020-12-01",
///     "Parameters": [{"Name": "Bucket", "Type": "String", "DefaultValue": "flights"}],
///     "Steps": [
///         {"Name": "ingest", "Type": "Processing", "Arguments": {}},
///         {"Name": "clean", "Type": "Processing", "Arguments": {"ProcessingInputs": [{
///             "InputName": "DATA",
///             "S3Input": {"S3Uri": {"Get": "Steps.ingest.ProcessingOutputConfig.Outputs['raw'].S3Output.S3Uri"}}
///         }]}}
///     ]
/// }"#)?;
/// assert_eq!(definition.lineage()?.edges()[0].to_string(), "ingest.raw -> clean.DATA");
///
/// let mut registry = Registry::default();
/// let raw = Output::new("ingest.raw".parse()?, Location::parse("s3://flights/2013-01/raw")?)
///     .with_property_path("properties.ProcessingOutputConfig.Outputs['raw'].S3Output.S3Uri".parse()?)?;
/// registry.register(raw)?;
///
/// let reference = json!({"Get": "Steps.ingest.ProcessingOutputConfig.Outputs['raw'].S3Output.S3Uri"});
/// let replayed = definition.evaluate(&reference, &Scope::new(&registry))?;
/// assert_eq!(replayed, "s3://flights/2013-01/raw");
/// let local = registry.at_local_root("/tmp/flights".as_ref())?;
/// assert_eq!(definition.evaluate(&reference, &Scope::new(&local))?, "/tmp/flights/ingest/raw");
///
/// let joined = json!({"Std:Join": {"On": "/", "Values": ["s3:/", {"Get": "Parameters.Bucket"}, "code"]}});
/// assert_eq!(definition.evaluate(&joined, &Scope::new(&registry))?, "s3://flights/code");
/// # Ok::<(), reenact_registry::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Document", into = "Document")]
pub struct Definition {
    document: Document,
    /// All steps, those in branches as well.
    steps: Vec<Step>,
}

/// What of the JSON matters here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    #[serde(default)]
    parameters: Vec<Parameter>,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_value: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Step {
    pub(super) name: StepName,
    #[serde(default)]
    pub(super) arguments: Value,
}

impl Definition {
    /// Reads the JSON of a definition.
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ErrorKind::Malformed) if it is none, [`Collision`](crate::ErrorKind::Collision) if two steps
    /// have one name.
    pub fn parse(text: &str) -> Result<Self, Error> {
        serde_json::from_str::<Document>(text)
            .map_err(|source| Error::from(Repr::Definition { source }))?
            .try_into()
    }

    /// Lists the names of the steps: those of the pipeline, then those in the branches of conditions.
    pub fn steps(&self) -> impl Iterator<Item = &StepName> {
        self.steps.iter().map(|step| &step.name)
    }

    pub(super) fn all_steps(&self) -> &[Step] {
        &self.steps
    }

    /// Lists the parameters with their defaults.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, Option<&Value>)> {
        let parameters = self.document.parameters.iter();
        parameters.map(|parameter| (parameter.name.as_str(), parameter.default_value.as_ref()))
    }
}

impl TryFrom<Document> for Definition {
    type Error = Error;

    fn try_from(document: Document) -> Result<Self, Error> {
        let mut steps = document.steps.clone();
        let mut next = 0;
        while let Some(step) = steps.get(next) {
            let branches =
                step.branches().map_err(|source| Error::from(Repr::Definition { source }))?;
            steps.extend(branches);
            next += 1;
        }
        let mut seen = BTreeSet::new();
        match steps.iter().find(|step| !seen.insert(&step.name)) {
            Some(twice) => Err(Repr::DuplicateStep { step: twice.name.clone() }.into()),
            None => Ok(Self { document, steps }),
        }
    }
}

impl From<Definition> for Document {
    fn from(definition: Definition) -> Self {
        definition.document
    }
}

impl Step {
    /// Lists the steps in the branches of a condition.
    fn branches(&self) -> Result<Vec<Self>, serde_json::Error> {
        let lists =
            ["IfSteps", "ElseSteps"].into_iter().filter_map(|branch| self.arguments.get(branch));
        lists
            .map(Vec::<Self>::deserialize)
            .collect::<Result<Vec<_>, _>>()
            .map(|lists| lists.concat())
    }
}
