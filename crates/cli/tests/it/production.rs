//! A small production on S3, and the binary with the environment that leads to it.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use chrono::{DateTime, Duration, Utc};
use reenact_testkit::{S3Server, TestBucket};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const BUCKET: &str = "acme";
const PIPELINE: &str = "sales";

/// A pipeline `sales` with two executions of the steps `extract` and `total`, and room for a user's files.
pub(crate) struct Setting {
    pub(crate) server: S3Server,
    pub(crate) home: TempDir,
}

impl Setting {
    pub(crate) fn new() -> Self {
        let setting =
            Self { server: S3Server::start().unwrap(), home: tempfile::tempdir().unwrap() };
        let older: DateTime<Utc> = "2026-03-01T00:00:00Z".parse().unwrap();
        setting.publish("run-9", older + Duration::days(1), "id,amount\n1,10\n2,20\n3,30\n");
        setting.publish("run-10", older, "id,amount\n1,11\n2,22\n");
        setting
    }

    /// Publishes one execution whose step `total` copies what `extract` wrote.
    pub(crate) fn publish(&self, execution: &str, when: DateTime<Utc>, rows: &str) {
        for step_output in ["extract/output/rows/rows.csv", "total/output/totals/rows.csv"] {
            let key = format!("pipelines/{PIPELINE}/{execution}/{step_output}");
            self.bucket().put_at(&key, rows.to_owned(), when);
        }
    }

    pub(crate) fn bucket(&self) -> TestBucket {
        self.server.bucket(BUCKET)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The binary, in the user's directory, with nothing in its environment but what leads to the server.
    pub(crate) fn reenact(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reenact"));
        command
            .current_dir(self.home.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("REENACT_CACHE_DIR", self.path("cache"))
            .env("REENACT_WORKSPACE", self.path("runs"))
            .env("REENACT_BUCKET", BUCKET)
            .env("REENACT_PIPELINE", PIPELINE)
            .envs(self.server.environment())
            .args(words);
        command
    }

    /// `reenact run total` with a shell command as the candidate.
    pub(crate) fn run_total(&self, script: &str) -> Command {
        self.reenact(&[
            "run",
            "total",
            "--input",
            "rows=extract.rows",
            "--",
            "sh",
            "-c",
            script,
            "sh",
            "{inputs}",
            "{outputs}",
        ])
    }

    /// What `run_total` answers as JSON.
    pub(crate) fn run_total_json(&self, script: &str, exit: i32) -> Value {
        json(self.reenact(&["--json"]).args(self.run_total(script).get_args()), exit)
    }

    /// Fails if anything half-written is left: a file in a place for unfinished ones, or a run's directory.
    pub(crate) fn assert_no_debris(&self) {
        let left: Vec<PathBuf> = [self.path("runs"), self.path("cache/v1/fills")]
            .iter()
            .flat_map(|dir| files(dir))
            .collect();
        let unfinished: Vec<&PathBuf> = left
            .iter()
            .filter(|path| path.extension().is_none_or(|extension| extension != "lock"))
            .collect();
        assert!(unfinished.is_empty(), "left behind: {unfinished:?}");
    }
}

/// What a command prints on standard output, as the one JSON document that it must be.
pub(crate) fn json(command: &mut Command, exit: i32) -> Value {
    let output = command.assert().code(exit).get_output().clone();
    serde_json::from_slice(&output.stdout).expect("standard output is one JSON document")
}

/// The candidate that does what production did.
pub(crate) const SAME: &str = r#"cp "$1"/rows/rows.csv "$2"/totals/rows.csv"#;

/// Every file below a directory; none if there is no such directory.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
