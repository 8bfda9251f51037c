//! The whole report as one HTML file that needs nothing else.

use std::path::Path;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::header::{self, Header};
use super::limits::{Budget, Limits};
use super::logs::Logs;
use super::markup::Markup;
use super::number;
use super::output::Output;
use super::overview::Overview;
use super::pipeline::{self, Pipeline};
use super::staged::Staged;
use super::strip::Strip;
use super::text;
use super::thresholds::Thresholds;
use crate::report::Report;
use crate::reporter::json::write_whole;
use crate::{Error, ErrorKind, Result};

/// The largest page that is written; beyond it, less of everything is shown.
pub(super) const MOST_BYTES: usize = 5_000_000;

const STYLE: &str = include_str!("../../../templates/report.css");
const SCRIPT: &str = include_str!("../../../templates/report.js");

#[derive(Debug, Template)]
#[template(path = "report.html")]
struct Page {
    title: String,
    policy: String,
    style: Markup,
    script: Markup,
    header: Header,
    pipeline: Option<Pipeline>,
    steps: Vec<Step>,
    steps_left_out: Option<String>,
    overview: Overview,
    staged: Staged,
    outputs: Vec<Output>,
}

/// How one step went.
#[derive(Debug)]
struct Step {
    id: String,
    strip: Strip,
    thresholds: Option<Thresholds>,
    logs: Option<Logs>,
}

/// Writes `report` as one HTML file to `path`.
pub(crate) fn write(report: &Report, path: &Path) -> Result<()> {
    write_whole(path, html(report)?.as_bytes())
}

/// Returns `report` as one HTML document: no network, no other file; at most 5 MB.
///
/// Of a report that is larger than that, the columns that moved most, the worst findings and the
/// first of everything else are shown, and it says how much was left out.
///
/// # Errors
///
/// [`ErrorKind::Workspace`] if the document could not be put together.
pub fn html(report: &Report) -> Result<String> {
    let mut limits = Limits::FULL;
    loop {
        let page = page(report, limits)?;
        if page.len() <= MOST_BYTES || limits.plots == 0 {
            return Ok(page);
        }
        limits = limits.halved();
    }
}

fn page(whole: &Report, limits: Limits) -> Result<String> {
    let report = &*limits.steps_of(whole);
    let mut budget = Budget::new(report, limits);
    let several = whole.steps.len() > 1;
    let left_out = whole.steps.len() - report.steps.len();
    let outputs = report.steps.iter().flat_map(|step| {
        let of = several.then_some(&step.step);
        step.outputs.iter().map(move |output| (of, output))
    });
    let outputs = outputs
        .enumerate()
        .map(|(index, (step, output))| Output::new(step, output, index, &mut budget))
        .collect();
    let page = Page {
        title: format!(
            "{}: {} of {}",
            header::verdict(whole),
            text::shorten(&header::steps(whole), 60),
            text::shorten(whole.run.pipeline.as_str(), 60)
        ),
        policy: policy(),
        style: Markup::default().fixed(STYLE),
        script: Markup::default().fixed(SCRIPT),
        header: Header::new(whole),
        pipeline: Pipeline::new(whole, &report.steps),
        steps: steps(report),
        steps_left_out: (left_out > 0).then(|| number::count_of(left_out)),
        overview: Overview::new(report, &mut budget, limits.tables),
        outputs,
        staged: Staged::new(report, &mut budget),
    };
    let page = page.render().map_err(|error| {
        Error::caused(ErrorKind::Workspace, "the report has no HTML form", error)
    })?;
    Ok(text::visible(&page))
}

/// Shows the steps; the outputs of all steps are counted through.
fn steps(report: &Report) -> Vec<Step> {
    let mut outputs = 0;
    let steps = report.steps.iter().enumerate().map(|(place, step)| {
        let first = outputs;
        outputs += step.outputs.len();
        Step {
            id: pipeline::anchor(place),
            strip: Strip::new(step, first),
            thresholds: Thresholds::new(&step.thresholds),
            logs: step.outcome.as_ref().map(Logs::new),
        }
    });
    steps.collect()
}

/// Allows this style and this script, and nothing else.
fn policy() -> String {
    let hash = |content: &str| STANDARD.encode(Sha256::digest(content));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}
