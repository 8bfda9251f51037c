//! The process group of a step: waited for, and ended as a whole.

use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::task::JoinHandle;
use wait4::{ResUse, Wait4};

use super::{measure, stragglers};

/// A started child and its process group; dropping this ends whatever still runs in it.
pub(super) struct Group {
    leader: Leader,
    mark: String,
    waiting: JoinHandle<std::io::Result<Ended>>,
    ended: bool,
}

/// The leader's process number for as long as it cannot have been given to another process.
type Leader = Arc<Mutex<Option<Pid>>>;

/// How a child ended and what it cost.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) used: ResUse,
    pub(super) at: Instant,
    /// Bytes read and written.
    pub(super) transferred: Option<(u64, u64)>,
}

impl Group {
    /// Takes a child that leads a process group of its own and carries `mark`.
    pub(super) fn new(child: Child, mark: String) -> Self {
        let leader = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let leader = Arc::new(Mutex::new(leader));
        let held = Arc::clone(&leader);
        let waiting = tokio::task::spawn_blocking(move || reap(child, &held));
        Self { leader, mark, waiting, ended: false }
    }

    /// Waits for the child; it may be called again if the wait was given up.
    pub(super) async fn wait(&mut self) -> std::io::Result<Ended> {
        let ended = (&mut self.waiting).await?;
        self.ended = true;
        ended
    }

    /// Ends all that the step has started.
    pub(super) fn end(&self) {
        end(*lock(&self.leader));
        stragglers::end(&self.mark);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.ended {
            self.end();
        }
    }
}

/// Waits until the child has ended, ends what it left behind in its group, and only then gives its number back.
fn reap(child: Child, leader: &Leader) -> std::io::Result<Ended> {
    let pid = *lock(leader);
    let (mut transferred, mut at) = (None, Instant::now());
    if let Some(pid) = pid {
        waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
        at = Instant::now();
        transferred = measure::transferred(pid.as_raw_nonzero().get());
    }
    let mut held = lock(leader);
    end(held.take());
    let used = child.wait4()?;
    Ok(Ended { status: used.status, used, at, transferred })
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
