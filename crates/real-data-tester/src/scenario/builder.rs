//! Collects a scenario in code, or on top of what a file says.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reenact_registry::Layout;
use reenact_validator::Rules;

use super::diagnostic;
use super::model::Scenario;
use super::one_or_file::OneOrFile;
use super::step_rules::WrittenRules;
use super::written::{WrittenScenario, WrittenStep, layout};
use crate::argument::Argument;
use crate::executor::StepExecutor;
use crate::masking::Masking;
use crate::sampling::Sampling;
use crate::threshold::Threshold;
use crate::{Error, ErrorKind, Result};

/// Collects a [`Scenario`]; what is wrong in it is told by [`ScenarioBuilder::build`].
#[derive(Debug, Default)]
#[must_use]
pub struct ScenarioBuilder {
    written: WrittenScenario,
    executors: BTreeMap<String, Arc<dyn StepExecutor>>,
    masking: Option<Masking>,
    sampling: Option<Sampling>,
}

impl ScenarioBuilder {
    /// Begins with what a TOML text says; everything can still be changed. Files that it names are sought in the working directory.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Scenario`] for what is no TOML, for an unknown key and for a value that is not valid, with line and column.
    pub fn from_toml(text: &str) -> Result<Self> {
        Self::read(text, Path::new(""))
    }

    /// Begins with what a TOML file says. Files that it names are sought beside it.
    ///
    /// # Errors
    ///
    /// As [`ScenarioBuilder::from_toml`], and for a file that cannot be read; both name the file.
    pub fn open(path: &Path) -> Result<Self> {
        let text = fs_err::read_to_string(path).map_err(|error| {
            Error::caused(ErrorKind::Scenario, "the scenario cannot be read", error)
        })?;
        Self::read(&text, path.parent().unwrap_or_else(|| Path::new(""))).map_err(|error| {
            Error::caused(
                ErrorKind::Scenario,
                format!("the scenario {} cannot be used", path.display()),
                error,
            )
        })
    }

    fn read(text: &str, directory: &Path) -> Result<Self> {
        let mut written: WrittenScenario = diagnostic::read(text)?;
        let checked = written.load_files(directory).and_then(|()| written.check());
        checked.map_err(|problem| problem.within(text))?;
        Ok(Self { written, ..Self::default() })
    }

    /// Names the pipeline.
    pub fn pipeline(mut self, pipeline: impl Into<String>) -> Self {
        self.written.pipeline = pipeline.into();
        self
    }

    /// Returns the pipeline's name, if one is given.
    pub fn pipeline_name(&self) -> Option<&str> {
        Some(self.written.pipeline.as_str()).filter(|name| !name.is_empty())
    }

    /// Returns the bucket, if one is given.
    pub fn bucket_name(&self) -> Option<&str> {
        self.written.bucket.as_deref()
    }

    /// Returns how keys are laid out.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Scenario`] for what is neither a preset's name nor a template.
    pub fn key_layout(&self) -> Result<Layout> {
        layout(self.written.layout.as_deref())
    }

    /// Names the bucket of production's outputs: `name`, `s3://name`, or `file:///directory` for a directory that mirrors one.
    pub fn bucket(mut self, bucket: impl Into<String>) -> Self {
        self.written.bucket = Some(bucket.into());
        self
    }

    /// Sets how keys are laid out: a preset's name or a template. By default `seed`.
    pub fn layout(mut self, layout: impl Into<String>) -> Self {
        self.written.layout = Some(layout.into());
        self
    }

    /// Masks what is private wherever it would leave a run. By default nothing is masked.
    pub fn masking(mut self, masking: Masking) -> Self {
        self.masking = Some(masking);
        self
    }

    /// Takes a part of the inputs. By default all of them are taken.
    pub fn sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = Some(sampling);
        self
    }

    /// Describes the step `name`: `describe` is given what is known of it already, at first nothing.
    pub fn step(
        mut self,
        name: impl Into<String>,
        describe: impl FnOnce(StepBuilder) -> StepBuilder,
    ) -> Self {
        let name = name.into();
        let written = self.written.steps.remove(&name).unwrap_or_default();
        let StepBuilder { written, executor } =
            describe(StepBuilder { written, executor: self.executors.remove(&name) });
        if let Some(executor) = executor {
            self.executors.insert(name.clone(), executor);
        }
        self.written.steps.insert(name, written);
        self
    }

    /// Returns the scenario.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Scenario`] for the first name, layout, reference or command that is not valid or missing.
    pub fn build(self) -> Result<Scenario> {
        let (masking, sampling) = (self.masking, self.sampling);
        if let Some(masking) = &masking {
            masking.check()?;
        }
        let mut scenario = self.written.validate(self.executors)?;
        scenario.masking = masking.or(scenario.masking);
        scenario.sampling = sampling.or(scenario.sampling);
        Ok(scenario)
    }
}

/// Collects one step of a [`ScenarioBuilder`].
#[derive(Debug, Default)]
#[must_use]
pub struct StepBuilder {
    written: WrittenStep,
    executor: Option<Arc<dyn StepExecutor>>,
}

impl StepBuilder {
    /// Runs the step as a program with arguments; [`CommandExecutor`](crate::CommandExecutor) says which placeholders they may hold.
    /// A script that a file named is run no more.
    pub fn command(mut self, command: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.written.command = command.into_iter().map(Into::into).collect();
        self.written.script = None;
        self
    }

    /// Runs the step by an executor of the caller's own.
    pub fn executor(mut self, executor: impl StepExecutor + 'static) -> Self {
        self.executor = Some(Arc::new(executor));
        self
    }

    /// Feeds the input `name` with an output of another step: `step.output`, or its property path in any spelling that
    /// [`PropertyPath`](reenact_registry::PropertyPath) reads.
    pub fn input(mut self, name: impl Into<String>, from: impl Into<String>) -> Self {
        self.written.inputs.get_or_insert_default().insert(name.into(), from.into());
        self
    }

    /// Says what the step writes, by logical name. By default it is expected to write what production's did.
    pub fn outputs(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.written.outputs = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Says that the step has no inputs.
    pub fn no_inputs(mut self) -> Self {
        self.written.inputs = Some(BTreeMap::new());
        self
    }

    /// Adds a variable to the step's environment.
    pub fn environment(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.written.environment.insert(name.into(), value.into());
        self
    }

    /// Passes a variable of the caller's environment on to the step, if it is set. This is how a step gets credentials, should it need any.
    pub fn pass_environment(mut self, name: impl Into<String>) -> Self {
        self.written.pass_environment.push(name.into());
        self
    }

    /// Ends the step, and all that it started, after `limit`. By default there is no limit.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.written.time_limit_seconds = Some(limit.as_secs_f64());
        self
    }

    /// As [`StepBuilder::time_limit`], in seconds; that it is a positive number is seen to when the scenario is built.
    pub fn time_limit_seconds(mut self, seconds: f64) -> Self {
        self.written.time_limit_seconds = Some(seconds);
        self
    }

    /// Gives an argument to the step: `--name value` to a program in a container, an attribute of `job_args` to a Python script.
    pub fn argument(mut self, name: impl Into<String>, value: impl Into<Argument>) -> Self {
        self.written.arguments.insert(name.into(), value.into());
        self
    }

    /// Ends the step, and all that it started, when they have more than `bytes` of memory at once. By default there is no limit.
    pub fn memory_limit(mut self, bytes: u64) -> Self {
        self.written.memory_limit_bytes = Some(bytes);
        self
    }

    /// Ends the step, and all that it started, when its outputs have more than `bytes` together. By default there is no limit.
    pub fn output_limit(mut self, bytes: u64) -> Self {
        self.written.output_limit_bytes = Some(bytes);
        self
    }

    /// Adds a bound on what the step may cost.
    pub fn threshold(mut self, threshold: Threshold) -> Self {
        self.written.thresholds.push(threshold);
        self
    }

    /// Masks the step's inputs, and what its outputs are compared with, as the scenario's [`Masking`] says: for steps that need not
    /// see the data.
    pub fn mask_inputs(mut self) -> Self {
        self.written.mask_inputs = true;
        self
    }

    /// Names the columns by which the rows of the step's outputs are paired. By default a key is looked for in the data.
    ///
    /// Rules that are given for an output name its key themselves.
    pub fn key(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.written.key = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Judges the output `name` by `rules`. By default an output is judged by [`Rules::default`].
    pub fn rules(mut self, name: impl Into<String>, rules: Rules) -> Self {
        self.written.rules.by_output.insert(name.into(), OneOrFile::One(rules));
        self
    }

    /// Judges every output that is given no rules of its own by `rules`.
    pub fn rules_for_all(mut self, rules: Rules) -> Self {
        self.written.rules.all = Some(OneOrFile::One(rules));
        self
    }

    /// Judges every output by `rules`, whatever was said before of all or of one: for what somebody types, which comes before
    /// what a file says.
    pub fn override_rules(mut self, rules: Rules) -> Self {
        self.written.rules =
            WrittenRules { all: Some(OneOrFile::One(rules)), ..WrittenRules::default() };
        self
    }

    /// Pairs the rows of every output by these columns, whatever key was said before of all or in rules; only a key that rules
    /// give to one table of several stays.
    pub fn override_key(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.written.rules.key = Some(columns.into_iter().map(Into::into).collect());
        self
    }
}
