//! Ends processes that a step started and that left its process group: each still carries the mark that the step was started with.

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// The variable that marks every process of a step.
pub(super) const MARK: &str = "REENACT_STEP_PROCESS";

/// How often the table of processes is gone through: one that is being ended may have started another.
const ROUNDS: usize = 3;

/// Ends every process that carries `mark`. It works where processes can be looked at in `/proc`, and does nothing elsewhere.
pub(super) fn end(mark: &str) {
    let marked = format!("{MARK}={mark}");
    for _ in 0..ROUNDS {
        if end_once(marked.as_bytes()) == 0 {
            return;
        }
    }
}

fn end_once(marked: &[u8]) -> usize {
    let Ok(entries) = std::fs::read_dir("/proc") else { return 0 };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| end_if_marked(*pid, marked)).count()
}

/// The handle is taken before the mark is read, so that the signal cannot hit another process that has got the same number.
fn end_if_marked(pid: i32, marked: &[u8]) -> bool {
    let Some(process) = Pid::from_raw(pid) else { return false };
    let Ok(handle) = pidfd_open(process, PidfdFlags::empty()) else { return false };
    let Ok(environment) = std::fs::read(format!("/proc/{pid}/environ")) else { return false };
    environment.split(|byte| *byte == 0).any(|variable| variable == marked)
        && pidfd_send_signal(&handle, Signal::KILL).is_ok()
}
