//! Puts the question: finds the execution, plans the run, checks that it can be done, and makes room for it.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::Utc;
use reenact_downloader::{
    ConnectOptions, DiscoveredExecution, DiscoveredOutput, Discovery, ExecutionSelector,
    ObjectSource, Transfer, TransferOptions, connect,
};
use reenact_registry::StepKey;
use reenact_workspace_cache::{Cache, CacheOptions, Workspace};
use tokio::sync::Semaphore;

use crate::blocking::{blocking, wait_for};
use crate::emitter::Emitter;
use crate::interrupt::Interrupt;
use crate::mode::{DataSource, Mode};
use crate::preflight;
use crate::provider::DataProvider;
use crate::report::Report;
use crate::reporter::{Recording, Reporter};
use crate::revision::CodeRevision;
use crate::room::Room;
use crate::run::Run;
use crate::scenario::Scenario;
use crate::stage::Stage;
use crate::wiring::{self, Feed, PlannedStep, Wiring};
use crate::{Error, ErrorKind, Result};

/// Runs the steps of a [`Scenario`]: on what production had, or on data of one's own.
#[derive(Debug)]
pub struct Runner {
    scenario: Scenario,
    source: Option<Arc<dyn ObjectSource>>,
    cache: CacheOptions,
    workspace_root: Option<PathBuf>,
    reporters: Vec<Arc<dyn Reporter>>,
    data_sources: Option<Vec<DataSource>>,
    local: Option<Arc<dyn DataProvider>>,
    synthetic: Option<Arc<dyn DataProvider>>,
    parallel_steps: NonZeroUsize,
    fail_fast: bool,
    interrupt: Interrupt,
}

impl Runner {
    /// Takes a scenario and where production's outputs are.
    pub fn new(scenario: Scenario, source: Arc<dyn ObjectSource>) -> Self {
        Self { source: Some(source), ..Self::offline(scenario) }
    }

    /// Takes a scenario for runs that do not ask production: [`Runner::isolation`] and [`Runner::pipeline`].
    pub fn offline(scenario: Scenario) -> Self {
        let synthetic = scenario.synthetic.clone().map(|data| Arc::new(data) as _);
        Self {
            scenario,
            source: None,
            cache: CacheOptions::default(),
            workspace_root: None,
            reporters: Vec::new(),
            data_sources: None,
            local: None,
            synthetic,
            parallel_steps: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            fail_fast: false,
            interrupt: Interrupt::default(),
        }
    }

    /// Takes a scenario that names its bucket, and reaches that bucket.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Scenario`] if the scenario names no bucket, [`ErrorKind::Source`] if it cannot be reached.
    pub async fn connect(scenario: Scenario, options: &ConnectOptions) -> Result<Self> {
        let Some(bucket) = scenario.bucket() else {
            return Err(no_bucket());
        };
        let source = connect(bucket, options).await.map_err(|error| {
            Error::caused(ErrorKind::Source, format!("cannot reach bucket `{bucket}`"), error)
        })?;
        Ok(Self::new(scenario, source))
    }

    /// As [`Runner::connect`], for callers without an async runtime.
    ///
    /// # Errors
    ///
    /// As [`Runner::connect`].
    pub fn connect_blocking(scenario: Scenario, options: &ConnectOptions) -> Result<Self> {
        wait_for(|| Self::connect(scenario, options))
    }

    /// Sets the cache. By default the one that all programs of the user share.
    #[must_use]
    pub fn with_cache(mut self, cache: CacheOptions) -> Self {
        self.cache = cache;
        self
    }

    /// Sets the directory below which each run gets a directory of its own. By default `workspaces` beside the cache.
    #[must_use]
    pub fn with_workspace_root(mut self, root: impl Into<PathBuf>) -> Self {
        self.workspace_root = Some(root.into());
        self
    }

    /// Adds a listener.
    #[must_use]
    pub fn with_reporter(mut self, reporter: Arc<dyn Reporter>) -> Self {
        self.reporters.push(reporter);
        self
    }

    /// Sets where the data are looked for that no step of a run writes, first to last.
    ///
    /// By default a replay looks in local directories, if any are given, and then in production; isolation and pipeline look in local
    /// directories and then make data up. They never ask production, whatever is set here.
    #[must_use]
    pub fn with_data_sources(mut self, sources: impl IntoIterator<Item = DataSource>) -> Self {
        self.data_sources = Some(sources.into_iter().collect());
        self
    }

    /// Sets the local directories that inputs may come from, mostly a [`LocalData`](crate::LocalData).
    #[must_use]
    pub fn with_local_data(mut self, local: impl DataProvider + 'static) -> Self {
        self.local = Some(Arc::new(local));
        self
    }

    /// Sets who makes data up.
    #[must_use]
    pub fn with_synthetic_data(mut self, synthetic: impl DataProvider + 'static) -> Self {
        self.synthetic = Some(Arc::new(synthetic));
        self
    }

    /// Sets how many steps may run at once. By default as many as there are processors.
    #[must_use]
    pub fn with_parallel_steps(mut self, steps: NonZeroUsize) -> Self {
        self.parallel_steps = steps;
        self
    }

    /// Starts no more steps once one has failed; those that run are let finish. By default only what depends on it is not run.
    #[must_use]
    pub fn with_fail_fast(mut self, fail_fast: bool) -> Self {
        self.fail_fast = fail_fast;
        self
    }

    /// Sets what ends a run before its time. A run that is only dropped ends its steps too, but leaves no report.
    #[must_use]
    pub fn with_interrupt(mut self, interrupt: Interrupt) -> Self {
        self.interrupt = interrupt;
        self
    }

    /// Runs the candidate code of `step` on the inputs that it had in the execution `from` of production, and compares what it
    /// writes with what production wrote.
    ///
    /// `step` is written as in the scenario; `from` is `latest`, `latest~2` or an execution's id. The report lies in the run's
    /// directory too, as `report.json` and `report.html`, and its events as `events.jsonl`.
    ///
    /// # Errors
    ///
    /// Whatever keeps the question from being put: see [`ErrorKind`]; then the run's directory is removed again. A step that
    /// fails, and an output that differs or cannot be read, are told by the report.
    pub async fn replay(&self, step: &str, from: &str) -> Result<Report> {
        self.replay_in(Mode::Replay, step, from).await
    }

    /// As [`Runner::replay`], and then runs every step that follows from `step`, on what the candidate code before it wrote; their outputs are
    /// compared with production's too.
    ///
    /// Inputs that no step of the run writes are production's.
    ///
    /// # Errors
    ///
    /// As [`Runner::replay`].
    pub async fn replay_chain(&self, step: &str, from: &str) -> Result<Report> {
        self.replay_in(Mode::ReplayChain, step, from).await
    }

    /// Runs one step on local or synthetic inputs. It must end well and write its outputs; there is nothing to compare them with.
    ///
    /// # Errors
    ///
    /// As [`Runner::replay`].
    pub async fn isolation(&self, step: &str) -> Result<Report> {
        let name = parse_step(step)?;
        self.run_offline(Mode::Isolation, Some(&name)).await
    }

    /// Runs all steps of the scenario, each on what those before it wrote; inputs that no step writes are local or synthetic.
    ///
    /// # Errors
    ///
    /// As [`Runner::replay`].
    pub async fn pipeline(&self) -> Result<Report> {
        self.run_offline(Mode::Pipeline, None).await
    }

    /// Compares the outputs of two executions of production without running anything: `candidate` is judged by `reference`.
    ///
    /// Of the step `step`, or of all steps that either has, also of those that the scenario does not know.
    ///
    /// # Errors
    ///
    /// As [`Runner::replay`].
    pub async fn compare(
        &self,
        step: Option<&str>,
        candidate: &str,
        reference: &str,
    ) -> Result<Report> {
        let step = step.map(parse_step).transpose()?;
        let candidate = self.discover(candidate).await?;
        let reference = self.discover(reference).await?;
        let planned = wiring::compare(&self.scenario, &candidate, &reference, step.as_ref())?;
        let executions = (Some(&reference), Some(&candidate));
        self.carry_out(Mode::Comparison, &planned, executions).await
    }

    /// As [`Runner::replay`], for callers without an async runtime; called within one, it blocks its thread.
    ///
    /// # Errors
    ///
    /// As [`Runner::replay`].
    pub fn replay_blocking(&self, step: &str, from: &str) -> Result<Report> {
        wait_for(|| self.replay(step, from))
    }

    /// As [`Runner::replay_chain`], for callers without an async runtime.
    ///
    /// # Errors
    ///
    /// As [`Runner::replay`].
    pub fn replay_chain_blocking(&self, step: &str, from: &str) -> Result<Report> {
        wait_for(|| self.replay_chain(step, from))
    }

    /// As [`Runner::isolation`], for callers without an async runtime.
    ///
    /// # Errors
    ///
    /// As [`Runner::replay`].
    pub fn isolation_blocking(&self, step: &str) -> Result<Report> {
        wait_for(|| self.isolation(step))
    }

    /// As [`Runner::pipeline`], for callers without an async runtime.
    ///
    /// # Errors
    ///
    /// As [`Runner::replay`].
    pub fn pipeline_blocking(&self) -> Result<Report> {
        wait_for(|| self.pipeline())
    }

    /// As [`Runner::compare`], for callers without an async runtime.
    ///
    /// # Errors
    ///
    /// As [`Runner::replay`].
    pub fn compare_blocking(
        &self,
        step: Option<&str>,
        candidate: &str,
        reference: &str,
    ) -> Result<Report> {
        wait_for(|| self.compare(step, candidate, reference))
    }

    async fn replay_in(&self, mode: Mode, step: &str, from: &str) -> Result<Report> {
        let name = parse_step(step)?;
        self.scenario.entry(&name)?;
        let execution = self.discover(from).await?;
        let planned = self.wiring(mode, Some(&execution)).plan(Some(&name))?;
        self.carry_out(mode, &planned, (Some(&execution), None)).await
    }

    async fn run_offline(&self, mode: Mode, step: Option<&StepKey>) -> Result<Report> {
        let planned = self.wiring(mode, None).plan(step)?;
        self.carry_out(mode, &planned, (None, None)).await
    }

    fn wiring<'a>(&'a self, mode: Mode, execution: Option<&'a DiscoveredExecution>) -> Wiring<'a> {
        Wiring {
            scenario: &self.scenario,
            mode,
            execution,
            data_sources: self.data_sources.as_deref().unwrap_or_else(|| mode.data_sources()),
            local: self.local.clone(),
            synthetic: self.synthetic.clone(),
        }
    }

    async fn carry_out(
        &self,
        mode: Mode,
        planned: &[PlannedStep<'_>],
        (execution, candidate_execution): (
            Option<&DiscoveredExecution>,
            Option<&DiscoveredExecution>,
        ),
    ) -> Result<Report> {
        let masker = self.scenario.masker()?;
        let (landing, revisions) =
            tokio::try_join!(self.open_landing(mode, planned), revisions(mode, planned))?;
        let name = planned.first().map_or("run", |step| step.name.step().as_str());
        let room = Room::new(self.make_workspace(name)?);
        let mut reporters = self.reporters.clone();
        let recording = Recording::create(&room.workspace().path().join("events.jsonl"))?;
        reporters.push(Arc::new(recording));
        let emitter = Arc::new(Emitter::new(reporters, masker.clone()));
        let run = Run {
            mode,
            pipeline: self.scenario.pipeline(),
            steps: planned,
            execution,
            candidate_execution,
            workspace: room.workspace(),
            revisions,
            emitter: Arc::clone(&emitter),
            stage: landing.map(|(source, cache)| Stage {
                transfer: Transfer::new(Arc::clone(&source), TransferOptions::default()),
                bucket: source.bucket().as_str().to_owned(),
                cache,
                emitter,
                sampling: self.scenario.sampling().cloned(),
            }),
            masker,
            sampling: self.scenario.sampling(),
            interrupt: self.interrupt.clone(),
            room: Semaphore::new(self.parallel_steps.get()),
            fail_fast: self.fail_fast,
            failed: AtomicBool::new(false),
            begun: AtomicBool::new(false),
        };
        let report = run.carry_out().await?;
        room.keep();
        Ok(report)
    }

    /// Makes sure that what is to be fetched can be, if the mode reads production.
    async fn open_landing(
        &self,
        mode: Mode,
        planned: &[PlannedStep<'_>],
    ) -> Result<Option<(Arc<dyn ObjectSource>, Cache)>> {
        if !mode.reads_production() {
            return Ok(None);
        }
        let source = self.source()?;
        let cache = self.open_cache().await?;
        preflight::check(source, &cache, &self.runs_directory()?, &to_fetch(planned)).await?;
        Ok(Some((Arc::clone(source), cache)))
    }

    fn source(&self) -> Result<&Arc<dyn ObjectSource>> {
        self.source.as_ref().ok_or_else(no_bucket)
    }

    async fn discover(&self, from: &str) -> Result<DiscoveredExecution> {
        let selector: ExecutionSelector = from.parse().map_err(|error| {
            Error::caused(ErrorKind::Scenario, format!("`{from}` names no execution"), error)
        })?;
        Discovery::new(Arc::clone(self.source()?), self.scenario.layout().clone())
            .select(self.scenario.pipeline(), &selector)
            .await
            .map_err(|error| {
                Error::caused(ErrorKind::Source, format!("cannot find execution `{from}`"), error)
            })
    }

    async fn open_cache(&self) -> Result<Cache> {
        let options = self.cache.clone();
        blocking(move || Cache::open(options))
            .await?
            .map_err(|error| Error::caused(ErrorKind::Cache, "cannot open the cache", error))
    }

    fn make_workspace(&self, name: &str) -> Result<Workspace> {
        // A step may be named in any script; a workspace is named in plain letters.
        let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
        let name: String = name.chars().take(40).map(plain).collect();
        let root = self.runs_directory()?;
        Workspace::create_unique(&root, &format!("run-{name}"), Utc::now()).map_err(no_directory)
    }

    fn runs_directory(&self) -> Result<PathBuf> {
        match &self.workspace_root {
            Some(root) => Ok(root.clone()),
            None => Ok(self.cache.location().map_err(no_directory)?.join("workspaces")),
        }
    }
}

fn parse_step(step: &str) -> Result<StepKey> {
    step.parse().map_err(|error| {
        Error::caused(ErrorKind::Scenario, format!("`{step}` is no step's name"), error)
    })
}

fn no_directory(error: reenact_workspace_cache::Error) -> Error {
    Error::caused(ErrorKind::Workspace, "cannot make a directory for the run", error)
}

/// Finds out which revision of its code each step runs, if it runs.
async fn revisions(mode: Mode, planned: &[PlannedStep<'_>]) -> Result<Vec<Option<CodeRevision>>> {
    let runs = mode != Mode::Comparison;
    let directories: Vec<Option<PathBuf>> = planned
        .iter()
        .map(|step| step.step.filter(|_| runs).and_then(|step| step.executor.code_directory()))
        .collect();
    blocking(move || CodeRevision::of_each(directories)).await
}

fn no_bucket() -> Error {
    Error::scenario("the scenario names no bucket: give NAME, s3://NAME or file:///DIRECTORY")
}

/// Returns everything of production's that a run reads, each once.
fn to_fetch<'a>(planned: &[PlannedStep<'a>]) -> Vec<&'a DiscoveredOutput> {
    let mut outputs: Vec<&DiscoveredOutput> = Vec::new();
    for step in planned {
        let inputs = step.inputs.iter().filter_map(|(_, feed)| match feed {
            Feed::Production(output) => Some(*output),
            _ => None,
        });
        outputs.extend(
            inputs.chain(step.references.iter().copied()).chain(step.candidates.iter().copied()),
        );
    }
    outputs.sort_unstable_by(|one, other| one.root.cmp(&other.root));
    outputs.dedup_by(|one, other| one.root == other.root);
    outputs
}

#[cfg(test)]
mod tests {
    use reenact_downloader::InMemory;

    use super::*;

    #[test]
    fn a_run_may_go_on_on_any_thread() {
        fn may_move<T: Send>(_: &T) {}
        let scenario = Scenario::builder("sales").build().unwrap();
        let runner = Runner::new(scenario, Arc::new(InMemory::new("acme")));
        may_move(&runner.replay("total", "latest"));
        may_move(&runner.pipeline());
        may_move(&runner.compare(None, "latest", "latest~1"));
    }
}
