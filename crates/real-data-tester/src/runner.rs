//! Puts the question: finds the execution, wires the step, checks that the run can be done, and makes room for it.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::Utc;
use reenact_downloader::{
    ConnectOptions, DiscoveredExecution, Discovery, ExecutionSelector, ObjectSource, connect,
};
use reenact_registry::StepKey;
use reenact_workspace_cache::{Cache, CacheOptions, Workspace};

use crate::blocking::{blocking, wait_for};
use crate::emitter::Emitter;
use crate::preflight;
use crate::report::Report;
use crate::reporter::Reporter;
use crate::run::Run;
use crate::scenario::Scenario;
use crate::wiring;
use crate::{Error, ErrorKind, Result};

/// Runs the steps of a [`Scenario`] on what production had.
#[derive(Debug)]
pub struct Runner {
    scenario: Scenario,
    source: Arc<dyn ObjectSource>,
    cache: CacheOptions,
    workspace_root: Option<PathBuf>,
    reporters: Vec<Arc<dyn Reporter>>,
}

impl Runner {
    /// Takes a scenario and where production's outputs are.
    pub fn new(scenario: Scenario, source: Arc<dyn ObjectSource>) -> Self {
        Self {
            scenario,
            source,
            cache: CacheOptions::default(),
            workspace_root: None,
            reporters: Vec::new(),
        }
    }

    /// Takes a scenario that names its bucket, and reaches that bucket.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Scenario`] if the scenario names no bucket, [`ErrorKind::Source`] if it cannot be reached.
    pub async fn connect(scenario: Scenario, options: &ConnectOptions) -> Result<Self> {
        let Some(bucket) = scenario.bucket() else {
            return Err(Error::scenario(
                "the scenario names no bucket: give NAME, s3://NAME or file:///DIRECTORY",
            ));
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

    /// Runs the candidate code of `step` on the inputs that it had in the execution `from` of production, and compares what it
    /// writes with what production wrote.
    ///
    /// `step` is written as in the scenario; `from` is `latest`, `latest~2` or an execution's id. The report lies in the run's
    /// directory too, as `report.json` and `report.html`.
    ///
    /// # Errors
    ///
    /// Whatever keeps the question from being put: see [`ErrorKind`]; then the run's directory is removed again. A step that
    /// fails, and an output that differs or cannot be read, are told by the report.
    pub async fn replay(&self, step: &str, from: &str) -> Result<Report> {
        let name: StepKey = step.parse().map_err(|error| {
            Error::caused(ErrorKind::Scenario, format!("`{step}` is no step's name"), error)
        })?;
        let step = self.scenario.step(&name)?;
        let execution = self.discover(from).await?;
        let wiring = wiring::resolve(&name, step, &execution)?;
        let cache = self.open_cache().await?;
        preflight::check(&self.source, &cache, &wiring.outputs()).await?;
        let room = Room::new(self.make_workspace(&name)?);
        let run = Run {
            name: &name,
            step,
            execution: &execution,
            wiring: &wiring,
            workspace: &room.workspace,
            emitter: Arc::new(Emitter::new(self.reporters.clone())),
            source: Arc::clone(&self.source),
        };
        let report = run.carry_out(cache).await?;
        room.keep();
        Ok(report)
    }

    /// As [`Runner::replay`], for callers without an async runtime; called within one, it blocks its thread.
    ///
    /// # Errors
    ///
    /// As [`Runner::replay`].
    pub fn replay_blocking(&self, step: &str, from: &str) -> Result<Report> {
        wait_for(|| self.replay(step, from))
    }

    async fn discover(&self, from: &str) -> Result<DiscoveredExecution> {
        let selector: ExecutionSelector = from.parse().map_err(|error| {
            Error::caused(ErrorKind::Scenario, format!("`{from}` names no execution"), error)
        })?;
        Discovery::new(Arc::clone(&self.source), self.scenario.layout().clone())
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

    fn make_workspace(&self, step: &StepKey) -> Result<Workspace> {
        let failed = |error| {
            Error::caused(ErrorKind::Workspace, "cannot make a directory for the run", error)
        };
        let root = match &self.workspace_root {
            Some(root) => root.clone(),
            None => self.cache.location().map_err(failed)?.join("workspaces"),
        };
        Workspace::create_unique(&root, step.step().as_str(), Utc::now()).map_err(failed)
    }
}

/// The workspace of a run; it is removed again, as a whole, unless the run comes to its end.
struct Room {
    workspace: Workspace,
    kept: bool,
}

impl Room {
    fn new(workspace: Workspace) -> Self {
        Self { workspace, kept: false }
    }

    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = self.workspace.clone().remove()
        {
            tracing::warn!(workspace = %self.workspace.path().display(), %error, "cannot remove the directory of an unfinished run");
        }
    }
}

#[cfg(test)]
mod tests {
    use reenact_downloader::InMemory;

    use super::*;

    #[test]
    fn a_replay_may_run_on_any_thread() {
        fn may_move<T: Send>(_: &T) {}
        let scenario = Scenario::builder("sales").build().unwrap();
        let runner = Runner::new(scenario, Arc::new(InMemory::new("acme")));
        may_move(&runner.replay("total", "latest"));
    }
}
