//! The pipeline as a strip of its steps, in their order, each coloured by how it went.

use askama::Template;
use askama::filters::HtmlSafe;
use reenact_registry::StepKey;

use super::badge;
use super::markup::Markup;
use super::number;
use super::text;
use crate::report::Report;
use crate::step_report::StepReport;

/// The most steps that are named.
const MOST: usize = 2_000;

/// The strip of steps.
#[derive(Debug, Template)]
#[template(path = "html/pipeline.html")]
pub(super) struct Pipeline {
    steps: Vec<Chip>,
    left_out: Option<String>,
}

impl HtmlSafe for Pipeline {}

#[derive(Debug)]
struct Chip {
    class: &'static str,
    symbol: Markup,
    verdict: &'static str,
    name: Markup,
    /// Where the step is shown, if it is.
    anchor: Option<String>,
}

/// The anchor of a step.
pub(super) fn anchor(step: usize) -> String {
    format!("s{step}")
}

impl Pipeline {
    /// Draws a pipeline of several steps, of which `shown` are told of below.
    pub(super) fn new(report: &Report, shown: &[StepReport]) -> Option<Self> {
        let place = |step: &StepKey| shown.iter().position(|shown| shown.step == *step);
        let chip = |step: &StepReport| Chip {
            class: badge::class(step.verdict),
            symbol: badge::symbol(step.verdict),
            verdict: step.verdict.as_str(),
            name: text::name(&step.step.to_string()),
            anchor: place(&step.step).map(anchor),
        };
        let steps = &report.steps;
        (steps.len() > 1).then(|| Self {
            steps: steps.iter().take(MOST).map(chip).collect(),
            left_out: (steps.len() > MOST).then(|| number::count_of(steps.len() - MOST)),
        })
    }
}
