//! The code blocks of a page of Markdown.

use std::path::{Path, PathBuf};

/// One fenced block.
#[derive(Debug)]
pub(super) struct Block {
    /// What stands after the fence.
    pub(super) language: String,
    pub(super) text: String,
    /// The line of the fence, from 1.
    pub(super) line: usize,
    /// Why it is not run, where a comment before it says so.
    pub(super) not_run: Option<String>,
}

/// Returns the README and every guide.
pub(super) fn pages(checkout: &Path) -> Vec<PathBuf> {
    let guides = std::fs::read_dir(checkout.join("docs")).unwrap();
    let guides = guides.map(|entry| entry.unwrap().path());
    let is_page = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    let mut pages: Vec<PathBuf> = guides.filter(is_page).collect();
    pages.push(checkout.join("README.md"));
    pages.sort();
    pages
}

/// Returns the blocks of a page, in order.
pub(super) fn blocks(page: &Path) -> Vec<Block> {
    let text = std::fs::read_to_string(page).unwrap();
    let mut blocks = Vec::new();
    let (mut not_run, mut none_below) = (None, None);
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let within = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            let text = within.flat_map(|line| [line, "\n"]).collect();
            let language = language.to_owned();
            let not_run = not_run.take().or_else(|| none_below.clone());
            blocks.push(Block { language, text, line: number + 1, not_run });
        } else if let Some(reason) = line.strip_prefix("<!-- not run: ") {
            not_run = reason.strip_suffix(" -->").map(str::to_owned);
        } else if let Some(reason) = line.strip_prefix("<!-- not run below: ") {
            none_below = Some(reason.to_owned());
        } else if !line.is_empty() {
            not_run = None;
        }
    }
    blocks
}
