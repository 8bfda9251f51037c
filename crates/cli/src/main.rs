//! The `reenact` command: from what was typed to an answer, an exit code and nothing else.

mod answer;
mod args;
mod command;
mod config;
mod exit;
mod help;
mod interruption;
mod moment;
mod narration;
mod place;
mod progress;
mod size;
mod target;
mod terminal;
mod usage;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::args::Arguments;

fn main() -> ExitCode {
    exit::code(carry_out())
}

fn carry_out() -> u8 {
    let parsed = Arguments::command().try_get_matches().and_then(|matches| {
        let arguments = Arguments::from_arg_matches(&matches)?;
        Ok((matches, arguments))
    });
    let (matches, mut arguments) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return terminal::tell_usage(&usage::plain(error), usage::wants_json()),
    };
    terminal::log(arguments.place.verbose);
    let config = config::gather(&matches, &mut arguments.place);
    let answer = config.and_then(|config| {
        narration::tell_settings(&config);
        command::run(&arguments, &config)
    });
    terminal::tell(answer, arguments.place.json)
}
