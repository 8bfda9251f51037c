//! What came of one step of a run: what was staged for it, how it ended, and what was found of its outputs.

use reenact_registry::{LogicalName, OutputKey, StepKey};
use reenact_validator::{Judgement, Severity, Verdict};
use serde::{Deserialize, Serialize};

use crate::event::{Event, NotRun, ObjectRecord, Provenance, StepHeader, Tree};
use crate::executor::StepOutcome;
use crate::mode::Mode;
use crate::threshold::Measured;
use crate::written::Written;

/// What was found for one step.
#[non_exhaustive]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepReport {
    /// The step.
    pub step: StepKey,
    /// What runs; absent where nothing is run.
    pub command: Option<String>,
    /// Whether its outputs match production's or, where production is not asked, whether it ran and wrote them.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub reason: String,
    /// The trees that were staged for it.
    pub trees: Vec<TreeReport>,
    /// Whether it was started.
    pub started: bool,
    /// How it ended; absent if it did not.
    pub outcome: Option<StepOutcome>,
    /// Why it was not run, if it was not.
    pub not_run: Option<NotRun>,
    /// What was found for each output.
    pub outputs: Vec<OutputReport>,
    /// What was found for each threshold.
    pub thresholds: Vec<Measured>,
}

/// A tree that was staged.
#[non_exhaustive]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TreeReport {
    /// The tree.
    pub tree: Tree,
    /// The output that it is a copy of.
    pub from: OutputKey,
    /// Where that output's data come from.
    pub provenance: Provenance,
    /// How many objects or files it has.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Production's objects that it was made of.
    pub objects: Vec<ObjectRecord>,
    /// Whether it was there as a whole before the run ended.
    pub staged: bool,
}

impl TreeReport {
    /// Folds the events of staged trees.
    pub(crate) fn from_events<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<Self> {
        let mut trees = Vec::new();
        for event in events {
            Self::add(&mut trees, event);
        }
        trees
    }

    fn add(trees: &mut Vec<Self>, event: &Event) {
        match event {
            Event::TreePlanned { tree, from, provenance, objects, bytes, .. } => {
                trees.push(Self {
                    tree: tree.clone(),
                    from: from.clone(),
                    provenance: provenance.clone(),
                    files: *objects,
                    bytes: *bytes,
                    objects: Vec::new(),
                    staged: false,
                });
            }
            Event::ObjectReady { tree, object, .. } => {
                if let Some(report) = trees.iter_mut().find(|report| report.tree == *tree) {
                    report.objects.push(object.clone());
                }
            }
            Event::TreeStaged { tree, .. } => {
                if let Some(report) = trees.iter_mut().find(|report| report.tree == *tree) {
                    report.staged = true;
                }
            }
            _ => {}
        }
    }
}

/// What was found for one output.
#[non_exhaustive]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OutputReport {
    /// The output.
    pub name: LogicalName,
    /// What lies on the disk.
    pub written: Written,
    /// The comparison with production's; absent if it could not be made, or none was asked for.
    pub judgement: Option<Judgement>,
    /// Why it could not be made.
    pub problem: Option<String>,
}

impl OutputReport {
    /// Returns the verdict; what could not be compared although it should is inconclusive, what cannot be an output has failed.
    pub fn verdict(&self) -> Verdict {
        match (&self.judgement, &self.problem) {
            _ if !self.written.faults.is_empty() => Verdict::Fail,
            (Some(judgement), _) => judgement.verdict,
            (None, Some(_)) => Verdict::Inconclusive,
            (None, None) if self.written.problem().is_some() => Verdict::Fail,
            (None, None) => Verdict::Pass,
        }
    }

    fn explain(&self) -> String {
        let why = self.judgement.as_ref().map(|judgement| judgement.reason.clone());
        let why = why.or_else(|| self.problem.clone()).or_else(|| self.written.problem());
        let why = why.unwrap_or_else(|| {
            format!("{} files with {} bytes were written", self.written.files, self.written.bytes)
        });
        format!("output `{}`: {why}", self.name)
    }
}

impl StepReport {
    /// Begins with what was planned.
    pub(crate) fn new(planned: &StepHeader) -> Self {
        Self {
            step: planned.step.clone(),
            command: planned.command.clone(),
            verdict: Verdict::Inconclusive,
            reason: String::new(),
            trees: Vec::new(),
            started: false,
            outcome: None,
            not_run: None,
            outputs: Vec::new(),
            thresholds: Vec::new(),
        }
    }

    /// Takes an event of this step.
    pub(crate) fn add(&mut self, event: &Event) {
        match event {
            Event::TreePlanned { .. } | Event::ObjectReady { .. } | Event::TreeStaged { .. } => {
                TreeReport::add(&mut self.trees, event);
            }
            Event::StepStarted { .. } => self.started = true,
            Event::StepFinished { outcome, .. } => self.outcome = Some(outcome.clone()),
            Event::StepNotRun { why, .. } => self.not_run = Some(why.clone()),
            Event::OutputWritten { output, written, .. } => self.outputs.push(OutputReport {
                name: output.clone(),
                written: written.clone(),
                judgement: None,
                problem: None,
            }),
            Event::OutputJudged { output, judgement, .. } => {
                self.on_output(output, |report| report.judgement = Some((**judgement).clone()));
            }
            Event::OutputNotJudged { output, problem, .. } => {
                self.on_output(output, |report| report.problem = Some(problem.clone()));
            }
            Event::ThresholdJudged { measured, .. } => self.thresholds.push(*measured),
            _ => {}
        }
    }

    fn on_output(&mut self, name: &LogicalName, change: impl FnOnce(&mut OutputReport)) {
        if let Some(output) = self.outputs.iter_mut().find(|output| output.name == *name) {
            change(output);
        }
    }

    /// Draws the verdict from what was taken.
    pub(crate) fn conclude(&mut self, mode: Mode, interrupted: bool) {
        if interrupted && mode.reads_production() {
            self.leave_open();
        }
        (self.verdict, self.reason) = match self.obstacle(mode, interrupted) {
            Some(obstacle) => (Verdict::Inconclusive, obstacle),
            None => self.judge(mode),
        };
    }

    /// Says of each output that was still to be judged that it was not.
    fn leave_open(&mut self) {
        let open = |output: &&mut OutputReport| {
            output.judgement.is_none()
                && output.problem.is_none()
                && output.written.faults.is_empty()
        };
        for output in self.outputs.iter_mut().filter(open) {
            output.problem = Some("the run was interrupted before it was judged".to_owned());
        }
    }

    /// Says what kept the step's outputs from being judged, if something did.
    fn obstacle(&self, mode: Mode, interrupted: bool) -> Option<String> {
        let step = &self.step;
        match &self.not_run {
            Some(NotRun::Upstream { step: upstream }) => {
                return Some(format!(
                    "step `{step}` was not run, since step `{upstream}` did not end well"
                ));
            }
            Some(NotRun::FailFast) => {
                return Some(format!("step `{step}` was not run, since another step had failed"));
            }
            Some(NotRun::Problem { problem }) => {
                return Some(format!("step `{step}` could not be run: {problem}"));
            }
            None => {}
        }
        match &self.outcome {
            Some(outcome) if !outcome.succeeded() => Some(failed_step(step, outcome)),
            Some(_) if interrupted && self.outputs.is_empty() => Some(format!(
                "the run was interrupted before the outputs of step `{step}` were judged"
            )),
            None if mode != Mode::Comparison => Some(match (self.started, interrupted) {
                (true, true) => format!("the run was interrupted while step `{step}` ran"),
                (true, false) => format!("step `{step}` never ended"),
                (false, _) => format!("step `{step}` never ran"),
            }),
            _ => None,
        }
    }

    /// What differs decides, then what could not be told.
    fn judge(&self, mode: Mode) -> (Verdict, String) {
        let deciding =
            self.thresholds.iter().filter(|found| found.threshold.severity == Severity::Error);
        let outputs = self.outputs.iter().map(|output| (output.verdict(), output.explain()));
        let thresholds = deciding.map(|found| (found.verdict, found.to_string()));
        let found: Vec<(Verdict, String)> = outputs.chain(thresholds).collect();
        for verdict in [Verdict::Fail, Verdict::Inconclusive] {
            if let Some((verdict, why)) = found.iter().find(|found| found.0 == verdict) {
                return (*verdict, why.clone());
            }
        }
        let step = &self.step;
        match self.outputs.as_slice() {
            [] if mode.reads_production() => (
                Verdict::Inconclusive,
                format!("nothing was compared: step `{step}` has no output in production"),
            ),
            [] => (Verdict::Pass, format!("step `{step}` ran; it has no outputs")),
            [only] => (Verdict::Pass, only.explain()),
            outputs if mode.reads_production() => (
                Verdict::Pass,
                format!("all {} outputs of step `{step}` match production's", outputs.len()),
            ),
            outputs => (
                Verdict::Pass,
                format!("step `{step}` ran and wrote all of its {} outputs", outputs.len()),
            ),
        }
    }
}

fn failed_step(step: &StepKey, outcome: &StepOutcome) -> String {
    // What ends a Rust program's panic is advice, not the reason.
    let telling = |line: &&str| !line.trim().is_empty() && !line.starts_with("note: ");
    let last = outcome.stderr_tail.lines().rfind(telling);
    let last = last.map_or_else(String::new, |line| format!(": {line}"));
    format!("step `{step}` {}{last}", outcome.ending)
}
