//! The report as a short text for a terminal: the verdict, a table of outputs, what moved, and where to read on.

use comfy_table::Cell;
use reenact_validator::{
    ColumnJudgement, Judgement, RowComparison, Severity, Statistic, TableJudgement, Verdict,
};

use super::number::{bytes, count_of, plural};
use super::text_style::{TextStyle, verdict_cell};
use crate::mode::Mode;
use crate::report::Report;
use crate::step_report::StepReport;

/// How many findings and moved columns are shown for each output.
const SHOWN: usize = 6;

/// Returns the report as a short text, plain.
pub fn summary(report: &Report) -> String {
    summary_in(report, TextStyle::default())
}

/// Returns the report as a short text in a style.
pub fn summary_in(report: &Report, style: TextStyle) -> String {
    let run = &report.run;
    let execution = run.execution.as_ref();
    let execution =
        execution.map_or_else(String::new, |execution| format!(", execution `{execution}`"));
    let verdict = style.verdict(report.verdict, word(report.verdict, run.mode));
    let mut lines = vec![
        format!("{verdict}  {} of `{}`{execution}", run.step_names(), run.pipeline),
        format!("  {}", report.reason),
    ];
    for step in &report.steps {
        lines.extend(outputs(step, report, style));
    }
    if run.mode.reads_production() {
        lines.push(format!("\n{}", staging(report)));
    }
    lines.extend(report.steps.iter().filter_map(|step| ending(step, report.steps.len() > 1)));
    lines.push(format!("report  {}", report.html_path().display()));
    lines.push(format!("        {}\n", report.json_path().display()));
    lines.join("\n")
}

/// What was found of a step's outputs and of what it cost; of several steps, only what is not well.
fn outputs(step: &StepReport, report: &Report, style: TextStyle) -> Vec<String> {
    let several = report.steps.len() > 1;
    let mut lines = Vec::new();
    if several && step.verdict != Verdict::Pass {
        let verdict = style.verdict(step.verdict, word(step.verdict, report.run.mode));
        lines.push(format!("\n{verdict}  step `{}`: {}", step.step, step.reason));
    }
    let shown = step.outputs.iter().filter(|output| !several || output.verdict() != Verdict::Pass);
    for output in shown {
        match &output.judgement {
            Some(judgement) => {
                lines.push(format!("\noutput `{}`", output.name));
                lines.extend(evidence(judgement, style));
            }
            None => lines.push(format!(
                "\noutput `{}` was not compared: {}, {}",
                output.name,
                plural(usize::try_from(output.written.files).unwrap_or(usize::MAX), "file"),
                bytes(output.written.bytes)
            )),
        }
    }
    let broken = step.thresholds.iter().filter(|found| found.verdict != Verdict::Pass);
    lines.extend(broken.map(|found| format!("  {found} ({})", found.threshold.severity)));
    lines
}

/// Returns a comparison as a short text, plain.
pub fn judgement_summary(judgement: &Judgement) -> String {
    judgement_summary_in(judgement, TextStyle::default())
}

/// Returns a comparison as a short text in a style.
pub fn judgement_summary_in(judgement: &Judgement, style: TextStyle) -> String {
    let verdict = style.verdict(judgement.verdict, word(judgement.verdict, Mode::Comparison));
    let mut lines = vec![format!("{verdict}  {}", judgement.reason)];
    lines.extend(evidence(judgement, style));
    lines.join("\n")
}

fn word(verdict: Verdict, mode: Mode) -> &'static str {
    match verdict {
        Verdict::Pass if !mode.reads_production() => "RAN WELL",
        Verdict::Fail if !mode.reads_production() => "FAILED",
        Verdict::Pass => "MATCHES",
        Verdict::Fail => "DIFFERS",
        Verdict::Inconclusive => "COULD NOT TELL",
    }
}

/// What was compared, what was found, and which columns moved.
fn evidence(judgement: &Judgement, style: TextStyle) -> Vec<String> {
    let mut lines = vec![tables(judgement, style)];
    for finding in judgement.problems(Severity::Warning).into_iter().take(SHOWN) {
        let column =
            finding.column.as_ref().map_or_else(String::new, |column| format!(" `{column}`"));
        lines.push(format!("  {}{column}: {}", finding.check.as_str(), finding.message));
    }
    let all = judgement.tables.iter().flat_map(|table| &table.columns);
    let moved: Vec<&ColumnJudgement> =
        all.filter(|column| column.moved > 0.0).take(SHOWN).collect();
    if !moved.is_empty() {
        lines.push(String::new());
        lines.push(columns(&moved, style));
    }
    lines
}

fn tables(judgement: &Judgement, style: TextStyle) -> String {
    let header = [
        "table or file",
        "verdict",
        "rows",
        "matched",
        "changed",
        "only here",
        "only in production",
    ];
    let files = judgement.files.iter();
    let files = files.map(|file| vec![Cell::new(&file.name), verdict_cell(file.verdict)]);
    let rows: Vec<Vec<Cell>> = judgement.tables.iter().map(row).chain(files).collect();
    style.grid(&header, &[2, 3, 4, 5, 6], &rows)
}

fn row(judged: &TableJudgement) -> Vec<Cell> {
    let count = |of: fn(&RowComparison) -> u64| {
        judged.rows.as_ref().map_or_else(String::new, |rows| of(rows).to_string())
    };
    vec![
        Cell::new(&judged.name),
        verdict_cell(judged.verdict),
        Cell::new(judged.candidate.rows),
        Cell::new(count(|rows| rows.matched)),
        Cell::new(count(|rows| rows.changed)),
        Cell::new(count(|rows| rows.only_candidate)),
        Cell::new(count(|rows| rows.only_reference)),
    ]
}

fn columns(moved: &[&ColumnJudgement], style: TextStyle) -> String {
    let header = ["moved column", "verdict", "KS D", "p", "mean here", "mean in production"];
    let row = |column: &&ColumnJudgement| {
        let gap = column.tests.iter().find(|test| test.statistic == Statistic::KolmogorovSmirnov);
        let mean = |summary: &reenact_validator::ColumnSummary| {
            number(summary.numbers.as_ref().and_then(|numbers| numbers.mean))
        };
        vec![
            Cell::new(&column.name),
            verdict_cell(column.verdict),
            Cell::new(number(gap.and_then(|test| test.value))),
            Cell::new(gap.and_then(|test| test.p).map_or_else(String::new, |p| format!("{p:.1e}"))),
            Cell::new(mean(&column.candidate)),
            Cell::new(mean(&column.reference)),
        ]
    };
    let rows: Vec<Vec<Cell>> = moved.iter().map(row).collect();
    style.grid(&header, &[2, 3, 4, 5], &rows)
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.4}"))
}

fn staging(report: &Report) -> String {
    format!(
        "staged  {} downloaded ({}), {} found in the cache",
        plural(report.downloaded_objects(), "object"),
        bytes(report.downloaded_bytes()),
        count_of(report.cached_objects())
    )
}

fn ending(step: &StepReport, several: bool) -> Option<String> {
    let outcome = step.outcome.as_ref()?;
    let name = if several { format!("`{}` ", step.step) } else { String::new() };
    let peak = outcome.usage.peak_rss;
    let peak = peak.map_or_else(String::new, |peak| format!(", peak memory {}", bytes(peak)));
    let wall = outcome.usage.wall.as_secs_f64();
    Some(format!("step    {name}{} after {wall:.2} s{peak}", outcome.ending))
}

#[cfg(test)]
mod tests {
    use super::super::html::sample;
    use super::*;

    fn report() -> Report {
        sample::made_up(
            &[sample::numbers("delay", 3.0, 5)],
            &serde_json::json!([sample::finding("delay", "delays are longer")]),
            &serde_json::json!([]),
            "",
        )
    }

    #[test]
    fn a_text_is_plain_unless_colours_are_asked_for() {
        let report = report();
        assert!(!summary(&report).contains('\u{1b}'));
        let coloured = summary_in(&report, TextStyle::default().with_colours(true));
        assert!(coloured.starts_with("\u{1b}[1m\u{1b}[31mDIFFERS\u{1b}[0m"), "{coloured:?}");
        let judgement = report.outputs().next().unwrap().judgement.as_ref().unwrap();
        assert!(!judgement_summary(judgement).contains('\u{1b}'));
    }

    #[test]
    fn tables_are_no_wider_than_they_may_be() {
        let report = report();
        let judgement = report.outputs().next().unwrap().judgement.as_ref().unwrap();
        let table = |style: TextStyle| tables(judgement, style);
        let widest = |text: &str| text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest(&table(TextStyle::default())) > 60);
        let narrow = table(TextStyle::default().with_width(50));
        assert!(widest(&narrow) <= 50);
        let has = |words: [&str; 2]| {
            narrow
                .lines()
                .any(|line| line.split("  ").map(str::trim).filter(|w| !w.is_empty()).eq(words))
        };
        assert!(has(["verdict", "fail"]) && has(["only in production", "3"]), "{narrow}");
    }
}
