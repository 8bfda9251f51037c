//! One step of a run: its inputs are staged, it is run, and what it wrote is judged, while its references are fetched beside all that.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::Ordering;

use futures::future::{Either, select, try_join_all};
use reenact_registry::{LogicalName, OutputKey, StepKey};
use tokio::sync::{SemaphorePermit, watch};

use crate::blocking::blocking;
use crate::emitter::Printing;
use crate::error::chain;
use crate::event::{Event, NotRun, Provenance, Tree};
use crate::executor::StepRequest;
use crate::judge::judge;
use crate::masking::scrub_logs;
use crate::run::Run;
use crate::tabular::learn_tree;
use crate::tree::copy_tree;
use crate::wiring::{Feed, PlannedStep};
use crate::written::Written;
use crate::{Error, ErrorKind, Result};

/// A step, whom it tells how it ended, and whom it waits for.
pub(crate) struct StepRun<'a> {
    run: &'a Run<'a>,
    planned: &'a PlannedStep<'a>,
    /// Is told whether the step ended well; dropping it says that it did not.
    announcer: watch::Sender<Option<bool>>,
    upstream: Vec<(&'a StepKey, watch::Receiver<Option<bool>>)>,
}

impl<'a> StepRun<'a> {
    pub(crate) fn new(
        run: &'a Run<'a>,
        planned: &'a PlannedStep<'a>,
        announcer: watch::Sender<Option<bool>>,
        upstream: Vec<(&'a StepKey, watch::Receiver<Option<bool>>)>,
    ) -> Self {
        Self { run, planned, announcer, upstream }
    }

    /// Does all that is to be done about the step. An error means that it could not be run, and has been told as an event.
    pub(crate) async fn carry_out(self) -> Result<()> {
        let done = self.stage_run_and_judge().await;
        if let Err(error) = &done {
            self.run.failed.store(true, Ordering::Relaxed);
            let why = NotRun::Problem { problem: chain(error) };
            self.emit(Event::StepNotRun { step: self.planned.name.clone(), why });
        }
        done
    }

    async fn stage_run_and_judge(&self) -> Result<()> {
        let mut references = pin!(self.stage_references());
        let staged = match select(pin!(self.execute()), &mut references).await {
            Either::Left((ended, _)) => {
                if !ended? {
                    return Ok(());
                }
                references.await
            }
            Either::Right((staged, execution)) => {
                if !execution.await? {
                    return Ok(());
                }
                staged
            }
        };
        let _permit = self.permit().await?;
        let problem = staged.err().map(|error| chain(&error));
        judge(self.run, self.planned, problem).await
    }

    /// Stages the inputs and runs the step; tells whether there is something to judge.
    async fn execute(&self) -> Result<bool> {
        if self.planned.step.is_none() || !self.planned.candidates.is_empty() {
            return self.stage_candidates().await;
        }
        self.stage_sources().await?;
        if let Some(step) = self.failed_upstream().await {
            self.not_run(NotRun::Upstream { step });
            return Ok(false);
        }
        self.stage_upstream().await?;
        let _permit = self.permit().await?;
        if self.run.fail_fast && self.run.failed.load(Ordering::Relaxed) {
            self.not_run(NotRun::FailFast);
            return Ok(false);
        }
        let succeeded = self.run_step().await?;
        if !succeeded {
            self.run.failed.store(true, Ordering::Relaxed);
        }
        self.announcer.send_replace(Some(succeeded));
        Ok(succeeded)
    }

    async fn run_step(&self) -> Result<bool> {
        let Some(step) = self.planned.step else { return Ok(false) };
        let request = self.request()?;
        let name = self.planned.name;
        self.emit(Event::StepStarted { step: name.clone() });
        self.learn_private_values(request.inputs.clone()).await?;
        let outcome = step.executor.run(&request, &Printing::new(&self.run.emitter, name)).await?;
        self.learn_private_values(request.outputs.clone()).await?;
        self.mask_logs(request.logs.clone()).await?;
        self.run.begun.store(true, Ordering::Relaxed);
        let succeeded = outcome.succeeded();
        self.emit(Event::StepFinished { step: name.clone(), outcome });
        Ok(succeeded)
    }

    /// Has the masker know what is private below a directory.
    async fn learn_private_values(&self, directory: PathBuf) -> Result<()> {
        let Some(masker) = self.run.masker.clone().filter(|masker| masker.has_columns()) else {
            return Ok(());
        };
        blocking(move || learn_tree(&directory, &masker)).await?
    }

    async fn mask_logs(&self, directory: PathBuf) -> Result<()> {
        let Some(masker) = self.run.masker.clone() else { return Ok(()) };
        blocking(move || scrub_logs(&masker, &directory)).await?
    }

    /// Takes a part of a staged tree, and hides what is private in it, as the scenario says.
    async fn treat(&self, tree: Tree, root: PathBuf) -> Result<()> {
        let treatment = self.run.treatment(self.planned);
        let treated = tree.clone();
        let is_reference = matches!(tree, Tree::Reference(_));
        if is_reference {
            self.learn_private_values(root.clone()).await?;
        }
        blocking(move || treatment.apply(&treated, &root)).await??;
        self.emit(Event::TreeStaged { step: self.planned.name.clone(), tree });
        Ok(())
    }

    fn request(&self) -> Result<StepRequest> {
        let (name, workspace) = (self.planned.name, self.run.workspace);
        let below = |directory: PathBuf| directory.join(name.to_string());
        let mut request = StepRequest::new(name.clone(), &workspace.path());
        request.inputs = below(workspace.inputs());
        request.outputs = below(workspace.outputs());
        request.logs = below(workspace.logs());
        request.scratch = below(workspace.cache());
        request.input_names = self.planned.inputs.iter().map(|(name, _)| name.clone()).collect();
        request.output_names.clone_from(&self.planned.outputs);
        if let Some(step) = self.planned.step {
            request.environment.clone_from(&step.environment);
            request.passed_on.clone_from(&step.passed_on);
            request.arguments.clone_from(&step.arguments);
            request.limits = step.limits;
        }
        let outputs = self.planned.outputs.iter().map(|name| request.output(name.as_str()));
        let others = [&request.inputs, &request.outputs, &request.logs, &request.scratch];
        for directory in others.into_iter().cloned().chain(outputs) {
            fs_err::create_dir_all(&directory)
                .map_err(|error| Error::workspace("make the directory", &directory, error))?;
        }
        Ok(request)
    }

    /// Stages what does not come from a step of this run.
    async fn stage_sources(&self) -> Result<()> {
        let mut landing = Vec::new();
        for (input, feed) in &self.planned.inputs {
            landing.push(self.stage_source(input, feed));
        }
        try_join_all(landing).await.map(drop)
    }

    async fn stage_source(&self, input: &LogicalName, feed: &Feed<'_>) -> Result<()> {
        let (tree, into) = (Tree::Input(input.clone()), self.input(input));
        match feed {
            Feed::Candidate(_) => Ok(()),
            Feed::Production(output) => self.land(tree, output, into).await,
            Feed::Provided(output, provider) => {
                let (provider, key) = (std::sync::Arc::clone(provider), output.clone());
                self.fill(tree, output, into, move |into| provider.fill(&key, into)).await
            }
        }
    }

    /// Waits for the steps that this one reads from; returns one that did not end well.
    async fn failed_upstream(&self) -> Option<StepKey> {
        for (step, announced) in &self.upstream {
            let mut announced = announced.clone();
            let ended = announced.wait_for(Option::is_some).await;
            if !ended.is_ok_and(|ended| *ended == Some(true)) {
                return Some((*step).clone());
            }
        }
        None
    }

    /// Gives the step copies of what steps before it wrote.
    async fn stage_upstream(&self) -> Result<()> {
        for (input, feed) in &self.planned.inputs {
            let Feed::Candidate(output) = feed else { continue };
            let written = self.output(output.step_key(), output.logical_name());
            let key = output.clone();
            let copy = move |into: &Path| copy_candidate(&key, &written, into);
            self.fill(Tree::Input(input.clone()), output, self.input(input), copy).await?;
        }
        Ok(())
    }

    async fn stage_references(&self) -> Result<()> {
        let mut landing = Vec::new();
        for output in &self.planned.references {
            let name = output.key.logical_name();
            let into = self.reference(name);
            landing.push(self.land(Tree::Reference(name.clone()), output, into));
        }
        try_join_all(landing).await.map(drop)
    }

    /// Where nothing is run, puts another execution's outputs in the place of the candidate's.
    async fn stage_candidates(&self) -> Result<bool> {
        let mut landing = Vec::new();
        for output in &self.planned.candidates {
            let name = output.key.logical_name();
            let into = self.output(self.planned.name, name);
            landing.push(self.land(Tree::Candidate(name.clone()), output, into));
        }
        try_join_all(landing).await?;
        self.run.begun.store(true, Ordering::Relaxed);
        Ok(true)
    }

    async fn land(
        &self,
        tree: Tree,
        output: &reenact_downloader::DiscoveredOutput,
        into: PathBuf,
    ) -> Result<()> {
        let stage = self.run.stage.as_ref().ok_or_else(|| {
            Error::scenario(format!(
                "`{}` is in production, which this run does not ask",
                output.key
            ))
        })?;
        stage.land(self.planned.name, tree.clone(), output, into.clone()).await?;
        self.treat(tree, into).await
    }

    /// Has `fill` put a tree's data into a new directory.
    async fn fill(
        &self,
        tree: Tree,
        from: &OutputKey,
        into: PathBuf,
        fill: impl FnOnce(&Path) -> Result<Provenance> + Send + 'static,
    ) -> Result<()> {
        let place = into.clone();
        let (provenance, written) = blocking(move || {
            fs_err::create_dir_all(&into)
                .map_err(|error| Error::workspace("make the directory", &into, error))?;
            let provenance = fill(&into)?;
            Ok::<_, Error>((provenance, Written::scan(&into)))
        })
        .await??;
        let step = self.planned.name.clone();
        self.emit(Event::TreePlanned {
            step,
            tree: tree.clone(),
            from: from.clone(),
            provenance,
            objects: usize::try_from(written.files).unwrap_or(usize::MAX),
            bytes: written.bytes,
        });
        self.treat(tree, place).await
    }

    fn input(&self, name: &LogicalName) -> PathBuf {
        let step = self.planned.name.to_string();
        self.run.workspace.inputs().join(step).join(name.as_str())
    }

    fn output(&self, step: &StepKey, name: &LogicalName) -> PathBuf {
        self.run.workspace.outputs().join(step.to_string()).join(name.as_str())
    }

    fn reference(&self, name: &LogicalName) -> PathBuf {
        let step = self.planned.name.to_string();
        self.run.workspace.s3_data().join(step).join(name.as_str())
    }

    async fn permit(&self) -> Result<SemaphorePermit<'a>> {
        self.run.room.acquire().await.map_err(|error| {
            Error::caused(ErrorKind::Workspace, "a part of the run broke down", error)
        })
    }

    fn not_run(&self, why: NotRun) {
        self.emit(Event::StepNotRun { step: self.planned.name.clone(), why });
    }

    fn emit(&self, event: Event) {
        self.run.emitter.emit(event);
    }
}

/// Copies what a step wrote, if that can be an output.
fn copy_candidate(key: &OutputKey, written: &Path, into: &Path) -> Result<Provenance> {
    if let Some(problem) = Written::scan(written).problem() {
        return Err(Error::new(
            ErrorKind::Workspace,
            format!("`{key}` cannot be read by the next step: {problem}"),
        ));
    }
    copy_tree(written, into).map_err(|error| {
        Error::caused(ErrorKind::Workspace, format!("cannot stage `{key}`"), error)
    })?;
    Ok(Provenance::Candidate)
}
