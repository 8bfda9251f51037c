//! What will be run: a pipeline's steps, how each is started, what feeds it and how its outputs are judged.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reenact_registry::{Layout, LogicalName, OutputKey, PipelineName, StepKey};
use reenact_validator::Rules;
use serde::Deserialize;

use crate::command::CommandExecutor;
use crate::executor::StepExecutor;
use crate::{Error, ErrorKind, Result};

/// A pipeline as far as runs need to know it: valid from the moment it exists.
///
/// It is built in code with [`Scenario::builder`] or read from TOML with [`Scenario::from_toml`].
#[derive(Clone, Debug)]
pub struct Scenario {
    pub(crate) pipeline: PipelineName,
    pub(crate) bucket: Option<String>,
    pub(crate) layout: Layout,
    pub(crate) steps: BTreeMap<StepKey, Step>,
}

/// One step of a [`Scenario`].
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) executor: Arc<dyn StepExecutor>,
    pub(crate) inputs: Option<BTreeMap<LogicalName, OutputKey>>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) time_limit: Option<Duration>,
    rules: BTreeMap<LogicalName, Rules>,
    key: Vec<String>,
}

impl Step {
    /// Returns what the output `name` is judged by.
    pub(crate) fn rules(&self, name: &LogicalName) -> Rules {
        self.rules.get(name).cloned().unwrap_or_else(|| Rules::default().with_key(self.key.clone()))
    }
}

impl Scenario {
    /// Begins a scenario for `pipeline`.
    pub fn builder(pipeline: impl Into<String>) -> ScenarioBuilder {
        let written = WrittenScenario { pipeline: pipeline.into(), ..WrittenScenario::default() };
        ScenarioBuilder { written, executors: BTreeMap::new() }
    }

    /// Reads a scenario from its TOML form.
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
    /// # Ok::<(), reenact_real_data_tester::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Scenario`] for what is no TOML, for an unknown key and for a value that is not valid, with its line.
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

    pub(crate) fn step(&self, name: &StepKey) -> Result<&Step> {
        self.steps.get(name).ok_or_else(|| {
            let known: Vec<String> = self.steps.keys().map(ToString::to_string).collect();
            Error::scenario(format!(
                "the scenario has no step `{name}`; its steps are: {}",
                known.join(", ")
            ))
        })
    }
}

/// Collects a [`Scenario`]; what is wrong in it is told by [`ScenarioBuilder::build`].
#[derive(Debug)]
#[must_use]
pub struct ScenarioBuilder {
    written: WrittenScenario,
    executors: BTreeMap<String, Arc<dyn StepExecutor>>,
}

impl ScenarioBuilder {
    /// Begins with what a TOML text says; everything can still be changed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Scenario`] for what is no TOML and for an unknown key, with its line.
    pub fn from_toml(text: &str) -> Result<Self> {
        let written = toml::from_str(text).map_err(|error| {
            Error::caused(ErrorKind::Scenario, "the scenario cannot be read", error)
        })?;
        Ok(Self { written, executors: BTreeMap::new() })
    }

    /// Begins with what a TOML file says.
    ///
    /// # Errors
    ///
    /// As [`ScenarioBuilder::from_toml`], and for a file that cannot be read; both name the file.
    pub fn open(path: &Path) -> Result<Self> {
        let text = fs_err::read_to_string(path).map_err(|error| {
            Error::caused(ErrorKind::Scenario, "the scenario cannot be read", error)
        })?;
        Self::from_toml(&text).map_err(|error| {
            Error::caused(ErrorKind::Scenario, format!("in {}", path.display()), error)
        })
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
        layout(self.written.layout.as_deref().unwrap_or("seed"))
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
    /// [`ErrorKind::Scenario`] for the first name, layout, reference or command that is not valid.
    pub fn build(self) -> Result<Scenario> {
        self.written.validate(self.executors)
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
    /// Runs the step as a program with arguments; [`CommandExecutor`] says which placeholders they may hold.
    pub fn command(mut self, command: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.written.command = command.into_iter().map(Into::into).collect();
        self
    }

    /// Runs the step by an executor of the caller's own.
    pub fn executor(mut self, executor: impl StepExecutor + 'static) -> Self {
        self.executor = Some(Arc::new(executor));
        self
    }

    /// Feeds the input `name` with the output `from` of another step, written `step.output`.
    pub fn input(mut self, name: impl Into<String>, from: impl Into<String>) -> Self {
        self.written.inputs.get_or_insert_default().insert(name.into(), from.into());
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

    /// Names the columns by which the rows of the step's outputs are paired. By default a key is looked for in the data.
    ///
    /// Rules that are given for an output name its key themselves.
    pub fn key(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.written.key = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Judges the output `name` by `rules`. By default an output is judged by [`Rules::default`].
    pub fn rules(mut self, name: impl Into<String>, rules: Rules) -> Self {
        self.written.rules.insert(name.into(), rules);
        self
    }
}

/// A scenario as it is written down, not yet checked: the TOML form, which the builder fills too.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenScenario {
    #[serde(default)]
    pipeline: String,
    bucket: Option<String>,
    layout: Option<String>,
    #[serde(default)]
    steps: BTreeMap<String, WrittenStep>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStep {
    #[serde(default)]
    command: Vec<String>,
    inputs: Option<BTreeMap<String, String>>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    time_limit_seconds: Option<f64>,
    #[serde(default)]
    key: Vec<String>,
    #[serde(default)]
    rules: BTreeMap<String, Rules>,
}

impl WrittenScenario {
    fn validate(self, mut executors: BTreeMap<String, Arc<dyn StepExecutor>>) -> Result<Scenario> {
        let mut steps = BTreeMap::new();
        for (name, step) in self.steps {
            let executor = executors.remove(&name);
            let step = step.validate(&name, executor)?;
            steps.insert(parse(&name, "step name")?, step);
        }
        Ok(Scenario {
            pipeline: parse(&self.pipeline, "pipeline name")?,
            bucket: self.bucket,
            layout: layout(self.layout.as_deref().unwrap_or("seed"))?,
            steps,
        })
    }
}

impl WrittenStep {
    fn validate(self, name: &str, executor: Option<Arc<dyn StepExecutor>>) -> Result<Step> {
        let in_step = |error| {
            Error::caused(ErrorKind::Scenario, format!("step `{name}` is not valid"), error)
        };
        let executor = match executor {
            Some(executor) => executor,
            None => Arc::new(CommandExecutor::new(self.command).map_err(in_step)?),
        };
        let wire = |(input, from): (String, String)| {
            Ok((parse(&input, "input name")?, parse(&from, "output reference")?))
        };
        let judge = |(output, rules): (String, Rules)| Ok((parse(&output, "output name")?, rules));
        let limit = self.time_limit_seconds.map(|seconds| {
            Duration::try_from_secs_f64(seconds).map_err(|error| {
                Error::caused(
                    ErrorKind::Scenario,
                    format!("the time limit {seconds} is not valid"),
                    error,
                )
            })
        });
        Ok(Step {
            executor,
            inputs: self
                .inputs
                .map(|inputs| inputs.into_iter().map(wire).collect::<Result<_>>())
                .transpose()
                .map_err(in_step)?,
            environment: self.environment,
            time_limit: limit.transpose().map_err(in_step)?,
            rules: self.rules.into_iter().map(judge).collect::<Result<_>>().map_err(in_step)?,
            key: self.key,
        })
    }
}

/// Takes a preset's name or a template.
fn layout(written: &str) -> Result<Layout> {
    let parsed =
        if written.contains('{') { Layout::parse(written) } else { Layout::preset(written) };
    parsed.map_err(|error| {
        Error::caused(ErrorKind::Scenario, format!("the layout `{written}` is not valid"), error)
    })
}

fn parse<T>(text: &str, what: &str) -> Result<T>
where
    T: std::str::FromStr<Err = reenact_registry::Error>,
{
    text.parse().map_err(|error| {
        Error::caused(ErrorKind::Scenario, format!("the {what} `{text}` is not valid"), error)
    })
}
