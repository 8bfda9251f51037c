//! What the guides promise to be complete about.

use std::collections::BTreeSet;

use crate::tidy;

/// Returns the names of all error kinds of all crates, as they are declared.
fn error_kinds() -> BTreeSet<String> {
    let declared = tidy::rust_files().into_iter().filter(|path| path.ends_with("src/error.rs"));
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
