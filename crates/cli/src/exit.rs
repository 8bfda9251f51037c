//! The exit codes: part of the public surface, so that scripts can rely on them.

use std::process::ExitCode;

use reenact::validator::Verdict;

/// The outputs match; or the command did what it was asked.
pub(crate) const MATCH: u8 = 0;
/// The outputs differ.
pub(crate) const DIFFERS: u8 = 1;
/// It could not be told, for whatever reason; also wrong usage.
pub(crate) const UNKNOWN: u8 = 2;

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
