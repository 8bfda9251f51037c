//! The head of the page: the verdict and why, and where everything came from.

use std::collections::BTreeSet;

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::{DateTime, Utc};
use reenact_validator::Verdict;

use super::badge;
use super::markup::Markup;
use super::number;
use super::text;
use crate::mode::Mode;
use crate::report::Report;

/// The most characters of a command and a path.
const LONG: usize = 400;
/// The most steps whose commands are shown.
const MOST_STEPS: usize = 20;

/// Verdict and provenance.
#[derive(Debug, Template)]
#[template(path = "html/header.html")]
pub(super) struct Header {
    class: &'static str,
    symbol: Markup,
    verdict: &'static str,
    steps: Markup,
    mode: &'static str,
    pipeline: Markup,
    reason: Markup,
    facts: Vec<Fact>,
}

impl HtmlSafe for Header {}

#[derive(Debug)]
struct Fact {
    name: &'static str,
    value: Markup,
    class: &'static str,
}

impl Header {
    /// Introduces a report.
    pub(super) fn new(report: &Report) -> Self {
        let run = &report.run;
        let code = |text: &str| {
            let shown = text::one_line(&text::shorten(text, LONG));
            Markup::default().fixed("<code><bdi>").and(&shown).fixed("</bdi></code>")
        };
        let fact = |name, value| Fact { name, value, class: "" };
        let wide = |name, value| Fact { name, value, class: "wide" };
        let unknown = || Markup::text("unknown");
        let mut facts = Vec::new();
        if let Some(bucket) = &run.bucket {
            facts.push(fact("Bucket", code(bucket)));
        }
        facts.push(fact("Pipeline", code(run.pipeline.as_str())));
        if let Some(execution) = &run.candidate_execution {
            facts.push(fact("Candidate execution", code(execution.as_str())));
        }
        if let Some(execution) = &run.execution {
            facts.push(fact("Execution", code(execution.as_str())));
            let newest = run.execution_newest.as_ref().map(instant);
            let newest = newest.map_or_else(unknown, |newest| Markup::text(&newest));
            facts.push(fact("Its newest object", newest));
        }
        facts.push(fact("Run at", Markup::text(&instant(&run.started_at))));
        facts.push(fact("Took", Markup::text(&took(report))));
        facts.push(fact("reenact", Markup::text(&text::shorten(&run.version, 40))));
        for step in run.steps.iter().take(MOST_STEPS) {
            if let Some(command) = &step.command {
                facts.push(wide("Candidate command", code(command)));
            }
        }
        let revisions: BTreeSet<String> = run
            .steps
            .iter()
            .filter_map(|step| step.revision.as_ref().map(ToString::to_string))
            .collect();
        for revision in revisions.iter().take(MOST_STEPS) {
            facts.push(wide("Revision of the code", code(revision)));
        }
        facts.push(wide("Run directory", code(&run.directory.to_string_lossy())));
        Self {
            class: badge::class(report.verdict),
            symbol: badge::symbol(report.verdict),
            verdict: verdict(report),
            steps: text::name(&steps(report)),
            mode: mode(run.mode),
            pipeline: text::name(run.pipeline.as_str()),
            reason: text::sentence(&report.reason),
            facts,
        }
    }
}

/// Names the steps: one by its name, several by their number.
pub(super) fn steps(report: &Report) -> String {
    match report.run.steps.as_slice() {
        [only] => format!("step {}", only.step),
        steps => number::plural(steps.len(), "step"),
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Isolation => "run in isolation",
        Mode::Pipeline => "run as a pipeline",
        Mode::Replay => "replayed",
        Mode::ReplayChain => "replayed in a chain",
        Mode::Comparison => "compared",
    }
}

/// The verdict in words.
pub(super) fn verdict(report: &Report) -> &'static str {
    let compared = report.run.mode.reads_production();
    match report.verdict {
        Verdict::Pass if !compared => "Ran well",
        Verdict::Fail if !compared => "Failed",
        Verdict::Pass => "Matches production",
        Verdict::Inconclusive => "Could not tell",
        Verdict::Fail => "Differs from production",
    }
}

fn instant(at: &DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn took(report: &Report) -> String {
    let Some(finished) = report.finished_at else { return "it was cut off".to_owned() };
    let taken = finished.signed_duration_since(report.run.started_at);
    taken.to_std().map_or_else(|_| "–".to_owned(), number::duration)
}
