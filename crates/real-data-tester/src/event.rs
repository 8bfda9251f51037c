//! Everything that happens in a run: the only thing a runner tells, and all that a report is made from.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use reenact_registry::{ExecutionId, LogicalName, OutputKey, PipelineName, StepKey};
use reenact_validator::Judgement;
use serde::{Deserialize, Serialize};

use crate::executor::StepOutcome;

/// One thing that happened.
#[non_exhaustive]
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The question is put: everything named here exists.
    RunStarted(Box<RunHeader>),
    /// It is known what a tree consists of.
    TreePlanned {
        /// The tree.
        tree: Tree,
        /// The output of production that it is a copy of.
        from: OutputKey,
        /// How many objects it has.
        objects: usize,
        /// How many bytes they have.
        bytes: u64,
    },
    /// Bytes of a download have arrived; for progress only.
    BytesReceived {
        /// How many.
        bytes: u64,
    },
    /// An object is in the cache.
    ObjectReady {
        /// The tree that it belongs to.
        tree: Tree,
        /// The object.
        object: ObjectRecord,
    },
    /// A tree lies where the step may read it.
    TreeStaged {
        /// The tree.
        tree: Tree,
    },
    /// The step begins.
    StepStarted,
    /// The step has ended, well or not.
    StepFinished {
        /// How, and what it cost.
        outcome: StepOutcome,
    },
    /// An output was compared with production's.
    OutputJudged {
        /// The output.
        output: LogicalName,
        /// What was found.
        judgement: Box<Judgement>,
    },
    /// An output could not be compared with production's.
    OutputNotJudged {
        /// The output.
        output: LogicalName,
        /// Why not.
        problem: String,
    },
    /// Nothing more will happen.
    RunFinished {
        /// When.
        at: DateTime<Utc>,
    },
}

/// What a run asks: whose code, on whose inputs.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunHeader {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The step whose candidate code runs.
    pub step: StepKey,
    /// The execution of production that it is compared with.
    pub execution: ExecutionId,
    /// When the newest object of that execution was written.
    pub execution_newest: Option<DateTime<Utc>>,
    /// The bucket of production's outputs.
    pub bucket: String,
    /// What runs.
    pub command: String,
    /// The directory that this run has to itself.
    pub directory: PathBuf,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// The version of this crate.
    pub version: String,
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
    /// A person looks at it.
    Copy(LogicalName),
}

impl Tree {
    /// Returns the logical name.
    pub fn name(&self) -> &LogicalName {
        match self {
            Self::Input(name) | Self::Reference(name) | Self::Copy(name) => name,
        }
    }
}

/// Which object was used, so that the run can be repeated on the same bytes.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectRecord {
    /// Its key in the bucket.
    pub key: String,
    /// Its version id, or else its entity tag.
    pub revision: String,
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
