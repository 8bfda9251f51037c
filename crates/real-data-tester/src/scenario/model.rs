//! A pipeline as far as runs need to know it, checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use reenact_registry::{Layout, LogicalName, OutputKey, PipelineName, StepKey};
use reenact_validator::Rules;

use super::builder::ScenarioBuilder;
use super::step_rules::StepRules;
use crate::argument::Argument;
use crate::executor::StepExecutor;
use crate::limits::Limits;
use crate::masking::{Masker, Masking};
use crate::sampling::Sampling;
use crate::synthetic::Synthetic;
use crate::threshold::Threshold;
use crate::{Error, Result};

/// A pipeline as far as runs need to know it: valid from the moment it exists.
///
/// It is built in code with [`Scenario::builder`] or read from TOML with [`Scenario::from_toml`].
#[derive(Clone, Debug)]
pub struct Scenario {
    pub(crate) pipeline: PipelineName,
    pub(crate) bucket: Option<String>,
    pub(crate) layout: Layout,
    pub(crate) masking: Option<Masking>,
    pub(crate) sampling: Option<Sampling>,
    pub(crate) synthetic: Option<Synthetic>,
    pub(crate) steps: BTreeMap<StepKey, Step>,
}

/// One step of a [`Scenario`].
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) executor: Arc<dyn StepExecutor>,
    pub(crate) inputs: Option<BTreeMap<LogicalName, OutputKey>>,
    pub(crate) outputs: Option<Vec<LogicalName>>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) passed_on: Vec<String>,
    pub(crate) arguments: BTreeMap<String, Argument>,
    pub(crate) limits: Limits,
    pub(crate) thresholds: Vec<Threshold>,
    pub(crate) mask_inputs: bool,
    pub(super) rules: StepRules,
}

impl Step {
    /// Returns what the output `name` is judged by.
    pub(crate) fn rules(&self, name: &LogicalName) -> Rules {
        self.rules.of(name).clone()
    }
}

impl Scenario {
    /// Begins a scenario for `pipeline`.
    pub fn builder(pipeline: impl Into<String>) -> ScenarioBuilder {
        ScenarioBuilder::default().pipeline(pipeline)
    }

    /// Reads a scenario from its TOML form, which [`SCENARIO_SCHEMA`](crate::SCENARIO_SCHEMA) describes to editors.
    ///
    /// ```
    /// # use reenact_real_data_tester::Scenario;
    /// let scenario = Scenario::from_toml(
    ///     r#"
    ///     pipeline = "flights"
    ///     bucket = "acme-production"
    ///
    ///     [steps.clean]
    ///     command = ["python", "clean.py", "{inputs}", "{outputs}"]
    ///     inputs = { flights = "ingest.flights", weather = "ingest.weather" }
    ///     time_limit_seconds = 600
    ///     "#,
    /// )?;
    /// assert_eq!(scenario.pipeline().as_str(), "flights");
    ///
    /// let error = Scenario::from_toml("pipeline = 'flights'\n[steps.clean]\ncomand = ['true']\n").unwrap_err();
    /// assert!(error.to_string().starts_with("line 3, column 1: unknown key `comand`; did you mean `command`?"), "{error}");
    /// # Ok::<(), reenact_real_data_tester::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Scenario`](crate::ErrorKind::Scenario) for what is no TOML, for an unknown key and for a value that is not valid,
    /// with line, column and the nearest key that is known.
    pub fn from_toml(text: &str) -> Result<Self> {
        ScenarioBuilder::from_toml(text)?.build()
    }

    /// Returns the pipeline's name.
    pub fn pipeline(&self) -> &PipelineName {
        &self.pipeline
    }

    /// Returns the bucket that holds production's outputs, if the scenario names one.
    pub fn bucket(&self) -> Option<&str> {
        self.bucket.as_deref()
    }

    /// Returns how the bucket's keys are laid out.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns which part of the inputs is taken, unless all of them are.
    pub fn sampling(&self) -> Option<&Sampling> {
        self.sampling.as_ref()
    }

    /// Makes a masker for one run, if anything is private.
    pub(crate) fn masker(&self) -> Result<Option<Arc<Masker>>> {
        self.masking.as_ref().map(|masking| masking.compile().map(Arc::new)).transpose()
    }

    /// Lists the steps that the scenario describes.
    pub fn steps(&self) -> impl Iterator<Item = &StepKey> {
        self.steps.keys()
    }

    pub(crate) fn entry(&self, name: &StepKey) -> Result<(&StepKey, &Step)> {
        self.steps.get_key_value(name).ok_or_else(|| {
            let known: Vec<String> = self.steps.keys().map(ToString::to_string).collect();
            Error::scenario(format!(
                "the scenario has no step `{name}`; its steps are: {}",
                known.join(", ")
            ))
        })
    }
}
