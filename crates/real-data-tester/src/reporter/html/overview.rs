//! Every table and file of every output in one line each: what to look at first.

use askama::Template;
use askama::filters::HtmlSafe;
use reenact_validator::{FileJudgement, RowComparison, TableJudgement};

use super::badge;
use super::bars;
use super::column;
use super::limits::Budget;
use super::markup::Markup;
use super::number::{count, count_of};
use super::output;
use super::table;
use super::text;
use crate::report::Report;
use crate::step_report::OutputReport;

/// The overview.
#[derive(Debug, Template)]
#[template(path = "html/overview.html")]
pub(super) struct Overview {
    outputs: Vec<Group>,
    left_out: Option<String>,
}

impl HtmlSafe for Overview {}

#[derive(Debug)]
struct Group {
    anchor: String,
    name: Markup,
    badge: Markup,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    anchor: Option<String>,
    name: Markup,
    badge: Markup,
    bar: Option<Markup>,
    counts: Option<[String; 4]>,
    moved: String,
}

impl Overview {
    /// Lists what was compared.
    pub(super) fn new(report: &Report, budget: &mut Budget, tables: usize) -> Self {
        let mut left_out = 0;
        let outputs = report.outputs().enumerate();
        let outputs = outputs
            .map(|(index, output)| group(output, index, (budget, tables), &mut left_out))
            .collect();
        Self { outputs, left_out: (left_out > 0).then(|| count_of(left_out)) }
    }
}

fn group(
    output: &OutputReport,
    index: usize,
    (budget, tables): (&mut Budget, usize),
    left_out: &mut usize,
) -> Group {
    let mut lines: Vec<Line> = Vec::new();
    if let Some(judgement) = &output.judgement {
        let all = judgement.tables.len() + judgement.files.len();
        let shown = budget.lines(all);
        *left_out += all - shown;
        let tables = judgement.tables.iter().enumerate().map(|(place, judged)| {
            let anchor = (place < tables).then(|| table::anchor(index, place));
            table_line(judged, anchor)
        });
        lines = tables.chain(judgement.files.iter().map(file_line)).take(shown).collect();
    }
    Group {
        anchor: output::anchor(index),
        name: text::name(output.name.as_str()),
        badge: badge::whole(output.verdict()),
        lines,
    }
}

fn table_line(judged: &TableJudgement, anchor: Option<String>) -> Line {
    let moved = judged.columns.iter().filter(|column| column::moved(column)).count();
    let counts = |rows: &RowComparison| {
        [rows.matched, rows.changed, rows.only_candidate, rows.only_reference].map(count)
    };
    Line {
        anchor,
        name: text::name(&judged.name),
        badge: badge::whole(judged.verdict),
        bar: judged.rows.as_ref().map(bars::rows),
        counts: judged.rows.as_ref().map(counts),
        moved: format!("{} of {}", count_of(moved), count_of(judged.columns.len())),
    }
}

fn file_line(judged: &FileJudgement) -> Line {
    Line {
        anchor: None,
        name: text::name(&judged.name),
        badge: badge::whole(judged.verdict),
        bar: None,
        counts: None,
        moved: String::new(),
    }
}
