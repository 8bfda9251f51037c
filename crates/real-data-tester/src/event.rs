//! Everything that happens in a run: the only thing a runner tells, and all that a report is made from.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use reenact_registry::{ExecutionId, LogicalName, OutputKey, PipelineName, StepKey};
use reenact_validator::Judgement;
use serde::{Deserialize, Serialize};

use crate::executor::{StepOutcome, Stream};
use crate::mode::Mode;
use crate::revision::CodeRevision;
use crate::sampling::Sampling;
use crate::threshold::Measured;
use crate::written::Written;

/// One thing that happened.
#[non_exhaustive]
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The question is put: everything named here exists.
    RunStarted(Box<RunHeader>),
    /// It is known what a tree consists of.
    TreePlanned {
        /// The step that it is for.
        step: StepKey,
        /// The tree.
        tree: Tree,
        /// The output that it is a copy of.
        from: OutputKey,
        /// Where that output's data come from.
        provenance: Provenance,
        /// How many objects or files it has.
        objects: usize,
        /// How many bytes they have.
        bytes: u64,
    },
    /// Bytes of a download have arrived; for progress only.
    BytesReceived {
        /// How many.
        bytes: u64,
    },
    /// Another process is fetching an object that this run waits for; for progress only.
    ObjectAwaited {
        /// How many bytes it has so far.
        bytes: u64,
        /// How many the object has.
        size: u64,
    },
    /// An object is in the cache.
    ObjectReady {
        /// The step that it is for.
        step: StepKey,
        /// The tree that it belongs to.
        tree: Tree,
        /// The object.
        object: ObjectRecord,
    },
    /// A tree lies where the step may read it.
    TreeStaged {
        /// The step that it is for.
        step: StepKey,
        /// The tree.
        tree: Tree,
    },
    /// A step begins.
    StepStarted {
        /// The step.
        step: StepKey,
    },
    /// A step has printed something; for whoever watches, since logs keep it.
    StepPrinted {
        /// The step.
        step: StepKey,
        /// Where it printed to.
        stream: Stream,
        /// What it printed; bytes that are no text are replaced.
        text: String,
    },
    /// A step has ended, well or not.
    StepFinished {
        /// The step.
        step: StepKey,
        /// How, and what it cost.
        outcome: StepOutcome,
    },
    /// A step was not run.
    StepNotRun {
        /// The step.
        step: StepKey,
        /// Why not.
        why: NotRun,
    },
    /// It was looked at what a step left as one of its outputs.
    OutputWritten {
        /// The step.
        step: StepKey,
        /// The output.
        output: LogicalName,
        /// What is there.
        written: Written,
    },
    /// An output was compared with production's.
    OutputJudged {
        /// The step.
        step: StepKey,
        /// The output.
        output: LogicalName,
        /// What was found.
        judgement: Box<Judgement>,
    },
    /// An output could not be compared with production's.
    OutputNotJudged {
        /// The step.
        step: StepKey,
        /// The output.
        output: LogicalName,
        /// Why not.
        problem: String,
    },
    /// A measure of a step was held against a threshold.
    ThresholdJudged {
        /// The step.
        step: StepKey,
        /// The threshold, and what was measured.
        measured: Measured,
    },
    /// Someone asked for the end of the run, and what was running was ended.
    Interrupted,
    /// Nothing more will happen.
    RunFinished {
        /// When.
        at: DateTime<Utc>,
    },
}

impl Event {
    /// Returns the step that it is about, if it is about one.
    pub fn step(&self) -> Option<&StepKey> {
        match self {
            Self::TreePlanned { step, .. }
            | Self::ObjectReady { step, .. }
            | Self::TreeStaged { step, .. }
            | Self::StepStarted { step }
            | Self::StepPrinted { step, .. }
            | Self::StepFinished { step, .. }
            | Self::StepNotRun { step, .. }
            | Self::OutputWritten { step, .. }
            | Self::OutputJudged { step, .. }
            | Self::OutputNotJudged { step, .. }
            | Self::ThresholdJudged { step, .. } => Some(step),
            Self::RunStarted(_)
            | Self::BytesReceived { .. }
            | Self::ObjectAwaited { .. }
            | Self::Interrupted
            | Self::RunFinished { .. } => None,
        }
    }

    /// Tells whether the report can do without it: such an event is told to listeners and neither kept nor recorded.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::BytesReceived { .. } | Self::ObjectAwaited { .. } | Self::StepPrinted { .. }
        )
    }
}

/// What a run asks: whose code, on whose inputs.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunHeader {
    /// What kind of run it is.
    pub mode: Mode,
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The steps, each after those that it waits for.
    pub steps: Vec<StepHeader>,
    /// The execution of production that is compared with, if any is.
    pub execution: Option<ExecutionId>,
    /// When the newest object of that execution was written.
    pub execution_newest: Option<DateTime<Utc>>,
    /// The execution whose outputs take the place of a candidate's, if nothing is run.
    pub candidate_execution: Option<ExecutionId>,
    /// The bucket of production's outputs, if they are looked at.
    pub bucket: Option<String>,
    /// The directory that this run has to itself.
    pub directory: PathBuf,
    /// Which part of the inputs was taken, unless all of them were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampling>,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// The version of this crate.
    pub version: String,
}

impl RunHeader {
    /// Names the steps in a few words: one by its name, several by their names or their number.
    pub fn step_names(&self) -> String {
        match self.steps.as_slice() {
            [only] => format!("step `{}`", only.step),
            steps if steps.len() <= 5 => {
                let names: Vec<String> =
                    steps.iter().map(|step| format!("`{}`", step.step)).collect();
                format!("steps {}", names.join(", "))
            }
            steps => format!("{} steps", steps.len()),
        }
    }
}

/// One step of a run, as it was planned.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepHeader {
    /// The step.
    pub step: StepKey,
    /// What runs; absent where nothing is run.
    pub command: Option<String>,
    /// The revision of the repository that the code lies in, if it lies in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<CodeRevision>,
    /// The steps of this run whose outputs it reads.
    pub after: Vec<StepKey>,
}

/// Why a step was not run.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum NotRun {
    /// A step that it reads from did not end well.
    Upstream {
        /// That step.
        step: StepKey,
    },
    /// Another step had failed, and the run was to stop at the first failure.
    FailFast,
    /// Its inputs could not be staged, or its program not started.
    Problem {
        /// What was the matter, with its causes.
        problem: String,
    },
}

/// Where the data of a staged tree come from.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Provenance {
    /// Production's output, from its bucket.
    Production,
    /// The output of a step that ran before in this run.
    Candidate,
    /// A local directory.
    Local {
        /// The directory.
        directory: PathBuf,
    },
    /// Nowhere: they were made up.
    Synthetic {
        /// How, so that the same can be made again.
        recipe: String,
    },
}

/// What a staged tree is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "role", content = "name", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Tree {
    /// The step reads it as this input.
    Input(LogicalName),
    /// The step's output of this name is compared with it.
    Reference(LogicalName),
    /// It takes the place of the step's output of this name, since nothing is run.
    Candidate(LogicalName),
    /// A person looks at it.
    Copy(LogicalName),
}

impl Tree {
    /// Returns the logical name.
    pub fn name(&self) -> &LogicalName {
        match self {
            Self::Input(name)
            | Self::Reference(name)
            | Self::Candidate(name)
            | Self::Copy(name) => name,
        }
    }
}

/// Which object was used, so that the run can be repeated on the same bytes.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectRecord {
    /// Its key in the bucket.
    pub key: String,
    /// Its version id if that was listed, or else its entity tag.
    pub revision: String,
    /// The version that was downloaded, in a bucket that keeps versions. Since listings do not tell it, it is not known of what was
    /// in the cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// Its length in bytes.
    pub size: u64,
    /// Where its bytes came from.
    pub origin: Origin,
}

impl ObjectRecord {
    /// Tells whether the bytes were in the cache.
    pub fn was_cached(&self) -> bool {
        self.origin == Origin::Cache
    }
}

/// Where the bytes of an object came from.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// They were in the cache.
    Cache,
    /// They were downloaded.
    Download {
        /// How their wholeness was shown, in words.
        verified: String,
    },
}
