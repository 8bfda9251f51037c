//! What must be true of every source file, so that a stranger finds the way.

use std::path::{Path, PathBuf};

const MOST_LINES: usize = 800;

/// Returns the checkout's root.
pub(crate) fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Returns every Rust file of the checkout.
pub(crate) fn rust_files() -> Vec<PathBuf> {
    let root = workspace_root();
    let mut open: Vec<PathBuf> =
        ["crates", "examples", "tests"].iter().map(|part| root.join(part)).collect();
    let mut files = Vec::new();
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    assert!(
        files.len() > 30,
        "the walk found only {} files: it looks in the wrong place",
        files.len()
    );
    files
}

#[test]
fn every_file_says_first_what_it_is_for() {
    for path in rust_files() {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//! "), "{} does not begin with a `//!` line", path.display());
    }
}

#[test]
fn no_file_is_too_long_to_be_read_at_once() {
    for path in rust_files() {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(
            lines <= MOST_LINES,
            "{} has {lines} lines, more than {MOST_LINES}",
            path.display()
        );
    }
}

#[test]
fn no_file_holds_the_path_of_the_checkout_it_lies_in() {
    let root = workspace_root().display().to_string();
    for path in rust_files() {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&root), "{} holds {root}", path.display());
    }
}
