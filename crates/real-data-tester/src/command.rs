//! Runs a step as a command with the step's directories filled in.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use futures::FutureExt;
use futures::future::BoxFuture;
use reenact_registry::LogicalName;

use crate::executor::{OutputListener, StepExecutor, StepOutcome, StepRequest};
use crate::process::{self, Program};
use crate::{Error, Result};

/// A [`StepExecutor`] that starts a program.
///
/// In each argument `{inputs}` and `{outputs}` stand for the directories that hold one directory for each logical name, and
/// `{inputs.NAME}` and `{outputs.NAME}` for one of those. The program also finds them in `REENACT_INPUTS` and `REENACT_OUTPUTS`. It starts in the
/// caller's working directory with an environment of its own: the caller's `PATH`, `HOME`, locale and the like, and what the
/// scenario adds.
#[derive(Clone, Debug)]
pub struct CommandExecutor {
    command: Vec<String>,
}

impl CommandExecutor {
    /// Takes a program and its arguments.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Scenario`](crate::ErrorKind::Scenario) for a command without a program.
    pub fn new(command: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
        let command: Vec<String> = command.into_iter().map(Into::into).collect();
        match command.first() {
            Some(program) if !program.is_empty() => Ok(Self { command }),
            _ => Err(Error::scenario(
                "the step has no command: give a program and its arguments, in the scenario or after `--`",
            )),
        }
    }

    fn program(&self, request: &StepRequest) -> Result<Program> {
        let words =
            self.command.iter().map(|word| fill_in(word, request)).collect::<Result<Vec<_>>>()?;
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .env("REENACT_INPUTS", &request.inputs)
            .env("REENACT_OUTPUTS", &request.outputs);
        Ok(Program::new(command))
    }
}

impl StepExecutor for CommandExecutor {
    fn describe(&self) -> String {
        self.command.join(" ")
    }

    fn run<'a>(
        &'a self,
        request: &'a StepRequest,
        listener: &'a dyn OutputListener,
    ) -> BoxFuture<'a, Result<StepOutcome>> {
        async move { process::run(self.program(request)?, request, listener).await }.boxed()
    }
}

/// Puts the request's directories into one word of the command.
fn fill_in(word: &str, request: &StepRequest) -> Result<OsString> {
    let mut filled = OsString::new();
    let mut rest = word;
    while let Some(start) = rest.find('{') {
        let Some(length) = rest[start..].find('}') else { break };
        filled.push(&rest[..start]);
        let name = &rest[start + 1..start + length];
        match place(name, request)? {
            Some(path) => filled.push(path),
            None => filled.push(&rest[start..=start + length]),
        }
        rest = &rest[start + length + 1..];
    }
    filled.push(rest);
    Ok(filled)
}

/// Returns the directory that a placeholder stands for, or nothing where the braces are the command's own.
fn place(name: &str, request: &StepRequest) -> Result<Option<PathBuf>> {
    let known = |names: &[LogicalName], wanted: &str| {
        if names.iter().any(|name| name.as_str() == wanted) {
            return Ok(());
        }
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        Err(Error::scenario(format!(
            "the command of step `{}` names `{{{name}}}`, but the step has only: {}",
            request.step,
            names.join(", ")
        )))
    };
    match name.split_once('.') {
        None if name == "inputs" => Ok(Some(request.inputs.clone())),
        None if name == "outputs" => Ok(Some(request.outputs.clone())),
        Some(("inputs", wanted)) => {
            known(&request.input_names, wanted).map(|()| Some(request.input(wanted)))
        }
        Some(("outputs", wanted)) => {
            known(&request.output_names, wanted).map(|()| Some(request.output(wanted)))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use tempfile::TempDir;

    use super::*;
    use crate::ErrorKind;
    use crate::executor::{Ending, Unheard};

    /// A directory for one step `s` with the input `rows` and the output `totals`.
    fn request(directory: &TempDir) -> StepRequest {
        let place = |name: &str| {
            let path = directory.path().join(name);
            fs_err::create_dir_all(&path).unwrap();
            path
        };
        place("inputs/rows");
        place("outputs/totals");
        place("logs");
        let mut request = StepRequest::new("s".parse().unwrap(), directory.path());
        request.input_names = vec!["rows".parse().unwrap()];
        request.output_names = vec!["totals".parse().unwrap()];
        request.environment = [("GREETING".to_owned(), "hello".to_owned())].into();
        request
    }

    async fn run(request: &StepRequest, script: &str) -> StepOutcome {
        let command = ["sh", "-c", script, "sh", "{inputs.rows}", "{outputs.totals}"];
        CommandExecutor::new(command).unwrap().run(request, &Unheard).await.unwrap()
    }

    fn read(path: Option<&PathBuf>) -> String {
        fs_err::read_to_string(path.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_step_finds_its_directories_and_its_environment_and_no_other() {
        let directory = TempDir::new().unwrap();
        let request = request(&directory);
        let outcome =
            run(&request, r#"echo "$1 $2 $REENACT_INPUTS $GREETING $CARGO_MANIFEST_DIR""#).await;
        assert!(outcome.succeeded());
        let expected = format!(
            "{} {} {} hello \n",
            request.input("rows").display(),
            request.output("totals").display(),
            request.inputs.display()
        );
        assert_eq!(read(outcome.stdout.as_ref()), expected);
    }

    #[tokio::test]
    async fn t15_a_step_that_outlives_its_limit_is_ended_with_all_that_it_started() {
        let directory = TempDir::new().unwrap();
        let mut request = request(&directory);
        request.limits.time = Some(Duration::from_millis(300));
        let outcome = run(&request, r#"sleep 1000 & echo $! > "$2/child"; wait"#).await;
        assert_eq!(outcome.ending, Ending::TimedOut { limit: Duration::from_millis(300) });
        assert_ends(&request.output("totals").join("child"));
    }

    #[tokio::test]
    async fn what_a_step_leaves_running_in_its_group_is_ended_with_it() {
        let directory = TempDir::new().unwrap();
        let request = request(&directory);
        let outcome = run(&request, r#"sleep 1000 > /dev/null 2>&1 & echo $! > "$2/child""#).await;
        assert!(outcome.succeeded());
        assert_ends(&request.output("totals").join("child"));
    }

    /// Fails unless the process whose number is in a file ends soon: a signal takes effect when the system finds the time.
    fn assert_ends(file: &Path) {
        let process = fs_err::read_to_string(file).unwrap();
        let status = format!("/proc/{}/status", process.trim());
        let asked = Instant::now();
        loop {
            let status = fs_err::read_to_string(&status).unwrap_or_default();
            if status.is_empty() || status.contains("State:\tZ") {
                return;
            }
            assert!(asked.elapsed() < Duration::from_secs(20), "still running: {status}");
            std::thread::yield_now();
        }
    }

    #[tokio::test]
    async fn t6_exit_codes_and_signals_are_told() {
        let directory = TempDir::new().unwrap();
        let request = request(&directory);
        let outcome = run(&request, "echo first >&2; echo last words >&2; exit 3").await;
        assert_eq!(outcome.ending, Ending::Exited { code: 3 });
        assert_eq!(outcome.stderr_tail, "first\nlast words");
        assert_eq!(run(&request, "kill -TERM $$").await.ending, Ending::Killed { signal: 15 });
    }

    #[tokio::test]
    async fn only_the_end_of_a_long_log_is_shown_and_bytes_that_are_no_text_do_no_harm() {
        let directory = TempDir::new().unwrap();
        let request = request(&directory);
        let outcome =
            run(&request, r"head -c 100000 /dev/zero | tr '\0' x >&2; printf '\377end\n' >&2")
                .await;
        assert!(outcome.stderr_tail.ends_with("\u{fffd}end"));
        assert_eq!(fs_err::metadata(outcome.stderr.unwrap()).unwrap().len(), 100_005);
        assert!(outcome.stderr_tail.len() < 5_000);
    }

    #[tokio::test]
    async fn t15_what_a_step_costs_is_measured() {
        let directory = TempDir::new().unwrap();
        let request = request(&directory);
        let outcome = run(&request, "head -c 300m /dev/zero | tail -c 200m > /dev/null").await;
        let usage = outcome.usage;
        assert!(usage.peak_rss.unwrap() > 150_000_000, "{usage:?}");
        assert!(usage.user_cpu.unwrap() + usage.system_cpu.unwrap() > Duration::ZERO);
        // `head` alone reads that much.
        assert!(usage.read_bytes.unwrap() > 300_000_000, "{usage:?}");
    }

    #[tokio::test]
    async fn a_step_that_takes_too_much_memory_is_ended_for_it() {
        let directory = TempDir::new().unwrap();
        let mut request = request(&directory);
        request.limits.memory = Some(100_000_000);
        let outcome = run(&request, "{ head -c 300m /dev/zero; sleep 1000; } | tail -c 250m").await;
        let Ending::OutOfMemory { limit: 100_000_000, used } = outcome.ending else {
            panic!("{:?}", outcome.ending)
        };
        assert!(used > 100_000_000);
    }

    #[tokio::test]
    async fn a_step_that_writes_too_much_is_ended_or_at_least_told() {
        let directory = TempDir::new().unwrap();
        let mut request = request(&directory);
        request.limits.output = Some(1_000);
        let script = r#"head -c 2000 /dev/zero > "$2/rows""#;
        let expected = Ending::TooMuchOutput { limit: 1_000, written: 2_000 };
        assert_eq!(run(&request, script).await.ending, expected);
        assert_eq!(run(&request, &format!("{script}; sleep 1000")).await.ending, expected);
    }

    #[tokio::test]
    async fn a_process_that_leaves_the_group_is_ended_at_the_limit_too() {
        let directory = TempDir::new().unwrap();
        let mut request = request(&directory);
        request.limits.time = Some(Duration::from_millis(500));
        let script = r#"setsid sh -c 'echo $$ > "$0"; exec sleep 1000' "$2/child"; sleep 1000"#;
        let outcome = run(&request, script).await;
        assert_eq!(outcome.ending, Ending::TimedOut { limit: Duration::from_millis(500) });
        let child = request.output("totals").join("child");
        if child.exists() {
            assert_ends(&child);
        }
    }

    #[tokio::test]
    async fn what_is_missing_is_named() {
        let directory = TempDir::new().unwrap();
        let request = request(&directory);
        let error = CommandExecutor::new(["no-such-program"])
            .unwrap()
            .run(&request, &Unheard)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Executor);
        assert!(error.to_string().contains("no-such-program"), "{error}");
        let error = CommandExecutor::new(["true", "{inputs.cows}"])
            .unwrap()
            .run(&request, &Unheard)
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("{inputs.cows}") && error.to_string().contains("rows"),
            "{error}"
        );
        assert_eq!(CommandExecutor::new([""]).unwrap_err().kind(), ErrorKind::Scenario);
    }

    #[test]
    fn braces_of_the_commands_own_stay_as_they_are() {
        let directory = TempDir::new().unwrap();
        let request = request(&directory);
        for word in ["{print $1}", "a{", "}", "{", "{}", "x{inputs", "{other.name}"] {
            assert_eq!(fill_in(word, &request).unwrap(), word);
        }
        assert_eq!(
            fill_in("a={outputs}/x", &request).unwrap(),
            format!("a={}/x", request.outputs.display()).as_str()
        );
    }

    #[tokio::test]
    async fn a_run_that_is_given_up_ends_the_step() {
        let directory = TempDir::new().unwrap();
        let request = request(&directory);
        let executor = CommandExecutor::new([
            "sh",
            "-c",
            r#"echo $$ > "$1"; sleep 1000"#,
            "sh",
            "{outputs.totals}/pid",
        ])
        .unwrap();
        let pid = request.output("totals").join("pid");
        {
            let running = executor.run(&request, &Unheard);
            let started = async {
                while fs_err::read_to_string(&pid).unwrap_or_default().is_empty() {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                _ = running => unreachable!("the step sleeps"),
                () = started => {}
            }
        }
        assert_ends(&pid);
    }
}
