//! One run from the first byte staged to the report: stage, execute, judge. It only emits events.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use chrono::Utc;
use futures::future::try_join_all;
use reenact_downloader::{DiscoveredExecution, ObjectSource, Transfer, TransferOptions};
use reenact_registry::{LogicalName, StepKey};
use reenact_validator::Validator;
use reenact_workspace_cache::{Cache, Workspace};

use crate::blocking::blocking;
use crate::emitter::Emitter;
use crate::event::{Event, RunHeader, Tree};
use crate::executor::StepRequest;
use crate::report::Report;
use crate::reporter::{html, json};
use crate::scenario::Step;
use crate::stage::Stage;
use crate::wiring::Wiring;
use crate::{Error, Result};

/// Everything that a run consists of.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) name: &'a StepKey,
    pub(crate) step: &'a Step,
    pub(crate) execution: &'a DiscoveredExecution,
    pub(crate) wiring: &'a Wiring<'a>,
    pub(crate) workspace: &'a Workspace,
    pub(crate) emitter: Arc<Emitter>,
    pub(crate) source: Arc<dyn ObjectSource>,
}

impl Run<'_> {
    /// Stages, executes and judges; returns the report and leaves it in the workspace.
    pub(crate) async fn carry_out(&self, cache: Cache) -> Result<Report> {
        self.emitter.emit(Event::RunStarted(Box::new(self.header())));
        self.stage(cache).await?;
        if self.execute().await? {
            self.judge().await?;
        }
        self.emitter.emit(Event::RunFinished { at: Utc::now() });
        let report =
            self.emitter.report().ok_or_else(|| Error::scenario("the run has not begun"))?;
        json::write(&report, &report.json_path())?;
        html::write(&report, &report.html_path())?;
        Ok(report)
    }

    fn header(&self) -> RunHeader {
        RunHeader {
            pipeline: self.execution.pipeline.clone(),
            step: self.name.clone(),
            execution: self.execution.id.clone(),
            execution_newest: self.execution.newest,
            bucket: self.source.bucket().as_str().to_owned(),
            command: self.step.executor.describe(),
            directory: self.workspace.path(),
            started_at: Utc::now(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Lands inputs and references side by side.
    async fn stage(&self, cache: Cache) -> Result<()> {
        let stage = Stage {
            transfer: Transfer::new(Arc::clone(&self.source), TransferOptions::default()),
            bucket: self.source.bucket().as_str().to_owned(),
            cache,
            emitter: Arc::clone(&self.emitter),
        };
        let (inputs, references) = (self.workspace.inputs(), self.workspace.s3_data());
        let mut landing = Vec::new();
        for (name, output) in &self.wiring.inputs {
            landing.push(stage.land(Tree::Input(name.clone()), output, inputs.join(name.as_str())));
        }
        for output in &self.wiring.references {
            let name = output.key.logical_name();
            landing.push(stage.land(
                Tree::Reference(name.clone()),
                output,
                references.join(name.as_str()),
            ));
        }
        try_join_all(landing).await?;
        Ok(())
    }

    /// Runs the candidate code and tells whether it ended well.
    async fn execute(&self) -> Result<bool> {
        let request = self.request();
        for name in &request.output_names {
            let path = request.output(name.as_str());
            fs_err::create_dir_all(&path)
                .map_err(|error| Error::workspace("make the directory", &path, error))?;
        }
        self.emitter.emit(Event::StepStarted);
        let outcome = self.step.executor.run(&request).await?;
        let succeeded = outcome.succeeded();
        self.emitter.emit(Event::StepFinished { outcome });
        Ok(succeeded)
    }

    fn request(&self) -> StepRequest {
        StepRequest {
            step: self.name.clone(),
            inputs: self.workspace.inputs(),
            outputs: self.workspace.outputs(),
            logs: self.workspace.logs(),
            input_names: self.wiring.inputs.iter().map(|(name, _)| name.clone()).collect(),
            output_names: self.output_names(),
            environment: self.step.environment.clone(),
            time_limit: self.step.time_limit,
        }
    }

    /// What production has and what the scenario says, by name.
    fn output_names(&self) -> Vec<LogicalName> {
        let production =
            self.wiring.references.iter().map(|output| output.key.logical_name().clone());
        let names: BTreeSet<LogicalName> =
            production.chain(self.step.outputs.iter().flatten().cloned()).collect();
        names.into_iter().collect()
    }

    /// Compares each output with production's, in the order of their names.
    async fn judge(&self) -> Result<()> {
        let outputs = self.workspace.outputs();
        let wrote_nothing = blocking(move || !has_files(&outputs)).await?;
        for output in self.output_names() {
            if wrote_nothing {
                let problem = format!(
                    "step `{}` wrote no file to its outputs; does its command use {{outputs}}?",
                    self.name
                );
                self.emitter.emit(Event::OutputNotJudged { output, problem });
                continue;
            }
            let candidate = self.workspace.outputs().join(output.as_str());
            let reference = self.workspace.s3_data().join(output.as_str());
            let validator = Validator::new(self.step.rules(&output));
            let judged = blocking(move || validator.compare(&candidate, &reference)).await?;
            self.emitter.emit(match judged {
                Ok(judgement) => Event::OutputJudged { output, judgement: Box::new(judgement) },
                Err(error) => Event::OutputNotJudged { output, problem: chain(&error) },
            });
        }
        Ok(())
    }
}

/// Tells whether a file lies anywhere below `directory`; what cannot be read is left to the comparison to complain of.
fn has_files(directory: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(directory) else { return true };
    entries
        .flatten()
        .any(|entry| !entry.file_type().is_ok_and(|kind| kind.is_dir()) || has_files(&entry.path()))
}

/// Joins an error and its causes.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
