//! What the user typed, by what it is about.

mod command;
mod finding;
mod judging;
mod keeping;
mod place;
mod running;

use std::num::NonZeroUsize;

/// Reads a number of things of which one is needed.
fn at_least_one(typed: &str) -> Result<NonZeroUsize, &'static str> {
    typed.parse().map_err(|_invalid| "give a whole number from 1 on")
}

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
