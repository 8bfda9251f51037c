//! Runs a program as a step: own process group, clean environment, kept logs, limits, measured cost.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::pin::pin;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::future::{Either, join, select};
use tokio::process::{ChildStderr, ChildStdout};

use super::group::{Ended, Group};
use super::log::Log;
use super::watch::{Watch, too_much_output};
use super::{environment, measure, stragglers};
use crate::executor::{Ending, OutputListener, StepOutcome, StepRequest, Stream, Usage};
use crate::limits::Limits;
use crate::{Error, ErrorKind, Result};

/// How long after a step's end is waited for what is still in its pipes. Only a process that has left the step's group can hold them open.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A program that is to run as a step.
#[derive(Debug)]
pub(crate) struct Program {
    command: Command,
    advice: Option<String>,
}

impl Program {
    /// Takes a command: its arguments are set, and those of its variables that are not for every step.
    pub(crate) fn new(command: Command) -> Self {
        Self { command, advice: None }
    }

    /// Says what to do where the program cannot be started.
    pub(crate) fn with_advice(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    fn not_started(&self, request: &StepRequest, error: std::io::Error) -> Error {
        let program = self.command.get_program().display();
        let what = format!(
            "the program `{program}` of step `{}`: is it there, executable, and on the PATH?",
            request.step
        );
        let error = Error::not_started(what, error);
        match &self.advice {
            Some(advice) => Error::caused(ErrorKind::Executor, advice, error),
            None => error,
        }
    }
}

/// Runs a program to its end.
pub(crate) async fn run(
    mut program: Program,
    request: &StepRequest,
    listener: &dyn OutputListener,
) -> Result<StepOutcome> {
    let log = |name: &str, stream| Log::create(request.logs.join(name), stream, request.limits.log);
    let mut stdout = log("stdout.log", Stream::Stdout)?;
    let mut stderr = log("stderr.log", Stream::Stderr)?;
    let mark = mark();
    let started = Instant::now();
    let mut child = spawn(&mut program, &mark, request)?;
    // A child's peak begins with that of the process that spawned it, so one that is not above ours says nothing about the child.
    let own_peak = measure::peak_rss("self").unwrap_or_default();
    let (out, err) = pipes(&mut child).map_err(|error| lost(request, error))?;
    let leader = child.id();
    let mut group = Group::new(child, mark);
    let mut watch = Watch::new(leader, &request.limits, &request.outputs);
    let (ended, silent) = {
        let logs = pin!(join(stdout.follow(out, listener), stderr.follow(err, listener)));
        let ended = pin!(wait(&mut group, &mut watch, &request.limits));
        match select(ended, logs).await {
            Either::Right((_, ended)) => (ended.await, true),
            Either::Left((ended, logs)) => {
                (ended, tokio::time::timeout(LAST_WORDS, logs).await.is_ok())
            }
        }
    };
    let (ended, exceeded) = ended.map_err(|error| lost(request, error))?;
    if !silent {
        tracing::warn!(step = %request.step, "a process had left the step's group and held its output; it is ended");
        group.end();
    }
    let wall = ended.at.duration_since(started);
    let usage = usage(wall, &ended, own_peak, watch.peak_rss);
    let ending = match exceeded {
        Some(exceeded) => exceeded,
        None => checked(ending(ended.status), &usage, request).await,
    };
    let ((stdout, _), (stderr, tail)) = (stdout.finish()?, stderr.finish()?);
    Ok(StepOutcome::new(ending, usage).with_logs(&stdout, &stderr, tail))
}

/// Starts the program at the head of a new process group.
fn spawn(program: &mut Program, mark: &str, request: &StepRequest) -> Result<Child> {
    let command = &mut program.command;
    let own: Vec<_> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    command
        .env_clear()
        .envs(environment::passed_on())
        .envs(own)
        .envs(environment::asked_for(&request.passed_on))
        .envs(&request.environment)
        .env(stragglers::MARK, mark)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    command.spawn().map_err(|error| program.not_started(request, error))
}

fn pipes(child: &mut Child) -> std::io::Result<(ChildStdout, ChildStderr)> {
    let gone = || std::io::Error::from(std::io::ErrorKind::BrokenPipe);
    let out = ChildStdout::from_std(child.stdout.take().ok_or_else(gone)?)?;
    let err = ChildStderr::from_std(child.stderr.take().ok_or_else(gone)?)?;
    Ok((out, err))
}

/// Waits for the end of the step, and brings it about where a limit is exceeded.
async fn wait(
    group: &mut Group,
    watch: &mut Watch<'_>,
    limits: &Limits,
) -> std::io::Result<(Ended, Option<Ending>)> {
    let exceeded = async {
        match limits.time {
            None => watch.exceeded().await,
            Some(limit) => tokio::time::timeout(limit, watch.exceeded())
                .await
                .unwrap_or(Ending::TimedOut { limit }),
        }
    };
    let exceeded = tokio::select! {
        ended = group.wait() => return Ok((ended?, None)),
        exceeded = exceeded => exceeded,
    };
    group.end();
    Ok((group.wait().await?, Some(exceeded)))
}

fn usage(wall: Duration, ended: &Ended, own_peak: u64, seen_peak: Option<u64>) -> Usage {
    let rusage = &ended.used.rusage;
    let told = Some(rusage.maxrss).filter(|&bytes| bytes > own_peak);
    Usage {
        wall,
        user_cpu: Some(rusage.utime),
        system_cpu: Some(rusage.stime),
        peak_rss: told.max(seen_peak),
        read_bytes: ended.transferred.map(|(read, _)| read),
        written_bytes: ended.transferred.map(|(_, written)| written),
    }
}

/// Holds the limits also against a step that was too quick to be seen exceeding them.
async fn checked(ending: Ending, usage: &Usage, request: &StepRequest) -> Ending {
    let limits = &request.limits;
    if let (Some(limit), Some(used)) = (limits.memory, usage.peak_rss)
        && used > limit
    {
        return Ending::OutOfMemory { limit, used };
    }
    too_much_output(limits, &request.outputs).await.unwrap_or(ending)
}

fn ending(status: ExitStatus) -> Ending {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Exited { code },
        (None, signal) => Ending::Killed { signal: signal.unwrap_or_default() },
    }
}

fn lost(request: &StepRequest, error: std::io::Error) -> Error {
    let message = format!("lost the process of step `{}`", request.step);
    Error::caused(ErrorKind::Executor, message, error)
}

/// Returns what no other step of any process is marked with.
fn mark() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanoseconds = since.unwrap_or_default().as_nanos();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{}-{count}-{nanoseconds}", std::process::id())
}
