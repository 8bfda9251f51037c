//! What the step printed: folded if it succeeded, open if it failed.

use std::path::Path;

use askama::Template;
use askama::filters::HtmlSafe;

use super::text;
use crate::executor::StepOutcome;

/// The end of the standard error, and where the whole logs are.
#[derive(Debug, Template)]
#[template(path = "html/logs.html")]
pub(super) struct Logs {
    open: bool,
    /// How many lines there are; none if nothing was printed.
    lines: Option<String>,
    tail: String,
    stdout: Option<String>,
    stderr: Option<String>,
}

impl HtmlSafe for Logs {}

impl Logs {
    /// Shows the logs of a step.
    pub(super) fn new(outcome: &StepOutcome) -> Self {
        let tail = text::log(&outcome.stderr_tail);
        let path =
            |path: Option<&Path>| path.map(|path| text::shorten(&path.to_string_lossy(), 400));
        Self {
            open: !outcome.succeeded(),
            lines: (!tail.is_empty()).then(|| super::number::plural(tail.lines().count(), "line")),
            tail,
            stdout: path(outcome.stdout.as_deref()),
            stderr: path(outcome.stderr.as_deref()),
        }
    }
}
