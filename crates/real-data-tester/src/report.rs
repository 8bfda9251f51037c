//! What came of a run: a fold of its events.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use reenact_registry::{LogicalName, OutputKey, StepKey};
use reenact_validator::{Judgement, Verdict};
use serde::{Deserialize, Serialize};

use crate::event::{Event, ObjectRecord, Origin, RunHeader, Tree};
use crate::executor::StepOutcome;

/// The version of the JSON form.
pub const REPORT_VERSION: u32 = 1;

/// What a run found.
#[non_exhaustive]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The version of this form.
    pub format_version: u32,
    /// Whether the candidate's outputs match production's: pass, fail, or could not tell.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub reason: String,
    /// What was asked.
    pub run: RunHeader,
    /// The trees that were staged, inputs first.
    pub trees: Vec<TreeReport>,
    /// How the step ended; absent if it never started.
    pub step: Option<StepOutcome>,
    /// What was found for each output.
    pub outputs: Vec<OutputReport>,
    /// When the run ended; absent if it was cut off.
    pub finished_at: Option<DateTime<Utc>>,
}

/// A tree that was staged.
#[non_exhaustive]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TreeReport {
    /// The tree.
    pub tree: Tree,
    /// The output of production that it is a copy of.
    pub from: OutputKey,
    /// Its objects.
    pub objects: Vec<ObjectRecord>,
    /// Their bytes.
    pub bytes: u64,
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
            Event::TreePlanned { tree, from, objects, bytes } => {
                let objects = Vec::with_capacity(*objects);
                trees.push(Self { tree: tree.clone(), from: from.clone(), objects, bytes: *bytes });
            }
            Event::ObjectReady { tree, object } => {
                if let Some(report) = trees.iter_mut().find(|report| report.tree == *tree) {
                    report.objects.push(object.clone());
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
    /// The comparison with production's; absent if it could not be made.
    pub judgement: Option<Judgement>,
    /// Why it could not be made.
    pub problem: Option<String>,
}

impl OutputReport {
    /// Returns the verdict; what could not be judged is inconclusive.
    pub fn verdict(&self) -> Verdict {
        self.judgement.as_ref().map_or(Verdict::Inconclusive, |judgement| judgement.verdict)
    }
}

impl Report {
    /// Folds the events of one run; without a [`Event::RunStarted`] there is none.
    pub fn from_events<'a>(events: impl IntoIterator<Item = &'a Event>) -> Option<Self> {
        let mut events = events.into_iter();
        let header = events.find_map(|event| match event {
            Event::RunStarted(header) => Some((**header).clone()),
            _ => None,
        })?;
        let mut report = Self {
            format_version: REPORT_VERSION,
            verdict: Verdict::Inconclusive,
            reason: String::new(),
            run: header,
            trees: Vec::new(),
            step: None,
            outputs: Vec::new(),
            finished_at: None,
        };
        for event in events {
            report.add(event);
        }
        (report.verdict, report.reason) = report.conclude();
        Some(report)
    }

    fn add(&mut self, event: &Event) {
        match event {
            Event::TreePlanned { .. } | Event::ObjectReady { .. } => {
                TreeReport::add(&mut self.trees, event);
            }
            Event::StepFinished { outcome } => self.step = Some(outcome.clone()),
            Event::OutputJudged { output, judgement } => {
                let judgement = Some((**judgement).clone());
                self.outputs.push(OutputReport { name: output.clone(), judgement, problem: None });
            }
            Event::OutputNotJudged { output, problem } => {
                let problem = Some(problem.clone());
                self.outputs.push(OutputReport { name: output.clone(), judgement: None, problem });
            }
            Event::RunFinished { at } => self.finished_at = Some(*at),
            Event::RunStarted(_)
            | Event::BytesReceived { .. }
            | Event::TreeStaged { .. }
            | Event::StepStarted => {}
        }
    }

    /// The worst outcome decides: a step that failed, then what differs, then what could not be told.
    fn conclude(&self) -> (Verdict, String) {
        let step = &self.run.step;
        match &self.step {
            None => return (Verdict::Inconclusive, format!("step `{step}` never ran")),
            Some(outcome) if !outcome.succeeded() => {
                return (Verdict::Inconclusive, failed_step(step, outcome));
            }
            Some(_) => {}
        }
        let of = |verdict| self.outputs.iter().filter(move |output| output.verdict() == verdict);
        if let Some(worst) = of(Verdict::Fail).next() {
            return (Verdict::Fail, explain(worst));
        }
        if let Some(open) = of(Verdict::Inconclusive).next() {
            return (Verdict::Inconclusive, explain(open));
        }
        match self.outputs.as_slice() {
            [] => (
                Verdict::Inconclusive,
                format!("nothing was compared: step `{step}` has no output in production"),
            ),
            [only] => (Verdict::Pass, explain(only)),
            outputs => (
                Verdict::Pass,
                format!("all {} outputs of step `{step}` match production's", outputs.len()),
            ),
        }
    }

    /// Returns where the report lies as JSON.
    pub fn json_path(&self) -> PathBuf {
        self.run.directory.join("report.json")
    }

    /// Returns where the report lies as one HTML file.
    pub fn html_path(&self) -> PathBuf {
        self.run.directory.join("report.html")
    }

    /// Returns the bytes that were downloaded.
    pub fn downloaded_bytes(&self) -> u64 {
        self.objects_from(|origin| matches!(origin, Origin::Download { .. }))
            .map(|object| object.size)
            .sum()
    }

    /// Returns how many objects were downloaded.
    pub fn downloaded_objects(&self) -> usize {
        self.objects_from(|origin| matches!(origin, Origin::Download { .. })).count()
    }

    /// Returns how many objects were found in the cache.
    pub fn cached_objects(&self) -> usize {
        self.objects_from(|origin| *origin == Origin::Cache).count()
    }

    fn objects_from(
        &self,
        wanted: impl Fn(&Origin) -> bool,
    ) -> impl Iterator<Item = &ObjectRecord> {
        self.trees
            .iter()
            .flat_map(|tree| &tree.objects)
            .filter(move |object| wanted(&object.origin))
    }
}

fn failed_step(step: &StepKey, outcome: &StepOutcome) -> String {
    // What ends a Rust program's panic is advice, not the reason.
    let telling = |line: &&str| !line.trim().is_empty() && !line.starts_with("note: ");
    let last = outcome.stderr_tail.lines().rfind(telling);
    let last = last.map_or_else(String::new, |line| format!(": {line}"));
    format!("step `{step}` {}{last}", outcome.ending)
}

fn explain(output: &OutputReport) -> String {
    let why = output.judgement.as_ref().map(|judgement| judgement.reason.as_str());
    let why = why.or(output.problem.as_deref()).unwrap_or("nothing was compared");
    format!("output `{}`: {why}", output.name)
}
