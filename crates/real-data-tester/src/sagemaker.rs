//! A step as a script with the hard-coded `/opt/ml` paths of a SageMaker job, in a sandbox where those are the step's directories.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use futures::FutureExt;
use futures::future::BoxFuture;
use reenact_registry::LogicalName;

use crate::executor::{OutputListener, StepExecutor, StepOutcome, StepRequest};
use crate::process::{self, Program};
use crate::python::{arguments, directory_of, find_script};
use crate::{Error, Result};

/// Where a container of SageMaker has everything.
const ROOT: &str = "/opt/ml";
/// Where it has the script.
const CODE: &str = "/opt/ml/processing/input/code";

/// A [`StepExecutor`] that runs a script as a SageMaker job would, with Debian's `bubblewrap` (`bwrap`).
///
/// The script finds each input below `/opt/ml/processing/input/NAME` and leaves each output below `/opt/ml/processing/output/NAME`, or
/// wherever [`with_input_path`](Self::with_input_path) and [`with_output_path`](Self::with_output_path) say. Its arguments are given as
/// `--name value`; `--job_type` is among them if the step has one. It sees the machine's files read-only, a `/tmp` of its own, and no
/// network unless that is allowed.
#[derive(Clone, Debug)]
pub struct SageMakerExecutor {
    script: PathBuf,
    python: String,
    bubblewrap: String,
    inputs: BTreeMap<String, PathBuf>,
    outputs: BTreeMap<String, PathBuf>,
    network: bool,
}

impl SageMakerExecutor {
    /// Takes the script.
    pub fn new(script: impl Into<PathBuf>) -> Self {
        Self {
            script: script.into(),
            python: "python3".to_owned(),
            bubblewrap: "bwrap".to_owned(),
            inputs: BTreeMap::new(),
            outputs: BTreeMap::new(),
            network: false,
        }
    }

    /// Sets the interpreter: a path, or a name that is looked for in `PATH`. By default `python3`.
    #[must_use]
    pub fn with_python(mut self, python: impl Into<String>) -> Self {
        self.python = python.into();
        self
    }

    /// Sets the sandbox program: a path, or a name that is looked for in `PATH`. By default `bwrap`.
    #[must_use]
    pub fn with_bubblewrap(mut self, program: impl Into<String>) -> Self {
        self.bubblewrap = program.into();
        self
    }

    /// Says where the script reads the input `name`, below `/opt/ml`.
    #[must_use]
    pub fn with_input_path(mut self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.inputs.insert(name.into(), path.into());
        self
    }

    /// Says where the script writes the output `name`, below `/opt/ml`.
    #[must_use]
    pub fn with_output_path(mut self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.outputs.insert(name.into(), path.into());
        self
    }

    /// Lets the script reach the network.
    #[must_use]
    pub fn with_network(mut self, network: bool) -> Self {
        self.network = network;
        self
    }

    fn program(&self, request: &StepRequest) -> Result<Program> {
        let script = find_script(&self.script, request)?;
        let directory = script.parent().unwrap_or_else(|| Path::new("/"));
        let mut mounts = vec![Mount::read_only(directory, Path::new(CODE))];
        mounts.extend(self.mounts(request)?);
        // An outer directory first, or it would hide the inner one.
        mounts.sort_by(|one, other| one.at.cmp(&other.at));
        let scratch = request.scratch.join("tmp");
        fs_err::create_dir_all(&scratch)
            .map_err(|error| Error::workspace("make the directory", &scratch, error))?;
        let mut command = Command::new(&self.bubblewrap);
        command.args(["--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev"]);
        command.args(["--tmpfs", "/opt"]).args(neighbours());
        command.arg("--bind").arg(&scratch).arg("/tmp").args(visible_below_tmp(&self.python));
        command.args(mounts.iter().flat_map(Mount::words));
        if !self.network {
            command.arg("--unshare-net");
        }
        command.args(["--chdir", CODE, "--", &self.python]);
        command.arg(Path::new(CODE).join(script.file_name().unwrap_or_default()));
        for (name, value) in arguments(request) {
            command.args(value.words(&name));
        }
        command.env("PYTHONUNBUFFERED", "1").env("TMPDIR", "/tmp");
        let advice = format!(
            "a script with the paths of a SageMaker job runs inside bubblewrap, and `{}` cannot be started: install it (on Debian: apt-get install bubblewrap)",
            self.bubblewrap
        );
        Ok(Program::new(command).with_advice(advice))
    }

    /// Lays the step's directories where the script looks for them.
    fn mounts(&self, request: &StepRequest) -> Result<Vec<Mount>> {
        known(&self.inputs, &request.input_names, "input", request)?;
        known(&self.outputs, &request.output_names, "output", request)?;
        let place = |paths: &BTreeMap<String, PathBuf>, name: &LogicalName, side: &str| {
            let usual = || Path::new(ROOT).join("processing").join(side).join(name.as_str());
            paths.get(name.as_str()).cloned().unwrap_or_else(usual)
        };
        let inputs = request.input_names.iter().map(|name| Mount {
            from: request.input(name.as_str()),
            at: place(&self.inputs, name, "input"),
            writable: true,
        });
        let outputs = request.output_names.iter().map(|name| Mount {
            from: request.output(name.as_str()),
            at: place(&self.outputs, name, "output"),
            writable: true,
        });
        let mounts: Vec<Mount> = inputs.chain(outputs).collect();
        let plain = |path: &Path| {
            path.starts_with(ROOT) && path.components().all(|part| part.as_os_str() != "..")
        };
        match mounts.iter().find(|mount| !plain(&mount.at)) {
            None => Ok(mounts),
            Some(mount) => Err(Error::scenario(format!(
                "step `{}` cannot have a directory at {}: it must be below {ROOT}",
                request.step,
                mount.at.display()
            ))),
        }
    }
}

impl StepExecutor for SageMakerExecutor {
    fn describe(&self) -> String {
        format!("{} {} with the paths of a SageMaker job", self.python, self.script.display())
    }

    fn code_directory(&self) -> Option<PathBuf> {
        directory_of(&self.script)
    }

    fn run<'a>(
        &'a self,
        request: &'a StepRequest,
        listener: &'a dyn OutputListener,
    ) -> BoxFuture<'a, Result<StepOutcome>> {
        async move { process::run(self.program(request)?, request, listener).await }.boxed()
    }
}

/// A directory of the machine at a place in the sandbox.
struct Mount {
    from: PathBuf,
    at: PathBuf,
    writable: bool,
}

impl Mount {
    fn read_only(from: &Path, at: &Path) -> Self {
        Self { from: from.to_owned(), at: at.to_owned(), writable: false }
    }

    fn words(&self) -> [OsString; 3] {
        let how = if self.writable { "--bind" } else { "--ro-bind" };
        [how.into(), self.from.clone().into(), self.at.clone().into()]
    }
}

/// Refuses paths for names that the step does not have.
fn known(
    paths: &BTreeMap<String, PathBuf>,
    names: &[LogicalName],
    what: &str,
    request: &StepRequest,
) -> Result<()> {
    let unknown = paths.keys().find(|path| names.iter().all(|name| name.as_str() != **path));
    let Some(unknown) = unknown else { return Ok(()) };
    let names: Vec<&str> = names.iter().map(LogicalName::as_str).collect();
    Err(Error::scenario(format!(
        "step `{}` is told where its {what} `{unknown}` is, but it has only: {}",
        request.step,
        names.join(", ")
    )))
}

/// Keeps what else lies in `/opt` visible: an interpreter may be among it.
fn neighbours() -> Vec<OsString> {
    let Ok(entries) = std::fs::read_dir("/opt") else { return Vec::new() };
    let others = entries.flatten().map(|entry| entry.path()).filter(|path| path != Path::new(ROOT));
    others.flat_map(|path| Mount::read_only(&path, &path).words()).collect()
}

/// Keeps an interpreter visible that is named by a path below `/tmp`, with the environment around it.
fn visible_below_tmp(python: &str) -> Vec<OsString> {
    let around = Path::new(python).parent().and_then(Path::parent);
    match around.filter(|around| around.starts_with("/tmp/")) {
        Some(around) => Mount::read_only(around, around).words().into(),
        None => Vec::new(),
    }
}
