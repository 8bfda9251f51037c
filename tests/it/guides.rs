//! What the guides promise to be complete about.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::tidy;

/// Returns the names of all error kinds of all crates, as they are declared.
fn error_kinds() -> BTreeSet<String> {
    let is_declared =
        |path: &PathBuf| path.ends_with("src/error.rs") || path.ends_with("src/error/kind.rs");
    let declared = tidy::rust_files().into_iter().filter(is_declared);
    let texts = declared.map(|path| std::fs::read_to_string(path).unwrap());
    texts.flat_map(|text| variants(&text)).collect()
}

fn variants(text: &str) -> Vec<String> {
    let within = text.lines().skip_while(|line| !line.contains("pub enum ErrorKind {")).skip(1);
    let lines = within.take_while(|line| *line != "}").map(str::trim);
    lines
        .filter(|line| line.starts_with(char::is_uppercase))
        .map(|line| line.trim_end_matches(',').to_owned())
        .collect()
}

#[test]
fn every_error_kind_has_its_entry_in_troubleshooting() {
    let page = tidy::workspace_root().join("docs/troubleshooting.md");
    let page = std::fs::read_to_string(page).unwrap();
    let entries = page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
    let entries: BTreeSet<String> = entries.map(str::to_owned).collect();
    let kinds = error_kinds();
    assert!(kinds.contains("AccessDenied"), "the declarations are not found: {kinds:?}");
    assert_eq!(entries, kinds);
}

/// A fenced block of a page, as far as it matters here.
struct Block {
    page: String,
    line: usize,
    language: String,
    states_why_not: bool,
}

/// Returns the blocks of the README and of all guides.
fn blocks() -> Vec<Block> {
    let root = tidy::workspace_root();
    let guides = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = guides.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let mut blocks = Vec::new();
    for path in pages.chain([root.join("README.md")]) {
        let page = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let (mut inside, mut states_why_not, mut none_below) = (false, false, false);
        for (number, line) in text.lines().enumerate() {
            if let Some(language) = line.strip_prefix("```") {
                if !inside {
                    let (page, language) = (page.clone(), language.to_owned());
                    let states_why_not = states_why_not || none_below;
                    blocks.push(Block { page, line: number + 1, language, states_why_not });
                }
                inside = !inside;
            }
            let states =
                |what: &str| line.strip_prefix(what).is_some_and(|why| why.len() > " -->".len());
            none_below |= states("<!-- not run below: ");
            let states = states("<!-- not run: ");
            states_why_not = states || (states_why_not && line.is_empty());
        }
    }
    blocks
}

/// Returns which test executes a block, if one does.
fn executor(block: &Block, rust_pages: &str) -> Option<&'static str> {
    let (page, language) = (block.page.as_str(), block.language.as_str());
    match language {
        "rust" if rust_pages.contains(page) => Some("tests/src/lib.rs"),
        "console" => Some("crates/cli/tests/it/guide/session.rs"),
        "yaml" if page == "ci.md" => Some("crates/cli/tests/it/guide/ci.rs"),
        "text" if page == "commands.md" => Some("crates/cli/tests/it/reference.rs"),
        "json" if page == "s3.md" => Some("crates/cli/tests/it/doctor.rs"),
        _ if page == "rules.md" => Some("crates/validator/tests/it/cookbook.rs"),
        // A file, for the sessions of its page.
        _ if language.contains(' ') => Some("crates/cli/tests/it/guide/session.rs"),
        _ => None,
    }
}

#[test]
fn every_block_of_the_guides_is_executed_or_says_why_not() {
    let root = tidy::workspace_root();
    let rust_pages = std::fs::read_to_string(root.join("tests/src/lib.rs")).unwrap();
    let blocks = blocks();
    assert!(blocks.len() > 60, "only {} blocks are found", blocks.len());
    for block in blocks.iter().filter(|block| !block.states_why_not) {
        let executor = executor(block, &rust_pages);
        let Block { page, line, language, .. } = block;
        assert!(executor.is_some(), "{page}:{line}: nothing executes this block of {language:?}");
        assert!(executor.is_some_and(|test| root.join(test).exists()), "{executor:?} is not there");
    }
}

#[test]
fn every_guide_is_linked_from_the_readme_and_every_link_leads_somewhere() {
    let root = tidy::workspace_root();
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let guides = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let guides: Vec<_> = guides.filter(|path| path.is_file()).collect();
    for guide in &guides {
        let name = guide.file_name().unwrap().to_str().unwrap();
        assert!(readme.contains(&format!("(docs/{name})")), "README.md does not link docs/{name}");
    }
    for page in guides.iter().chain([&root.join("README.md")]) {
        let text = std::fs::read_to_string(page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap();
            if target.is_empty() || target.contains("://") || target.contains(char::is_whitespace) {
                continue;
            }
            assert!(page.parent().unwrap().join(target).exists(), "{}: {link}", page.display());
        }
    }
}

/// Returns what a crate of the facade names to the outside, as its `lib.rs` and the modules it re-exports whole declare it.
fn public_text(module: &str) -> String {
    let folder = match module {
        "cache" => "workspace-cache",
        "tester" => "real-data-tester",
        other => other,
    };
    let source = tidy::workspace_root().join("crates").join(folder).join("src");
    let lib = std::fs::read_to_string(source.join("lib.rs")).unwrap();
    let mut text: String = lib.split("pub use").skip(1).collect();
    if module == "validator" {
        text += &std::fs::read_to_string(source.join("judgement/mod.rs")).unwrap();
    }
    text
}

#[test]
fn what_python_names_lead_to_exists() {
    let page = tidy::workspace_root().join("docs/from-python.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut looked_for = 0;
    for name in page.split('`').skip(1).step_by(2) {
        let Some((module, name)) = name.split_once("::") else { continue };
        if !module.starts_with(char::is_lowercase) {
            continue;
        }
        let public = public_text(module);
        let words = public.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        assert!(words.into_iter().any(|word| word == name), "{module}::{name} is not public");
        looked_for += 1;
    }
    assert!(looked_for > 25, "only {looked_for} names are found");
}
