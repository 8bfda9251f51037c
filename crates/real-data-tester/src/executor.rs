//! What it takes to run a step: the seam between the runner and whatever executes candidate code.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::future::BoxFuture;
use reenact_registry::{LogicalName, StepKey};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::argument::Argument;
use crate::limits::Limits;

/// Runs the candidate code of a step.
pub trait StepExecutor: fmt::Debug + Send + Sync {
    /// Says in one line what will run, for the report.
    fn describe(&self) -> String;

    /// Returns the directory that the code lies in, whose revision the report tells where it is part of a Git repository.
    ///
    /// By default the working directory, in which programs are started.
    fn code_directory(&self) -> Option<PathBuf> {
        std::env::current_dir().ok()
    }

    /// Runs the step to its end; dropping the future ends whatever it started.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Executor`](crate::ErrorKind::Executor) when the step could not be started. A step that ran and failed is an outcome.
    fn run<'a>(
        &'a self,
        request: &'a StepRequest,
        listener: &'a dyn OutputListener,
    ) -> BoxFuture<'a, Result<StepOutcome>>;
}

/// Is told what a step prints, while it runs.
pub trait OutputListener: Send + Sync {
    /// Takes what was printed; bytes that are no text are replaced. It is called on the run's own threads: be quick.
    fn printed(&self, stream: Stream, text: &str);
}

/// An [`OutputListener`] that does not listen.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Unheard;

impl OutputListener for Unheard {
    fn printed(&self, _: Stream, _: &str) {}
}

/// Where a step prints to.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Its standard output.
    Stdout,
    /// Its standard error.
    Stderr,
}

/// Where a step finds its inputs and must leave its outputs: directories keyed by logical name.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct StepRequest {
    /// The step.
    pub step: StepKey,
    /// The directory that holds one directory for each input.
    pub inputs: PathBuf,
    /// The directory that holds one, at first empty, directory for each output.
    pub outputs: PathBuf,
    /// The directory for what the step prints.
    pub logs: PathBuf,
    /// The directory for whatever else the step needs to run; it lasts as long as the run's directory.
    pub scratch: PathBuf,
    /// The names of the inputs.
    pub input_names: Vec<LogicalName>,
    /// The names of the outputs.
    pub output_names: Vec<LogicalName>,
    /// What the scenario adds to the step's environment.
    pub environment: BTreeMap<String, String>,
    /// The names of the caller's variables that the step gets besides the usual ones.
    pub passed_on: Vec<String>,
    /// The step's arguments, by name.
    pub arguments: BTreeMap<String, Argument>,
    /// What the step may use.
    pub limits: Limits,
}

impl StepRequest {
    /// Takes a step and a directory; below it are `inputs`, `outputs`, `logs` and `scratch`. Everything else is empty.
    pub fn new(step: StepKey, directory: &Path) -> Self {
        Self {
            step,
            inputs: directory.join("inputs"),
            outputs: directory.join("outputs"),
            logs: directory.join("logs"),
            scratch: directory.join("scratch"),
            input_names: Vec::new(),
            output_names: Vec::new(),
            environment: BTreeMap::new(),
            passed_on: Vec::new(),
            arguments: BTreeMap::new(),
            limits: Limits::default(),
        }
    }

    /// Returns the directory of the input `name`.
    pub fn input(&self, name: &str) -> PathBuf {
        self.inputs.join(name)
    }

    /// Returns the directory of the output `name`.
    pub fn output(&self, name: &str) -> PathBuf {
        self.outputs.join(name)
    }
}

/// How a step ended.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepOutcome {
    /// How it ended.
    pub ending: Ending,
    /// What it cost.
    pub usage: Usage,
    /// Where its standard output was kept.
    pub stdout: Option<PathBuf>,
    /// Where its standard error was kept.
    pub stderr: Option<PathBuf>,
    /// The last lines of its standard error, at most 4 KiB.
    pub stderr_tail: String,
}

impl StepOutcome {
    /// Takes an ending and its cost; nothing was printed.
    pub fn new(ending: Ending, usage: Usage) -> Self {
        Self { ending, usage, stdout: None, stderr: None, stderr_tail: String::new() }
    }

    pub(crate) fn with_logs(mut self, stdout: &Path, stderr: &Path, stderr_tail: String) -> Self {
        self.stdout = Some(stdout.to_owned());
        self.stderr = Some(stderr.to_owned());
        self.stderr_tail = stderr_tail;
        self
    }

    /// Tells whether the step ended well.
    pub fn succeeded(&self) -> bool {
        self.ending == Ending::Exited { code: 0 }
    }
}

/// How a step ended.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Ending {
    /// It ended by itself.
    Exited {
        /// Its exit code; 0 is success.
        code: i32,
    },
    /// A closure returned an error or panicked.
    Failed {
        /// The error and its causes.
        message: String,
    },
    /// A signal ended it.
    Killed {
        /// The signal's number.
        signal: i32,
    },
    /// It, and all that it had started, was ended at its time limit.
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// It had more memory than its limit allows; where that was seen before its end, it was ended for it.
    OutOfMemory {
        /// The limit in bytes.
        limit: u64,
        /// What was measured, in bytes.
        used: u64,
    },
    /// It wrote more than its limit allows; where that was seen before its end, it was ended for it.
    TooMuchOutput {
        /// The limit in bytes.
        limit: u64,
        /// What was measured, in bytes.
        written: u64,
    },
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { code } => write!(formatter, "exited with code {code}"),
            Self::Failed { message } => write!(formatter, "failed: {message}"),
            Self::Killed { signal } => write!(formatter, "was ended by signal {signal}"),
            Self::TimedOut { limit } => {
                write!(formatter, "was ended at its time limit of {limit:?}")
            }
            Self::OutOfMemory { limit, used } => {
                write!(formatter, "used {used} bytes of memory, more than its limit of {limit}")
            }
            Self::TooMuchOutput { limit, written } => {
                write!(formatter, "wrote {written} bytes, more than its limit of {limit}")
            }
        }
    }
}

/// What a step cost: measured, or absent.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Wall time.
    pub wall: Duration,
    /// CPU time in user mode, of the step and of the children it waited for.
    pub user_cpu: Option<Duration>,
    /// CPU time in the system, likewise.
    pub system_cpu: Option<Duration>,
    /// The largest resident set of one process, in bytes.
    ///
    /// It is the larger of two measures. `wait4` tells the largest of the step's own process and of the children it waited for; it counts from
    /// the process that started the step, so a value that is not above that one's own peak says nothing and is passed over. While the
    /// step runs, the system is asked for the peak so far (`VmHWM`) of each process that descends from it, first after 5 ms and then at growing
    /// pauses of up to 100 ms: what a process takes between the last look and its end is seen by `wait4` only. Absent where neither
    /// told anything: for a step that ended before the first look and stayed below the peak of the program that started it.
    pub peak_rss: Option<u64>,
    /// Bytes that the step and the children it waited for read by system calls, wherever they came from.
    pub read_bytes: Option<u64>,
    /// Bytes that they wrote by system calls, wherever they went to.
    pub written_bytes: Option<u64>,
}

impl Usage {
    /// Takes the wall time alone.
    pub fn of_wall(wall: Duration) -> Self {
        Self { wall, ..Self::default() }
    }
}
