//! What a step cost, held against what it may cost.

use std::time::Duration;

use askama::Template;
use askama::filters::HtmlSafe;

use super::badge;
use super::markup::Markup;
use super::number;
use crate::threshold::{Measured, Metric};

/// The table of a step's thresholds.
#[derive(Debug, Template)]
#[template(path = "html/thresholds.html")]
pub(super) struct Thresholds {
    rows: Vec<Row>,
}

impl HtmlSafe for Thresholds {}

#[derive(Debug)]
struct Row {
    metric: &'static str,
    badge: Markup,
    measured: String,
    allowed: String,
    production: String,
    severity: &'static str,
}

impl Thresholds {
    /// Shows the thresholds of a step, if it has any.
    pub(super) fn new(thresholds: &[Measured]) -> Option<Self> {
        (!thresholds.is_empty()).then(|| Self { rows: thresholds.iter().map(row).collect() })
    }
}

fn row(measured: &Measured) -> Row {
    let threshold = &measured.threshold;
    let shown = |value: f64| quantity(threshold.metric, value);
    let bounds = [("at most", threshold.at_most), ("at least", threshold.at_least)];
    let allowed = bounds.into_iter().filter_map(|(words, bound)| {
        let bound = bound?;
        let times = threshold
            .production
            .map_or_else(String::new, |_| format!(" ({}× production’s)", number::number(bound)));
        Some(format!("{words} {}{times}", shown(threshold.scaled(bound))))
    });
    Row {
        metric: words(threshold.metric),
        badge: badge::check(measured.verdict),
        measured: measured.value.map_or_else(|| "not measured".to_owned(), shown),
        allowed: allowed.collect::<Vec<_>>().join(", "),
        production: threshold.production.map_or_else(|| "–".to_owned(), shown),
        severity: threshold.severity.as_str(),
    }
}

fn words(metric: Metric) -> &'static str {
    match metric {
        Metric::WallSeconds => "wall time",
        Metric::CpuSeconds => "CPU time",
        Metric::PeakRssBytes => "peak memory",
        Metric::ReadBytes => "bytes read",
        Metric::WrittenBytes => "bytes written",
        Metric::OutputBytes => "size of all outputs",
    }
}

/// Writes a value in the unit of its metric.
fn quantity(metric: Metric, value: f64) -> String {
    match metric {
        Metric::WallSeconds | Metric::CpuSeconds => Duration::try_from_secs_f64(value)
            .map_or_else(|_| number::number(value), number::duration),
        _ => number::bytes_of(value),
    }
}
