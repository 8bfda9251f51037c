//! The `reenact` command: from what was typed to an answer, an exit code and nothing else.

mod answer;
mod args;
mod command;
mod config;
mod exit;
mod place;
mod progress;
mod size;
mod terminal;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::args::Arguments;

fn main() -> ExitCode {
    let matches = Arguments::command().get_matches();
    let mut arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    terminal::log(arguments.place.verbose);
    let config = config::gather(&matches, &mut arguments.place);
    let answer = config.and_then(|config| command::run(&arguments, &config));
    exit::code(terminal::tell(answer, arguments.place.json))
}
