//! The `reenact` command: from what was typed to an answer, an exit code and nothing else.

mod answer;
mod args;
mod command;
mod exit;
mod place;
mod progress;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    terminal::log(arguments.place.verbose);
    let answer = command::run(&arguments);
    exit::code(terminal::tell(answer, arguments.place.json))
}
