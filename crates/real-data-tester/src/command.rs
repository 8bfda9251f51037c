//! Runs a step as a command: own process group, clean environment, captured output, time limit, measured cost.

use std::ffi::OsString;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fs_err::File;
use futures::FutureExt;
use futures::future::BoxFuture;
use reenact_registry::LogicalName;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use wait4::{ResUse, Wait4};

use crate::executor::{Ending, OutputListener, StepExecutor, StepOutcome, StepRequest, Usage};
use crate::{Error, ErrorKind, Result};

/// What a step sees of the environment, besides what its scenario adds: no credential is among them.
const PASSED_ON: [&str; 9] =
    ["HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER"];
const TAIL_BYTES: u64 = 4 * 1024;

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
    /// [`ErrorKind::Scenario`] for a command without a program.
    pub fn new(command: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
        let command: Vec<String> = command.into_iter().map(Into::into).collect();
        match command.first() {
            Some(program) if !program.is_empty() => Ok(Self { command }),
            _ => Err(Error::scenario(
                "the step's command is empty: give a program and its arguments",
            )),
        }
    }

    fn spawn(&self, request: &StepRequest, stdout: &Path, stderr: &Path) -> Result<RunningGroup> {
        let words =
            self.command.iter().map(|word| fill_in(word, request)).collect::<Result<Vec<_>>>()?;
        let log = |path: &Path| {
            File::create(path).map_err(|error| Error::workspace("write the log", path, error))
        };
        let child = Command::new(&words[0])
            .args(&words[1..])
            .env_clear()
            .envs(PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .env("REENACT_INPUTS", &request.inputs)
            .env("REENACT_OUTPUTS", &request.outputs)
            .envs(&request.environment)
            .stdin(Stdio::null())
            .stdout(log(stdout)?.into_parts().0)
            .stderr(log(stderr)?.into_parts().0)
            .process_group(0)
            .spawn()
            .map_err(|error| {
                let message = format!(
                    "cannot start the program `{}` of step `{}`",
                    words[0].display(),
                    request.step
                );
                Error::caused(ErrorKind::Executor, message, error)
            })?;
        Ok(RunningGroup::new(child))
    }
}

impl StepExecutor for CommandExecutor {
    fn describe(&self) -> String {
        self.command.join(" ")
    }

    fn run<'a>(
        &'a self,
        request: &'a StepRequest,
        _: &'a dyn OutputListener,
    ) -> BoxFuture<'a, Result<StepOutcome>> {
        async move {
            let stdout = request.logs.join("stdout.log");
            let stderr = request.logs.join("stderr.log");
            let own_peak = own_peak_rss();
            let started = Instant::now();
            let group = self.spawn(request, &stdout, &stderr)?;
            let (used, timed_out) = group.wait(request).await?;
            let usage = Usage {
                wall: started.elapsed(),
                user_cpu: Some(used.rusage.utime),
                system_cpu: Some(used.rusage.stime),
                peak_rss: Some(used.rusage.maxrss).filter(|&bytes| bytes > own_peak),
                ..Usage::default()
            };
            let ending =
                timed_out.map_or_else(|| ending(used.status), |limit| Ending::TimedOut { limit });
            Ok(StepOutcome::new(ending, usage).with_logs(&stdout, &stderr, tail(&stderr)))
        }
        .boxed()
    }
}

/// The process group of a started child; dropping this ends whatever still runs in it.
struct RunningGroup {
    child: Option<Child>,
    leader: Leader,
}

/// The leader's process number for as long as it cannot have been given to another process.
type Leader = Arc<Mutex<Option<Pid>>>;

impl RunningGroup {
    fn new(child: Child) -> Self {
        let leader = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        Self { child: Some(child), leader: Arc::new(Mutex::new(leader)) }
    }

    /// Waits for the child, ends its group at the time limit, and returns that limit when it was reached.
    async fn wait(mut self, request: &StepRequest) -> Result<(ResUse, Option<Duration>)> {
        let lost = |error| {
            Error::caused(
                ErrorKind::Executor,
                format!("lost the process of step `{}`", request.step),
                error,
            )
        };
        let Some(child) = self.child.take() else {
            return Err(lost(std::io::ErrorKind::NotFound.into()));
        };
        let leader = Arc::clone(&self.leader);
        let mut waiting = tokio::task::spawn_blocking(move || reap(child, &leader));
        let mut timed_out = None;
        let waited = match request.limits.time {
            None => (&mut waiting).await,
            Some(limit) => match tokio::time::timeout(limit, &mut waiting).await {
                Ok(waited) => waited,
                Err(_elapsed) => {
                    timed_out = Some(limit);
                    end(*lock(&self.leader));
                    (&mut waiting).await
                }
            },
        };
        let used = waited.map_err(|error| lost(error.into()))?.map_err(lost)?;
        Ok((used, timed_out))
    }
}

impl Drop for RunningGroup {
    fn drop(&mut self) {
        end(*lock(&self.leader));
    }
}

/// Waits until the child has ended, ends what it left behind in its group, and only then gives its number back.
fn reap(child: Child, leader: &Leader) -> std::io::Result<ResUse> {
    let pid = *lock(leader);
    if let Some(pid) = pid {
        waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
    }
    let mut held = lock(leader);
    end(held.take());
    child.wait4()
}

/// Sends the signal that cannot be ignored to the whole group; a group that is gone already is as good.
fn end(leader: Option<Pid>) {
    if let Some(leader) = leader
        && let Err(error) = kill_process_group(leader, Signal::KILL)
    {
        tracing::trace!(%error, "no process group to end");
    }
}

fn lock(leader: &Leader) -> MutexGuard<'_, Option<Pid>> {
    leader.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the largest resident set that this process has had, in bytes; 0 where the system does not tell.
///
/// Linux starts a child's peak with that of the process that spawned it, so a peak that is not above ours says nothing about the child.
fn own_peak_rss() -> u64 {
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes =
        line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kilobytes.map_or(0, |kilobytes| kilobytes * 1024)
}

fn ending(status: ExitStatus) -> Ending {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Exited { code },
        (None, signal) => Ending::Killed { signal: signal.unwrap_or_default() },
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

/// Returns the end of a log as text; a log that cannot be read has none.
fn tail(path: &Path) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map(|bytes| String::from_utf8_lossy(&bytes).trim_end().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Unheard;
    use std::path::PathBuf;
    use tempfile::TempDir;

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
    async fn a_peak_is_measured_if_it_stands_out_from_ours() {
        let directory = TempDir::new().unwrap();
        let request = request(&directory);
        let big = own_peak_rss() / 1_000_000 + 50;
        let outcome =
            run(&request, &format!("head -c {big}m /dev/zero | tail -c {big}m > /dev/null")).await;
        let peak = outcome.usage.peak_rss.unwrap();
        assert!(peak > big * 1_000_000, "{peak} bytes of {big} MB");
        assert_eq!(
            run(&request, "true").await.usage.peak_rss,
            None,
            "a peak that is no larger than ours is not the child's"
        );
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
