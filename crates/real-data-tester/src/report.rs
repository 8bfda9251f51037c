//! What came of a run: a fold of its events.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use reenact_registry::StepKey;
use reenact_validator::Verdict;
use serde::{Deserialize, Serialize};

use crate::event::{Event, ObjectRecord, Origin, RunHeader};
use crate::step_report::{OutputReport, StepReport, TreeReport};

/// The version of the JSON form.
pub const REPORT_VERSION: u32 = 1;

/// What a run found.
#[non_exhaustive]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The version of this form.
    pub format_version: u32,
    /// The worst verdict of all steps: pass, fail, or could not tell.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub reason: String,
    /// What was asked.
    pub run: RunHeader,
    /// What was found for each step, each after those that it waits for.
    pub steps: Vec<StepReport>,
    /// Whether the run was ended before its time.
    pub interrupted: bool,
    /// When the run ended; absent if it was cut off.
    pub finished_at: Option<DateTime<Utc>>,
}

impl Report {
    /// Folds the events of one run; without a [`Event::RunStarted`] there is none.
    pub fn from_events<'a>(events: impl IntoIterator<Item = &'a Event>) -> Option<Self> {
        let mut events = events.into_iter();
        let header = events.find_map(|event| match event {
            Event::RunStarted(header) => Some((**header).clone()),
            _ => None,
        })?;
        let mut fold = Fold::new(header);
        for event in events {
            fold.add(event);
        }
        Some(fold.conclude())
    }

    /// Returns what was found for `step`, if it is part of the run.
    pub fn step(&self, step: &StepKey) -> Option<&StepReport> {
        self.steps.iter().find(|report| report.step == *step)
    }

    /// Returns what was found for the outputs of all steps.
    pub fn outputs(&self) -> impl Iterator<Item = &OutputReport> {
        self.steps.iter().flat_map(|step| &step.outputs)
    }

    /// Returns the trees that were staged for all steps.
    pub fn trees(&self) -> impl Iterator<Item = &TreeReport> {
        self.steps.iter().flat_map(|step| &step.trees)
    }

    /// Returns where the report lies as JSON.
    pub fn json_path(&self) -> PathBuf {
        self.run.directory.join("report.json")
    }

    /// Returns where the report lies as one HTML file.
    pub fn html_path(&self) -> PathBuf {
        self.run.directory.join("report.html")
    }

    /// Returns where the run's events lie, one JSON document a line.
    pub fn events_path(&self) -> PathBuf {
        self.run.directory.join("events.jsonl")
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
        self.trees().flat_map(|tree| &tree.objects).filter(move |object| wanted(&object.origin))
    }

    /// The worst step decides; among equals the first, on which others may depend.
    fn conclude(&self) -> (Verdict, String) {
        let worst = self.steps.iter().map(|step| step.verdict).max();
        let step = worst.and_then(|worst| self.steps.iter().find(|step| step.verdict == worst));
        let Some(step) = step else {
            return (Verdict::Inconclusive, "nothing was run or compared".to_owned());
        };
        if self.steps.len() == 1 {
            return (step.verdict, step.reason.clone());
        }
        let alike = self.steps.iter().filter(|other| other.verdict == step.verdict).count();
        let count = format!("{alike} of {} steps", self.steps.len());
        let reason = match step.verdict {
            Verdict::Pass if self.run.mode.reads_production() => {
                format!("all {alike} steps match production")
            }
            Verdict::Pass => format!("all {alike} steps ran and wrote their outputs"),
            Verdict::Inconclusive => {
                format!("{count} could not be judged; first `{}`: {}", step.step, step.reason)
            }
            Verdict::Fail => format!("{count} differ; first `{}`: {}", step.step, step.reason),
        };
        (step.verdict, reason)
    }
}

/// A report in the making.
struct Fold {
    report: Report,
    places: BTreeMap<StepKey, usize>,
}

impl Fold {
    fn new(run: RunHeader) -> Self {
        let steps: Vec<StepReport> = run.steps.iter().map(StepReport::new).collect();
        let places = steps.iter().enumerate().map(|(place, step)| (step.step.clone(), place));
        let places = places.collect();
        let report = Report {
            format_version: REPORT_VERSION,
            verdict: Verdict::Inconclusive,
            reason: String::new(),
            run,
            steps,
            interrupted: false,
            finished_at: None,
        };
        Self { report, places }
    }

    fn add(&mut self, event: &Event) {
        match event {
            Event::Interrupted => self.report.interrupted = true,
            Event::RunFinished { at } => self.report.finished_at = Some(*at),
            event => {
                let place = event.step().and_then(|step| self.places.get(step));
                if let Some(&place) = place {
                    self.report.steps[place].add(event);
                }
            }
        }
    }

    fn conclude(mut self) -> Report {
        let (mode, interrupted) = (self.report.run.mode, self.report.interrupted);
        for step in &mut self.report.steps {
            step.conclude(mode, interrupted);
        }
        (self.report.verdict, self.report.reason) = self.report.conclude();
        if let Some(sampling) = &self.report.run.sampling {
            let marked = format!("{} (on a sample of the inputs: {sampling})", self.report.reason);
            self.report.reason = marked;
        }
        self.report
    }
}
