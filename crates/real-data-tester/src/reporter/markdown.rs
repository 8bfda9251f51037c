//! The report as Markdown, short enough for a comment on a pull request.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use reenact_validator::{ColumnJudgement, Severity, Statistic, TableJudgement, Verdict};

use super::number::bytes;
use crate::executor::Usage;
use crate::report::Report;
use crate::step_report::{OutputReport, StepReport};

/// How many findings and moved columns are shown for each output.
const SHOWN: usize = 10;

/// Returns `report` as Markdown: the verdict and why, a table of what was compared, what was found, and the provenance.
///
/// No value of the data is in it, only names and numbers.
pub fn markdown(report: &Report) -> String {
    let mut text =
        format!("### {}: {}\n\n{}\n", title(report), word(report.verdict), escaped(&report.reason));
    for step in &report.steps {
        describe(step, &mut text);
    }
    write!(text, "\n{}\n", provenance(report)).unwrap_or_default();
    text
}

fn title(report: &Report) -> String {
    let run = &report.run;
    match report.steps.as_slice() {
        [only] => format!(
            "reenact {}: step {}",
            code(run.pipeline.as_str()),
            code(&only.step.to_string())
        ),
        steps => format!("reenact {}: {} steps", code(run.pipeline.as_str()), steps.len()),
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✅ matches",
        Verdict::Fail => "❌ differs",
        Verdict::Inconclusive => "⚠️ could not tell",
    }
}

fn describe(step: &StepReport, text: &mut String) {
    let judged: Vec<_> = step.outputs.iter().filter(|output| output.judgement.is_some()).collect();
    let name = code(&step.step.to_string());
    if step.not_run.is_some() {
        write!(text, "\n{}\n", escaped(&step.reason)).unwrap_or_default();
    }
    if let Some(outcome) = &step.outcome {
        let ending = escaped(&outcome.ending.to_string());
        write!(text, "\nStep {name} {ending}: {}.\n", cost(&outcome.usage)).unwrap_or_default();
    }
    for measured in &step.thresholds {
        let severity = measured.threshold.severity;
        let (verdict, found) = (word(measured.verdict), escaped(&measured.to_string()));
        write!(text, "\n- {verdict}: {found} ({severity})").unwrap_or_default();
    }
    if !step.thresholds.is_empty() {
        text.push('\n');
    }
    if judged.is_empty() {
        return;
    }
    text.push_str("\n| output | table | verdict | rows | matched | changed | only here | only in production |\n");
    text.push_str("|---|---|---|--:|--:|--:|--:|--:|\n");
    for output in &judged {
        for table in output.judgement.iter().flat_map(|judgement| &judgement.tables) {
            writeln!(text, "{}", row(output, table)).unwrap_or_default();
        }
    }
    for output in judged {
        findings(output, text);
    }
}

/// Says what a step cost, as far as that was measured.
fn cost(usage: &Usage) -> String {
    let seconds = |duration: Duration| format!("{:.2} s", duration.as_secs_f64());
    let cpu = usage.user_cpu.zip(usage.system_cpu).map(|(user, system)| user + system);
    let measures = [
        ("wall", Some(seconds(usage.wall))),
        ("CPU", cpu.map(seconds)),
        ("peak memory", usage.peak_rss.map(bytes)),
        ("read", usage.read_bytes.map(bytes)),
        ("written", usage.written_bytes.map(bytes)),
    ];
    let measured =
        measures.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value?)));
    measured.collect::<Vec<_>>().join(", ")
}

fn row(output: &OutputReport, table: &TableJudgement) -> String {
    let counts = table.rows.as_ref().map_or([const { String::new() }; 4], |rows| {
        [rows.matched, rows.changed, rows.only_candidate, rows.only_reference]
            .map(|count| count.to_string())
    });
    let name = code(output.name.as_str());
    let rows = table.candidate.rows;
    format!(
        "| {name} | {} | {} | {rows} | {} |",
        code(&table.name),
        word(table.verdict),
        counts.join(" | ")
    )
}

/// What did not pass, and the columns that moved, folded away.
fn findings(output: &OutputReport, text: &mut String) {
    let Some(judgement) = &output.judgement else { return };
    let problems = judgement.problems(Severity::Warning);
    let columns = judgement.tables.iter().flat_map(|table| &table.columns);
    let moved: Vec<&ColumnJudgement> =
        columns.filter(|column| column.moved > 0.0).take(SHOWN).collect();
    if problems.is_empty() && moved.is_empty() {
        return;
    }
    write!(
        text,
        "\n<details><summary>Output <code>{}</code> in detail</summary>\n\n",
        html(output.name.as_str())
    )
    .unwrap_or_default();
    for finding in problems.iter().take(SHOWN) {
        let column = finding
            .column
            .as_deref()
            .map_or_else(String::new, |column| format!(" {}", code(column)));
        writeln!(text, "- {}{column}: {}", finding.check.as_str(), escaped(&finding.message))
            .unwrap_or_default();
    }
    if problems.len() > SHOWN {
        writeln!(text, "- and {} more", problems.len() - SHOWN).unwrap_or_default();
    }
    if !moved.is_empty() {
        text.push_str("\n| moved column | verdict | KS D | mean here | mean in production |\n|---|---|--:|--:|--:|\n");
        for column in moved {
            writeln!(text, "{}", moved_row(column)).unwrap_or_default();
        }
    }
    text.push_str("\n</details>\n");
}

fn moved_row(column: &ColumnJudgement) -> String {
    let gap = column.tests.iter().find(|test| test.statistic == Statistic::KolmogorovSmirnov);
    let mean = |side: &reenact_validator::ColumnSummary| {
        number(side.numbers.as_ref().and_then(|numbers| numbers.mean))
    };
    format!(
        "| {} | {} | {} | {} | {} |",
        code(&column.name),
        column.verdict,
        number(gap.and_then(|test| test.value)),
        mean(&column.candidate),
        mean(&column.reference)
    )
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.4}"))
}

fn provenance(report: &Report) -> String {
    let run = &report.run;
    let bucket = run
        .bucket
        .as_deref()
        .map_or_else(String::new, |bucket| format!(", bucket {}", code(bucket)));
    let revisions: BTreeSet<String> =
        run.steps.iter().filter_map(|step| Some(step.revision.as_ref()?.to_string())).collect();
    let revisions: Vec<String> =
        revisions.iter().map(|revision| format!(", code at {}", code(revision))).collect();
    let revisions = revisions.concat();
    let execution = run
        .execution
        .as_ref()
        .map_or_else(String::new, |execution| format!(", execution {}", code(execution.as_str())));
    format!(
        "<sub>{} {}{bucket}{execution}{revisions}, reenact {}</sub>",
        run.mode,
        run.started_at.format("%Y-%m-%d %H:%M UTC"),
        run.version
    )
}

/// A name as code: whatever it holds, it stays within its cell.
fn code(name: &str) -> String {
    format!("<code>{}</code>", html(name))
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    let mut safe = html(text);
    for special in ["\\", "*", "_", "[", "]", "#", "`", "~", "@"] {
        safe = safe.replace(special, &format!("\\{special}"));
    }
    safe
}

fn html(text: &str) -> String {
    let one_line: String =
        text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    one_line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('|', "&#124;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_in_their_cell() {
        assert_eq!(code("a|b\n<script>"), "<code>a&#124;b &lt;script&gt;</code>");
        assert_eq!(escaped("*bold* @team [link](x)"), "\\*bold\\* \\@team \\[link\\](x)");
    }
}
