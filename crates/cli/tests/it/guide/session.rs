//! Sessions: blocks marked `console` are run, those that name a file are written, and what is shown is what is said.
//!
//! A command goes on over the lines that end with `\`. What follows it is compared with what it prints, on both channels; in it `[..]`
//! stands for anything within a line, and a line of `...` for any lines. Without such lines only the exit code counts: 0, unless the
//! next command shows another with `echo $?`. trycmd is not used since it runs no shell and writes no files that a guide shows.

use std::path::Path;

use super::block::{Block, blocks, pages};
use super::world::World;
use crate::needs::{checkout, has};

/// What separates the answers of the commands of a block; no command prints it.
const MARK: char = '\u{1e}';
const LANGUAGES: [&str; 6] = ["csv", "json", "python", "sh", "toml", "yaml"];

/// A command, and what is shown of its answer.
struct Step {
    command: String,
    shown: String,
}

fn steps(block: &Block) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = block.text.lines();
    while let Some(line) = lines.next() {
        if let Some(command) = line.strip_prefix("$ ") {
            let mut command = command.to_owned();
            while command.ends_with('\\') {
                command = format!("{command}\n{}", lines.next().unwrap());
            }
            steps.push(Step { command, shown: String::new() });
        } else {
            let step = steps.last_mut().expect("a session begins with a command");
            step.shown.push_str(line);
            step.shown.push('\n');
        }
    }
    steps
}

/// Runs all commands of a block in one shell, and holds each answer against what is shown.
fn run(world: &World, place: &str, block: &Block) {
    let steps = steps(block);
    let one = |step: &Step| {
        format!("{}\nstatus=$?; printf '{MARK}%s{MARK}' $status; (exit $status)\n", step.command)
    };
    let script: String = steps.iter().map(one).collect();
    let output = world.shell(&format!("exec 2>&1\n{script}exit 0"));
    let said = String::from_utf8(output.stdout).unwrap();
    let mut said = said.split(MARK);
    for (number, step) in steps.iter().enumerate() {
        let (text, status) = (said.next().unwrap(), said.next().unwrap());
        let is_asked = steps.get(number + 1).is_some_and(|next| next.command == "echo $?");
        assert!(
            status == "0" || is_asked,
            "{place}: `{}` ended with {status}: {text}",
            step.command
        );
        if !step.shown.is_empty() {
            let place =
                format!("{place}: {}", step.command.lines().next().unwrap().trim_end_matches('\\'));
            snapbox::Assert::new().eq(
                format!("{place}\n{text}"),
                snapbox::Data::text(format!("{place}\n{}", step.shown)),
            );
        }
    }
}

/// Plays a page; the files that it shows are there from the start.
fn play(page: &Path) {
    let name = page.file_name().unwrap().to_str().unwrap();
    let world = World::new();
    let blocks = blocks(page);
    for block in &blocks {
        if let Some((language, file)) = block.language.split_once(' ')
            && LANGUAGES.contains(&language)
        {
            let path = world.path(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            assert!(!path.exists(), "{name}:{}: {file} is shown twice", block.line);
            std::fs::write(path, &block.text).unwrap();
        }
    }
    for block in blocks.iter().filter(|block| block.language == "console") {
        if block.not_run.is_none() {
            run(&world, &format!("{name}:{}", block.line), block);
        }
    }
}

#[test]
fn sessions_of_the_guides_go_as_they_are_shown() {
    if !has("python3") {
        return;
    }
    let Some(checkout) = checkout() else { return };
    let sessions: Vec<_> = pages(&checkout)
        .into_iter()
        .filter(|page| blocks(page).iter().any(|block| block.language == "console"))
        .collect();
    assert!(sessions.len() > 3, "the guides are not found: {sessions:?}");
    let played: Vec<_> =
        sessions.into_iter().map(|page| std::thread::spawn(move || play(&page))).collect();
    for session in played {
        session.join().unwrap();
    }
}
