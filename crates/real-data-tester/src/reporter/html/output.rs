//! One output of the step: its tables, its other files, what was not looked at.

use askama::Template;
use askama::filters::HtmlSafe;
use reenact_registry::StepKey;
use reenact_validator::{FileJudgement, FileKind, IgnoreReason, IgnoredFile, Judgement, Side};

use super::badge;
use super::findings::Findings;
use super::limits::Budget;
use super::markup::Markup;
use super::number::{bytes, count_of};
use super::table::Table;
use super::text;
use crate::step_report::OutputReport;

/// The most differences of one document.
const DIFFERENCES: usize = 40;

/// An output of the step.
#[derive(Debug, Template)]
#[template(path = "html/output.html")]
pub(super) struct Output {
    id: String,
    name: Markup,
    badge: Markup,
    reason: Markup,
    problem: Option<Markup>,
    findings: Option<Findings>,
    tables: Vec<Table>,
    tables_left_out: Option<String>,
    files: Vec<File>,
    files_left_out: Option<String>,
    ignored: Vec<Ignored>,
    ignored_count: String,
    ignored_left_out: Option<String>,
}

impl HtmlSafe for Output {}

#[derive(Debug)]
struct File {
    name: Markup,
    badge: Markup,
    kind: &'static str,
    candidate: String,
    reference: String,
    differences: Vec<Markup>,
}

#[derive(Debug)]
struct Ignored {
    side: &'static str,
    path: Markup,
    reason: &'static str,
}

/// The anchor of an output.
pub(super) fn anchor(output: usize) -> String {
    format!("o{output}")
}

impl Output {
    /// Shows the output at its place.
    pub(super) fn new(
        step: Option<&StepKey>,
        output: &OutputReport,
        index: usize,
        budget: &mut Budget,
    ) -> Self {
        let judgement = output.judgement.as_ref();
        let reason = judgement.map_or("It was not compared with production's.", |judgement| {
            judgement.reason.as_str()
        });
        let shown =
            Self {
                id: anchor(index),
                name: text::name(&step.map_or_else(
                    || output.name.to_string(),
                    |step| format!("{step}.{}", output.name),
                )),
                badge: badge::whole(output.verdict()),
                reason: text::sentence(reason),
                problem: output.problem.as_deref().map(text::sentence),
                findings: None,
                tables: Vec::new(),
                tables_left_out: None,
                files: Vec::new(),
                files_left_out: None,
                ignored: Vec::new(),
                ignored_count: String::new(),
                ignored_left_out: None,
            };
        match judgement {
            Some(judgement) => shown.with(judgement, index, budget),
            None => shown,
        }
    }

    fn with(self, judgement: &Judgement, index: usize, budget: &mut Budget) -> Self {
        let findings = Findings::new(&judgement.findings, budget, |_| None);
        let tables = budget.tables(judgement.tables.len());
        let files = budget.tables(judgement.files.len());
        let ignored = budget.lines(judgement.ignored.len());
        let left_out = |all: usize, shown: usize| (all > shown).then(|| count_of(all - shown));
        Self {
            findings: (!findings.is_empty()).then_some(findings),
            tables: (0..tables)
                .map(|table| Table::new(&judgement.tables[table], (index, table), budget))
                .collect(),
            tables_left_out: left_out(judgement.tables.len(), tables),
            files: judgement.files[..files].iter().map(|judged| file(judged, budget)).collect(),
            files_left_out: left_out(judgement.files.len(), files),
            ignored: judgement.ignored[..ignored].iter().map(ignored_file).collect(),
            ignored_count: count_of(judgement.ignored.len()),
            ignored_left_out: left_out(judgement.ignored.len(), ignored),
            ..self
        }
    }
}

fn file(file: &FileJudgement, budget: &mut Budget) -> File {
    let differences = budget.lines(file.differences.len().min(DIFFERENCES));
    File {
        name: text::name(&file.name),
        badge: badge::whole(file.verdict),
        kind: match file.kind {
            FileKind::Json => "JSON, by structure",
            _ => "by content",
        },
        candidate: bytes(file.candidate_bytes),
        reference: bytes(file.reference_bytes),
        differences: file.differences[..differences]
            .iter()
            .map(|difference| text::sentence(&difference.to_string()))
            .collect(),
    }
}

fn ignored_file(ignored: &IgnoredFile) -> Ignored {
    Ignored {
        side: match ignored.side {
            Side::Candidate => "here",
            Side::Reference => "production",
        },
        path: text::name(&ignored.path),
        reason: match ignored.reason {
            IgnoreReason::Hidden => "its name marks it as hidden",
            IgnoreReason::ZeroBytes => "it holds no byte",
            IgnoreReason::Special => "it is neither a file nor a directory",
            _ => "it is of no known kind",
        },
    }
}
