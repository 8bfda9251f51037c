//! What the user typed, by what it is about.

mod command;
mod finding;
mod judging;
mod keeping;
mod place;
mod running;

/// Returns the names in a list of names, without what is left of commas and blanks.
pub(crate) fn names(typed: &[String]) -> Vec<String> {
    typed
        .iter()
        .map(|name| name.trim())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

pub(crate) use self::command::{Arguments, Command};
pub(crate) use self::finding::{Discover, Fetch};
pub(crate) use self::judging::{Compare, Profile, Rules, Suggest};
pub(crate) use self::keeping::{Cache, Cleanup, Gc, Purge};
pub(crate) use self::place::{Config, Explain, Place};
pub(crate) use self::running::{
    Copies, Form, Report, Run, RunMode, Sample, SampledBy, Scenario, TestRealData,
};
