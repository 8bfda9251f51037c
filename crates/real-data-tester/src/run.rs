//! One run from the first byte staged to the report: every step as soon as what it reads is there. It only emits events.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::Utc;
use futures::future::join_all;
use reenact_downloader::DiscoveredExecution;
use reenact_registry::PipelineName;
use reenact_workspace_cache::Workspace;
use tokio::sync::{Semaphore, watch};

use crate::emitter::Emitter;
use crate::event::{Event, RunHeader, StepHeader};
use crate::interrupt::Interrupt;
use crate::masking::Masker;
use crate::mode::Mode;
use crate::report::Report;
use crate::reporter::{html, json};
use crate::revision::CodeRevision;
use crate::sampling::Sampling;
use crate::stage::Stage;
use crate::step_run::StepRun;
use crate::treatment::Treatment;
use crate::wiring::PlannedStep;
use crate::{Error, Result};

/// Everything that a run consists of.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) mode: Mode,
    pub(crate) pipeline: &'a PipelineName,
    pub(crate) steps: &'a [PlannedStep<'a>],
    pub(crate) execution: Option<&'a DiscoveredExecution>,
    pub(crate) candidate_execution: Option<&'a DiscoveredExecution>,
    pub(crate) workspace: &'a Workspace,
    /// The revision of each step's code.
    pub(crate) revisions: Vec<Option<CodeRevision>>,
    pub(crate) emitter: Arc<Emitter>,
    /// How production's outputs are landed, in modes that read them.
    pub(crate) stage: Option<Stage>,
    /// What is private; nothing without.
    pub(crate) masker: Option<Arc<Masker>>,
    /// Which part of the inputs is taken; all of them without.
    pub(crate) sampling: Option<&'a Sampling>,
    pub(crate) interrupt: Interrupt,
    /// Held by each step while it runs or is judged.
    pub(crate) room: Semaphore,
    pub(crate) fail_fast: bool,
    /// Set when a step has failed.
    pub(crate) failed: AtomicBool,
    /// Set when a step has begun.
    pub(crate) begun: AtomicBool,
}

impl Run<'_> {
    /// Runs and judges all steps; returns the report and leaves it in the workspace.
    pub(crate) async fn carry_out(&self) -> Result<Report> {
        self.emitter.emit(Event::RunStarted(Box::new(self.header())));
        let interrupted = tokio::select! {
            // An interruption is seen before anything that came after it.
            biased;
            () = self.interrupt.raised() => true,
            ended = join_all(self.step_runs()) => {
                // If no step could even begin, the question could not be put.
                if !self.begun.load(Ordering::Relaxed) {
                    ended.into_iter().collect::<Result<()>>()?;
                }
                false
            }
        };
        if interrupted {
            self.emitter.emit(Event::Interrupted);
        }
        self.emitter.emit(Event::RunFinished { at: Utc::now() });
        let report =
            self.emitter.report().ok_or_else(|| Error::scenario("the run has not begun"))?;
        json::write(&report, &report.json_path())?;
        html::write(&report, &report.html_path())?;
        Ok(report)
    }

    /// Starts nothing yet: a step waits for those before it by watching what they announce.
    fn step_runs(&self) -> Vec<impl Future<Output = Result<()>> + Send + '_> {
        let mut announced = BTreeMap::new();
        let mut runs = Vec::with_capacity(self.steps.len());
        for planned in self.steps {
            let announcer = watch::Sender::new(None);
            announced.insert(planned.name, announcer.subscribe());
            // Steps are in order, so those before this one have been met.
            let upstream = planned
                .after
                .iter()
                .filter_map(|name| announced.get(name).map(|announced| (*name, announced.clone())));
            let upstream = upstream.collect();
            runs.push(StepRun::new(self, planned, announcer, upstream).carry_out());
        }
        runs
    }

    /// Returns what is done to the trees of a step.
    pub(crate) fn treatment(&self, planned: &PlannedStep<'_>) -> Treatment {
        let hides = planned.step.is_some_and(|step| step.mask_inputs);
        let masker = self.masker.clone().filter(|_| hides);
        Treatment { sampling: self.sampling.cloned(), masker }
    }

    fn header(&self) -> RunHeader {
        let bucket = self.stage.as_ref().map(|stage| stage.bucket.clone());
        RunHeader {
            mode: self.mode,
            pipeline: self.pipeline.clone(),
            steps: self
                .steps
                .iter()
                .zip(&self.revisions)
                .map(|step| self.step_header(step))
                .collect(),
            execution: self.execution.map(|execution| execution.id.clone()),
            execution_newest: self.execution.and_then(|execution| execution.newest),
            candidate_execution: self.candidate_execution.map(|execution| execution.id.clone()),
            bucket,
            directory: self.workspace.path(),
            sampling: self.sampling.cloned(),
            started_at: Utc::now(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    fn step_header(
        &self,
        (step, revision): (&PlannedStep<'_>, &Option<CodeRevision>),
    ) -> StepHeader {
        let runs = self.mode != Mode::Comparison;
        StepHeader {
            step: step.name.clone(),
            command: step.step.filter(|_| runs).map(|step| step.executor.describe()),
            revision: revision.clone(),
            after: step.after.iter().map(|step| (*step).clone()).collect(),
        }
    }
}
