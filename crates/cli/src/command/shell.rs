//! `reenact completions` and `reenact man`: what a shell and `man` need to know of the command line.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::answer::{Answer, Failure};
use crate::args::Arguments;

pub(crate) fn completions(shell: Shell) -> Result<Answer, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "reenact", &mut script);
    let script = String::from_utf8(script)?;
    Answer::new(&script, script.clone())
}

/// Writes one page for the command and one for each of its subcommands.
pub(crate) fn man(directory: &Path) -> Result<Answer, Failure> {
    fs_err::create_dir_all(directory)?;
    clap_mangen::generate_to(Arguments::command(), directory)?;
    let mut pages = Vec::new();
    for entry in fs_err::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "1") {
            pages.push(path);
        }
    }
    pages.sort();
    let text = format!("{} pages are in {}", pages.len(), directory.display());
    Answer::new(&pages, text)
}
