//! What a step sees of its caller's environment.

use std::ffi::OsString;

/// What a step sees besides what its scenario adds: no credential is among them.
const PASSED_ON: [&str; 9] =
    ["HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER"];

/// Returns the variables that every step gets.
pub(super) fn passed_on() -> impl Iterator<Item = (&'static str, OsString)> {
    PASSED_ON.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)))
}

/// Returns those of the caller's variables that the scenario asks for by name, as far as they are set.
pub(super) fn asked_for(names: &[String]) -> impl Iterator<Item = (&str, OsString)> {
    names.iter().filter_map(|name| Some((name.as_str(), std::env::var_os(name)?)))
}
