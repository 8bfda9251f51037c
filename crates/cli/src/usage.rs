//! What was typed wrongly, told plainly.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::{Command, CommandFactory};

use crate::args::Arguments;

/// Returns whether what was typed asks for JSON, even where it makes no sense otherwise.
pub(crate) fn wants_json() -> bool {
    typed().any(|word| word == "--json")
}

/// Shows the usage of the command as its help does: clap would name each option that the environment sets, as if it were needed.
pub(crate) fn plain(mut error: clap::Error) -> clap::Error {
    if error.get(ContextKind::Usage).is_some() {
        let usage = command().render_usage();
        error.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
    }
    error
}

/// Returns the command that was typed, as far as it is one.
fn command() -> Command {
    let mut command = Arguments::command();
    command.build();
    let mut found = command.clone();
    for word in typed() {
        if let Some(below) = word.to_str().and_then(|word| found.find_subcommand(word)) {
            found = below.clone();
        }
    }
    found
}

/// Returns what was typed, up to where the command of a step begins.
fn typed() -> impl Iterator<Item = OsString> {
    std::env::args_os().skip(1).take_while(|word| word != "--")
}
