//! The head of the page: the verdict and why, and where everything came from.

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::{DateTime, Utc};
use reenact_validator::Verdict;

use super::badge;
use super::markup::Markup;
use super::number;
use super::text;
use crate::report::Report;

/// The most characters of a command and a path.
const LONG: usize = 400;

/// Verdict and provenance.
#[derive(Debug, Template)]
#[template(path = "html/header.html")]
pub(super) struct Header {
    class: &'static str,
    symbol: Markup,
    verdict: &'static str,
    step: Markup,
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
        let facts = vec![
            fact("Bucket", code(&run.bucket)),
            fact("Pipeline", code(run.pipeline.as_str())),
            fact("Execution", code(run.execution.as_str())),
            fact(
                "Its newest object",
                Markup::text(
                    &run.execution_newest.as_ref().map_or_else(|| "unknown".to_owned(), instant),
                ),
            ),
            fact("Step", code(&run.step.to_string())),
            fact("Run at", Markup::text(&instant(&run.started_at))),
            fact("Took", Markup::text(&took(report))),
            fact("reenact", Markup::text(&text::shorten(&run.version, 40))),
            wide("Candidate command", code(&run.command)),
            wide("Run directory", code(&run.directory.to_string_lossy())),
        ];
        Self {
            class: badge::class(report.verdict),
            symbol: badge::symbol(report.verdict),
            verdict: verdict(report.verdict),
            step: text::name(&run.step.to_string()),
            pipeline: text::name(run.pipeline.as_str()),
            reason: text::sentence(&report.reason),
            facts,
        }
    }
}

/// The verdict in words.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
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
