//! The exit codes: part of the public surface, so that scripts can rely on them.

use std::process::ExitCode;

use reenact::validator::Verdict;

/// The outputs match; or the command did what it was asked.
pub(crate) const MATCH: u8 = 0;
/// The outputs differ.
pub(crate) const DIFFERS: u8 = 1;
/// It could not be told, for whatever reason; also wrong usage.
pub(crate) const UNKNOWN: u8 = 2;

/// Ctrl-C ended it: what a shell says of a process that the signal killed, as it does those commands that do not wait for it.
pub(crate) const INTERRUPTED: u8 = 130;
/// Something asked it to end, as CI does with a job that is cancelled.
pub(crate) const TERMINATED: u8 = 143;

/// Returns the exit code of a verdict.
pub(crate) fn of_verdict(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => MATCH,
        Verdict::Fail => DIFFERS,
        Verdict::Inconclusive => UNKNOWN,
    }
}

/// Returns what the process ends with.
pub(crate) fn code(number: u8) -> ExitCode {
    ExitCode::from(number)
}
