//! Plays production: runs the whole pipeline for one month and lays its outputs out as a bucket would hold them.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::step_command;

/// The bucket that production writes to.
pub const BUCKET: &str = "acme-production";
/// The pipeline's name.
pub const PIPELINE: &str = "flights";
/// The executions that production has run, oldest first; each is named after the month whose flights it read.
pub const MONTHS: [&str; 3] = ["2013-01", "2013-02", "2013-03"];

/// The steps in production's order: name, then inputs as (logical name, step and output that it comes from).
const STEPS: [(&str, &[(&str, &str)]); 3] = [
    ("ingest", &[]),
    ("clean", &[("flights", "ingest/output/flights"), ("weather", "ingest/output/weather")]),
    ("delays", &[("flights", "clean/output/flights")]),
];

/// Returns the directory of the raw data.
pub fn data_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// A directory that mirrors the bucket, filled by real runs of the pipeline.
#[derive(Debug)]
pub struct Production {
    bucket: PathBuf,
}

impl Production {
    /// Takes `bucket`, a directory, as production's bucket.
    pub fn new(bucket: impl Into<PathBuf>) -> Self {
        Self { bucket: bucket.into() }
    }

    /// Runs the three steps for `month` with the program at `executable`, each as a process of its own.
    ///
    /// The outputs land below `pipelines/flights/{month}/{step}/output/{output}/`; returns that execution's directory.
    ///
    /// # Errors
    ///
    /// A month without raw data, or a step that fails.
    pub fn execute(&self, executable: &Path, month: &str) -> Result<PathBuf, Box<dyn Error>> {
        let execution = self.bucket.join("pipelines").join(PIPELINE).join(month);
        for (step, inputs) in STEPS {
            let scratch = tempfile::tempdir()?;
            let staged = scratch.path().join("inputs");
            if inputs.is_empty() {
                stage_raw(&staged.join("raw"), month)?;
            }
            for (name, source) in inputs {
                copy_dir(&execution.join(source), &staged.join(name))?;
            }
            run(executable, step, &staged, &execution.join(step).join("output"))?;
        }
        Ok(execution)
    }
}

fn run(executable: &Path, step: &str, inputs: &Path, outputs: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(outputs)?;
    let executable = executable.to_str().ok_or("the program's path is not UTF-8")?;
    let words = step_command(executable, step).into_iter().map(|word| match word.as_str() {
        "{inputs}" => inputs.as_os_str().to_owned(),
        "{outputs}" => outputs.as_os_str().to_owned(),
        _ => word.into(),
    });
    let words: Vec<_> = words.collect();
    let status = Command::new(&words[0]).args(&words[1..]).status()?;
    if status.success() { Ok(()) } else { Err(format!("step `{step}` ended with {status}").into()) }
}

fn stage_raw(dir: &Path, month: &str) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(dir)?;
    for table in ["flights", "weather"] {
        let name = format!("{table}-{month}.csv.gz");
        fs::copy(data_dir().join(&name), dir.join(&name))?;
    }
    Ok(())
}

fn copy_dir(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
