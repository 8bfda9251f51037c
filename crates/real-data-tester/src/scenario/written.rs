//! A scenario as it is written down, not yet checked: the TOML form, which the builder fills too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use reenact_registry::{Layout, LogicalName, OutputKey, PipelineName, StepKey};
use serde::Deserialize;

use super::input::{Declared, source};
use super::model::{Scenario, Step};
use super::one_or_file::OneOrFile;
use super::problem::{Checked, Problem};
use super::step_rules::{StepRules, WrittenRules};
use crate::argument::Argument;
use crate::command::CommandExecutor;
use crate::executor::StepExecutor;
use crate::limits::Limits;
use crate::masking::{Masking, WrittenMasking};
use crate::python::PythonExecutor;
use crate::sagemaker::SageMakerExecutor;
use crate::sampling::{Sampling, WrittenSampling};
use crate::synthetic::{Synthetic, WrittenSynthetic};
use crate::threshold::{self, Threshold};
use crate::{Error, ErrorKind, Result};

/// The layout of keys where none is named.
const DEFAULT_LAYOUT: &str = "seed";

/// The whole.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenScenario {
    #[serde(default)]
    pub(super) pipeline: String,
    pub(super) bucket: Option<String>,
    pub(super) layout: Option<String>,
    masking: Option<WrittenMasking>,
    sampling: Option<WrittenSampling>,
    synthetic: Option<OneOrFile<WrittenSynthetic>>,
    #[serde(default)]
    pub(super) steps: BTreeMap<String, WrittenStep>,
}

/// One step.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenStep {
    #[serde(default)]
    pub(super) command: Vec<String>,
    pub(super) script: Option<WrittenScript>,
    pub(super) inputs: Option<BTreeMap<String, String>>,
    pub(super) outputs: Option<Vec<String>>,
    #[serde(default)]
    pub(super) environment: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) pass_environment: Vec<String>,
    #[serde(default)]
    pub(super) arguments: BTreeMap<String, Argument>,
    pub(super) time_limit_seconds: Option<f64>,
    pub(super) memory_limit_bytes: Option<u64>,
    pub(super) output_limit_bytes: Option<u64>,
    #[serde(default, deserialize_with = "threshold::written")]
    pub(super) thresholds: Vec<Threshold>,
    #[serde(default)]
    pub(super) mask_inputs: bool,
    #[serde(default)]
    pub(super) key: Vec<String>,
    #[serde(default)]
    pub(super) rules: WrittenRules,
}

/// A Python script.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenScript {
    path: PathBuf,
    #[serde(default)]
    style: ScriptStyle,
    python: Option<String>,
    #[serde(default)]
    input_paths: BTreeMap<String, PathBuf>,
    #[serde(default)]
    output_paths: BTreeMap<String, PathBuf>,
    #[serde(default)]
    network: bool,
}

/// What a script expects of whoever runs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ScriptStyle {
    /// That its `main` is called.
    #[default]
    Main,
    /// The paths of a SageMaker job.
    Sagemaker,
}

impl WrittenScript {
    fn executor(&self) -> Arc<dyn StepExecutor> {
        let python = self.python.as_deref().unwrap_or("python3");
        if self.style == ScriptStyle::Main {
            return Arc::new(PythonExecutor::new(&self.path).with_python(python));
        }
        let job = SageMakerExecutor::new(&self.path).with_python(python).with_network(self.network);
        let job =
            self.input_paths.iter().fold(job, |job, (name, path)| job.with_input_path(name, path));
        let job = self
            .output_paths
            .iter()
            .fold(job, |job, (name, path)| job.with_output_path(name, path));
        Arc::new(job)
    }
}

impl WrittenScenario {
    /// Reads the files that stand in place of values.
    pub(super) fn load_files(&mut self, directory: &Path) -> Checked<()> {
        for (name, step) in &mut self.steps {
            if let Some(script) = &mut step.script {
                script.path = directory.join(&script.path);
            }
            step.rules.load(directory).map_err(|problem| problem.below(name).below("steps"))?;
        }
        match &mut self.synthetic {
            Some(synthetic) => load_synthetic(synthetic, directory),
            None => Ok(()),
        }
    }

    /// Looks at all that is written; what is missing may still come.
    pub(super) fn check(&self) -> Checked<()> {
        if !self.pipeline.is_empty() {
            parsed::<PipelineName>("pipeline", &self.pipeline)?;
        }
        self.layout()?;
        self.masking()?;
        self.sampling()?;
        self.synthetic()?;
        self.parts().map(|_| ())
    }

    /// Returns the scenario, with the executors that are given in place of those that are written.
    pub(super) fn validate(
        self,
        mut executors: BTreeMap<String, Arc<dyn StepExecutor>>,
    ) -> Result<Scenario> {
        let pipeline = parsed("pipeline", &self.pipeline)?;
        let (layout, masking, sampling) = (self.layout()?, self.masking()?, self.sampling()?);
        let synthetic = self.synthetic()?;
        let mut steps = BTreeMap::new();
        for (name, key, parts) in self.parts()? {
            let executor = match executors.remove(name) {
                Some(executor) => executor,
                None => self.steps[name]
                    .executor()
                    .map_err(|problem| problem.below(name).below("steps"))?,
            };
            steps.insert(key, parts.with_executor(executor));
        }
        Ok(Scenario { pipeline, bucket: self.bucket, layout, masking, sampling, synthetic, steps })
    }

    fn masking(&self) -> Checked<Option<Masking>> {
        let Some(masking) = self.masking.as_ref().map(WrittenMasking::masking) else {
            return Ok(None);
        };
        masking.check().map_err(|error| Problem::at("masking", error))?;
        Ok(Some(masking))
    }

    fn sampling(&self) -> Checked<Option<Sampling>> {
        let sampling = self.sampling.as_ref().map(WrittenSampling::sampling).transpose();
        sampling.map_err(|error| Problem::at("sampling", error))
    }

    fn synthetic(&self) -> Checked<Option<Synthetic>> {
        let synthetic = self.synthetic.as_ref().and_then(OneOrFile::value);
        let synthetic = synthetic.map(WrittenSynthetic::synthetic).transpose();
        synthetic.map_err(in_synthetic)
    }

    fn layout(&self) -> Checked<Layout> {
        layout(self.layout.as_deref()).map_err(|error| Problem::at("layout", error))
    }

    /// Checks the steps, except for how they are run.
    fn parts(&self) -> Checked<Vec<(&str, StepKey, StepParts)>> {
        let in_step = |name: &str| {
            let name = name.to_owned();
            move |problem: Problem| problem.below(name).below("steps")
        };
        let mut named = Vec::new();
        let mut declared = Declared::new();
        for (name, step) in &self.steps {
            let key: StepKey = parsed(name, name).map_err(|problem| problem.below("steps"))?;
            let outputs = step.outputs().map_err(in_step(name))?;
            declared.insert(key.clone(), outputs.clone().unwrap_or_default());
            named.push((name, step, key, outputs));
        }
        let mut parts = Vec::new();
        for (name, step, key, outputs) in named {
            let part = step.parts(outputs, &declared).map_err(in_step(name))?;
            parts.push((name.as_str(), key, part));
        }
        Ok(parts)
    }
}

/// Reads the file that stands in place of the description of made-up data, and the profiles that it names.
fn load_synthetic(synthetic: &mut OneOrFile<WrittenSynthetic>, directory: &Path) -> Checked<()> {
    let beside = synthetic.directory(directory);
    synthetic.load(directory).map_err(|error| Problem::at("synthetic", error))?;
    let loaded = synthetic.value_mut().map_or(Ok(()), |synthetic| synthetic.load(&beside));
    loaded.map_err(in_synthetic)
}

/// Says of which made-up output something is wrong.
fn in_synthetic((output, error): (String, Error)) -> Problem {
    Problem::at(output, error).below("outputs").below("synthetic")
}

/// A step, except for how it is run.
struct StepParts {
    inputs: Option<BTreeMap<LogicalName, OutputKey>>,
    outputs: Option<Vec<LogicalName>>,
    environment: BTreeMap<String, String>,
    passed_on: Vec<String>,
    arguments: BTreeMap<String, Argument>,
    limits: Limits,
    thresholds: Vec<Threshold>,
    mask_inputs: bool,
    rules: StepRules,
}

impl StepParts {
    fn with_executor(self, executor: Arc<dyn StepExecutor>) -> Step {
        Step {
            executor,
            inputs: self.inputs,
            outputs: self.outputs,
            environment: self.environment,
            passed_on: self.passed_on,
            arguments: self.arguments,
            limits: self.limits,
            thresholds: self.thresholds,
            mask_inputs: self.mask_inputs,
            rules: self.rules,
        }
    }
}

impl WrittenStep {
    fn outputs(&self) -> Checked<Option<Vec<LogicalName>>> {
        let names =
            |names: &Vec<String>| names.iter().map(|name| parsed("outputs", name)).collect();
        self.outputs.as_ref().map(names).transpose()
    }

    fn parts(&self, outputs: Option<Vec<LogicalName>>, declared: &Declared) -> Checked<StepParts> {
        let inputs = self.inputs.as_ref().map(|inputs| {
            by_name(inputs, |from| source(from, declared))
                .map_err(|problem| problem.below("inputs"))
        });
        Ok(StepParts {
            inputs: inputs.transpose()?,
            outputs,
            environment: self.environment.clone(),
            passed_on: self.pass_environment.clone(),
            arguments: self.arguments.clone(),
            limits: Limits {
                time: self.time_limit()?,
                memory: self.memory_limit_bytes,
                output: self.output_limit_bytes,
                ..Limits::default()
            },
            thresholds: self.thresholds()?,
            mask_inputs: self.mask_inputs,
            rules: self.rules.rules(&self.key)?,
        })
    }

    fn executor(&self) -> Checked<Arc<dyn StepExecutor>> {
        if let Some(script) = &self.script {
            return if self.command.is_empty() {
                Ok(script.executor())
            } else {
                Err(Problem::at(
                    "script",
                    Error::scenario("a step has a command or a script, not both"),
                ))
            };
        }
        let command = CommandExecutor::new(self.command.clone());
        Ok(Arc::new(command.map_err(|error| Problem::at("command", error))?))
    }

    fn thresholds(&self) -> Checked<Vec<Threshold>> {
        match self.thresholds.iter().find_map(Threshold::fault) {
            Some(fault) => Err(Problem::at("thresholds", Error::scenario(fault))),
            None => Ok(self.thresholds.clone()),
        }
    }

    fn time_limit(&self) -> Checked<Option<Duration>> {
        let refused = |error| Problem::at("time_limit_seconds", error);
        let limit = self.time_limit_seconds.map(|seconds| {
            let message = format!("the time limit {seconds} is not valid");
            match Duration::try_from_secs_f64(seconds) {
                Ok(limit) if limit.is_zero() => {
                    Err(refused(Error::scenario(format!("{message}: give more than 0 seconds"))))
                }
                Ok(limit) => Ok(limit),
                Err(error) => Err(refused(Error::caused(ErrorKind::Scenario, message, error))),
            }
        });
        limit.transpose()
    }
}

/// Reads the names and values of a table.
pub(super) fn by_name<V, T>(
    table: &BTreeMap<String, V>,
    read: impl Fn(&V) -> Result<T>,
) -> Checked<BTreeMap<LogicalName, T>> {
    table
        .iter()
        .map(|(name, value)| {
            let value = read(value).map_err(|error| Problem::at(name, error))?;
            Ok((parsed(name, name)?, value))
        })
        .collect()
}

/// Takes a preset's name or a template.
pub(super) fn layout(written: Option<&str>) -> Result<Layout> {
    let written = written.unwrap_or(DEFAULT_LAYOUT);
    let parsed =
        if written.contains('{') { Layout::parse(written) } else { Layout::preset(written) };
    parsed.map_err(|error| {
        Error::caused(ErrorKind::Scenario, format!("`{written}` is no layout"), error)
    })
}

/// Parses the value of `key`.
fn parsed<T: FromStr<Err = reenact_registry::Error>>(key: &str, text: &str) -> Checked<T> {
    text.parse().map_err(|error| {
        let message = format!("`{text}` cannot be read");
        Problem::at(key, Error::caused(ErrorKind::Scenario, message, error))
    })
}
