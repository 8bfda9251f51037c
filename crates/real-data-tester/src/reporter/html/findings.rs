//! The findings of an output or a table, worst first; those that passed are folded.

use askama::Template;
use askama::filters::HtmlSafe;
use reenact_validator::{Finding, Verdict};

use super::badge;
use super::limits::Budget;
use super::markup::Markup;
use super::number::{count_of, plural};
use super::text;

/// A list of findings.
#[derive(Debug, Template)]
#[template(path = "html/findings.html")]
pub(super) struct Findings {
    problems: Vec<Row>,
    passed: Vec<Row>,
    passed_count: String,
    left_out: Option<String>,
}

impl HtmlSafe for Findings {}

#[derive(Debug)]
struct Row {
    badge: Markup,
    severity: &'static str,
    check: &'static str,
    column: Option<Markup>,
    /// The anchor of the column's pictures.
    anchor: Option<String>,
    message: Markup,
    recommendation: Option<Markup>,
}

impl Findings {
    /// Shows `findings`; `anchor` finds where a column is drawn.
    pub(super) fn new(
        findings: &[Finding],
        budget: &mut Budget,
        anchor: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let mut sorted: Vec<&Finding> = findings.iter().collect();
        sorted.sort_by_key(|finding| {
            let passed = finding.verdict == Verdict::Pass;
            (passed, std::cmp::Reverse(finding.severity), std::cmp::Reverse(finding.verdict))
        });
        let shown = budget.findings(sorted.len());
        let left_out = sorted.len() - shown;
        let row = |finding: &&Finding| Row {
            badge: badge::check(finding.verdict),
            severity: finding.severity.as_str(),
            check: finding.check.as_str(),
            column: finding.column.as_deref().map(text::name),
            anchor: finding.column.as_deref().and_then(&anchor),
            message: text::sentence(&finding.message),
            recommendation: finding.recommendation.as_deref().map(text::sentence),
        };
        let (passed, problems): (Vec<_>, Vec<_>) =
            sorted[..shown].iter().partition(|finding| finding.verdict == Verdict::Pass);
        Self {
            passed_count: plural(passed.len(), "check"),
            problems: problems.iter().map(row).collect(),
            passed: passed.iter().map(row).collect(),
            left_out: (left_out > 0).then(|| count_of(left_out)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.problems.is_empty() && self.passed.is_empty() && self.left_out.is_none()
    }
}
