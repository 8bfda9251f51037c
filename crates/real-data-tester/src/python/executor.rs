//! A step as a Python script with `main(input_paths, output_paths, environ_vars, job_args)`, called in a process of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use futures::FutureExt;
use futures::future::BoxFuture;
use reenact_registry::LogicalName;
use serde_json::json;

use crate::argument::Argument;
use crate::executor::{OutputListener, StepExecutor, StepOutcome, StepRequest};
use crate::process::{self, Program};
use crate::{Error, ErrorKind, Result};

/// What calls the script's `main`.
const DRIVER: &str = include_str!("driver.py");
const ADVICE: &str = "Python 3 is needed: install it, or name an interpreter that there is";

/// A [`StepExecutor`] that calls the `main` of a Python script.
///
/// `main(input_paths, output_paths, environ_vars, job_args)`, and `logger` if it takes one, is given two dictionaries from logical names
/// to directories, the scenario's environment, and the step's arguments as attributes; `job_type` is among them if the step has one.
/// What it returns is passed over; an exception is a failure, and `sys.exit` is its exit code.
///
/// The script is not changed, and is imported by its name, so that it may use `multiprocessing` and modules beside it.
#[derive(Clone, Debug)]
pub struct PythonExecutor {
    script: PathBuf,
    python: String,
}

impl PythonExecutor {
    /// Takes the script.
    pub fn new(script: impl Into<PathBuf>) -> Self {
        Self { script: script.into(), python: "python3".to_owned() }
    }

    /// Sets the interpreter: a path, or a name that is looked for in `PATH`. By default `python3`.
    #[must_use]
    pub fn with_python(mut self, python: impl Into<String>) -> Self {
        self.python = python.into();
        self
    }

    fn program(&self, request: &StepRequest) -> Result<Program> {
        let script = find_script(&self.script, request)?;
        let (driver, call) = (request.scratch.join("driver.py"), request.scratch.join("call.json"));
        let description = json!({
            "script": script,
            "input_paths": paths(&request.input_names, |name| request.input(name)),
            "output_paths": paths(&request.output_names, |name| request.output(name)),
            "environ_vars": request.environment,
            "job_args": arguments(request),
        });
        for (path, text) in [(&driver, DRIVER), (&call, &description.to_string())] {
            fs_err::write(path, text).map_err(|error| Error::workspace("write", path, error))?;
        }
        let mut command = Command::new(&self.python);
        command.arg(driver).arg(call);
        command.env("PYTHONUNBUFFERED", "1").env("PYTHONDONTWRITEBYTECODE", "1");
        Ok(Program::new(command).with_advice(ADVICE))
    }
}

impl StepExecutor for PythonExecutor {
    fn describe(&self) -> String {
        format!("{} main() of {}", self.python, self.script.display())
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

/// Returns where a script is, so that it is found whatever directory the step begins in.
pub(crate) fn find_script(script: &Path, request: &StepRequest) -> Result<PathBuf> {
    script.canonicalize().map_err(|error| {
        let message =
            format!("the script {} of step `{}` cannot be found", script.display(), request.step);
        Error::caused(ErrorKind::Executor, message, error)
    })
}

/// Returns the directory that a script lies in.
pub(crate) fn directory_of(script: &Path) -> Option<PathBuf> {
    script.canonicalize().ok()?.parent().map(Path::to_owned)
}

/// Returns a step's arguments, and its job type if it has one and no argument says otherwise.
pub(crate) fn arguments(request: &StepRequest) -> BTreeMap<String, Argument> {
    let mut arguments = request.arguments.clone();
    if let Some(job_type) = request.step.job_type() {
        arguments
            .entry("job_type".to_owned())
            .or_insert_with(|| Argument::Text(job_type.as_str().to_owned()));
    }
    arguments
}

fn paths(names: &[LogicalName], place: impl Fn(&str) -> PathBuf) -> BTreeMap<&str, PathBuf> {
    names.iter().map(|name| (name.as_str(), place(name.as_str()))).collect()
}
