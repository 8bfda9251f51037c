//! The command reference in `docs/commands.md` is what the command line says of itself.
//!
//! With `REENACT_UPDATE=1` in the environment the page is written anew instead of compared.

use std::fmt::Write;
use std::process::Command;

use crate::needs::checkout;

const INTRODUCTION: &str = "# Command reference

What `reenact` says of itself, command by command. The page is generated; a test compares it with the program.
";

/// Returns what a command says with `--help`, at a width that does not depend on the terminal.
pub(crate) fn help(path: &[String]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reenact"));
    let output = command.args(path).arg("--help").env("COLUMNS", "100").output().unwrap();
    assert!(output.status.success(), "{path:?} has no help");
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the names that a help text lists as commands.
fn commands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let entries = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    entries.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

/// Adds the section of a command and of all below it.
fn describe(path: &mut Vec<String>, page: &mut String) {
    let help = help(path);
    let below = commands(&help);
    let name = [&["reenact".to_owned()], path.as_slice()].concat().join(" ");
    let text: Vec<&str> = help.lines().map(str::trim_end).collect();
    write!(page, "\n## `{name}`\n\n```text\n{}\n```\n", text.join("\n").trim_end()).unwrap();
    for command in below.into_iter().filter(|command| command != "help") {
        path.push(command);
        describe(path, page);
        path.pop();
    }
}

/// Returns every command that has none below it, such as `cache gc`.
pub(crate) fn leaves() -> Vec<String> {
    let mut open = vec![Vec::new()];
    let mut leaves = Vec::new();
    while let Some(path) = open.pop() {
        let below = commands(&help(&path));
        if below.is_empty() {
            leaves.push(path.join(" "));
        }
        let below = below.into_iter().filter(|command| command != "help");
        open.extend(below.map(|command| [path.as_slice(), &[command]].concat()));
    }
    leaves
}

#[test]
fn the_reference_is_what_the_program_says() {
    let mut page = INTRODUCTION.to_owned();
    describe(&mut Vec::new(), &mut page);
    assert!(page.contains("## `reenact cache gc`"), "commands below commands are found");
    let Some(checkout) = checkout() else { return };
    let path = checkout.join("docs/commands.md");
    if std::env::var_os("REENACT_UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/commands.md is not up to date: run this test with REENACT_UPDATE=1"
    );
}
