//! What a test says about a report, and what it prints when that is not so.

use reenact_registry::LogicalName;
use reenact_validator::{Check, Judgement, Severity, Verdict};

use crate::report::Report;
use crate::step_report::{OutputReport, StepReport};

/// What is checked of a schema.
const SCHEMA_CHECKS: [Check; 5] = [
    Check::MissingColumn,
    Check::ExtraColumn,
    Check::ColumnOrder,
    Check::ColumnType,
    Check::Nullability,
];

/// How many findings a failing assertion shows for each output.
const SHOWN_FINDINGS: usize = 8;

impl Report {
    /// Panics unless every output of the candidate matches production's.
    ///
    /// # Panics
    ///
    /// Panics if the verdict is not [`Verdict::Pass`]; the text shows the verdict, the worst evidence and where the report is.
    #[track_caller]
    pub fn assert_matches_production(&self) -> &Self {
        assert!(self.verdict == Verdict::Pass, "{}", self.evidence());
        self
    }

    /// Panics unless some output of the candidate differs from production's: for tests that show what a change does.
    ///
    /// # Panics
    ///
    /// Panics if the verdict is not [`Verdict::Fail`], with the same text as [`Report::assert_matches_production`].
    #[track_caller]
    pub fn assert_differs_from_production(&self) -> &Self {
        assert!(self.verdict == Verdict::Fail, "{}", self.evidence());
        self
    }

    /// Panics unless the output of this name matches production's, whatever became of others.
    ///
    /// # Panics
    ///
    /// Panics if there is no such output or its verdict is not [`Verdict::Pass`]; the text is that of [`Report::assert_matches_production`].
    #[track_caller]
    pub fn assert_output_matches(&self, output: &str) -> &Self {
        let verdict = self.named_output(output).verdict();
        assert!(verdict == Verdict::Pass, "output `{output}`: {verdict}\n  {}", self.evidence());
        self
    }

    /// Panics unless names, types, order and nullability of all columns match production's, whatever became of their values.
    ///
    /// # Panics
    ///
    /// Panics if an output was not compared, or if a finding about columns did not pass.
    #[track_caller]
    pub fn assert_schema_matches(&self) -> &Self {
        for (output, judgement) in self.judged() {
            let schema = judgement.all_findings().find(|finding| {
                SCHEMA_CHECKS.contains(&finding.check) && finding.verdict != Verdict::Pass
            });
            if let Some(finding) = schema {
                self.fail(&format!("the schema of output `{output}`: {}", finding.message));
            }
        }
        self
    }

    /// Panics unless at most this share of the rows of each table differs from production's: changed, missing or additional.
    ///
    /// # Panics
    ///
    /// Panics if an output was not compared row by row, or if more rows differ.
    #[track_caller]
    pub fn assert_rows_within(&self, share: f64) -> &Self {
        for (output, judgement) in self.judged() {
            if judgement.tables.is_empty() {
                self.fail(&format!("output `{output}` has no table whose rows were compared"));
            }
            for table in &judgement.tables {
                let Some(rows) = &table.rows else {
                    self.fail(&format!(
                        "the rows of `{output}`, table `{}`, were not compared",
                        table.name
                    ))
                };
                let rate = rows.difference_rate();
                if rate > share || (rows.matched == 0 && rows.all_match()) {
                    self.fail(&format!(
                        "output `{output}`, table `{}`: {rate} of the rows differ, more than {share}, or there is none",
                        table.name
                    ));
                }
            }
        }
        self
    }

    /// Panics unless a column of an output is distributed as production's, in every table that has it.
    ///
    /// # Panics
    ///
    /// Panics if there is no such output or column, or if its verdict is not [`Verdict::Pass`].
    #[track_caller]
    pub fn assert_column_matches(&self, output: &str, column: &str) -> &Self {
        let judgement = self.named_output(output).judgement.as_ref();
        let tables = judgement.into_iter().flat_map(|judgement| &judgement.tables);
        let columns: Vec<_> = tables
            .flat_map(|table| &table.columns)
            .filter(|judged| judged.name == column)
            .collect();
        if columns.is_empty() {
            self.fail(&format!("output `{output}` has no column `{column}` that was compared"));
        }
        if let Some(judged) = columns.iter().find(|judged| judged.verdict != Verdict::Pass) {
            self.fail(&format!("column `{column}` of output `{output}`: {}", judged.sentence));
        }
        self
    }

    /// Returns an output by its name or, where steps share it, as `step.output`.
    #[track_caller]
    fn named_output(&self, name: &str) -> &OutputReport {
        let mut fitting = self.steps.iter().flat_map(|step| {
            step.outputs.iter().filter(move |output| {
                output.name.as_str() == name || format!("{}.{}", step.step, output.name) == name
            })
        });
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => only,
            (Some(_), Some(_)) => {
                self.fail(&format!("several steps have an output `{name}`: write STEP.OUTPUT"))
            }
            (None, _) => {
                let names: Vec<&str> = self.outputs().map(|output| output.name.as_str()).collect();
                self.fail(&format!("there is no output `{name}`; there are: {}", names.join(", ")))
            }
        }
    }

    /// Returns what was compared of every output; there must be something, and nothing that was not compared.
    #[track_caller]
    fn judged(&self) -> Vec<(&LogicalName, &Judgement)> {
        let judged: Vec<_> = self
            .outputs()
            .map(|output| match &output.judgement {
                Some(judgement) => (&output.name, judgement),
                None => self.fail(&format!("output `{}` was not compared", output.name)),
            })
            .collect();
        if judged.is_empty() {
            self.fail("no output was compared");
        }
        judged
    }

    #[track_caller]
    #[expect(clippy::panic, reason = "this is what an assertion does")]
    fn fail(&self, what: &str) -> ! {
        panic!("{what}\n  {}", self.evidence())
    }

    /// Returns the verdict, why, and the worst findings as text.
    pub fn evidence(&self) -> String {
        let compared = self.run.mode.reads_production();
        let asked = match self.verdict {
            Verdict::Pass if !compared => "ran well",
            Verdict::Fail if !compared => "did not run well",
            Verdict::Pass => "matches",
            Verdict::Fail => "differs from",
            Verdict::Inconclusive if !compared => "could not be judged",
            Verdict::Inconclusive => "could not be compared with",
        };
        let run = &self.run;
        let production = run.execution.as_ref();
        let production = production
            .map_or_else(String::new, |execution| format!(" production's execution `{execution}`"));
        let mut lines = vec![
            format!("{} of pipeline `{}` {asked}{production}", run.step_names(), run.pipeline),
            format!("why: {}", self.reason),
        ];
        for step in &self.steps {
            lines.extend(findings(step));
        }
        lines.push(format!("report: {}", self.html_path().display()));
        lines.join("\n  ")
    }
}

/// The worst findings of a step, and its last words if it failed.
fn findings(step: &StepReport) -> Vec<String> {
    let mut lines = Vec::new();
    for output in &step.outputs {
        let problems =
            output.judgement.iter().flat_map(|judgement| judgement.problems(Severity::Warning));
        for finding in problems.take(SHOWN_FINDINGS) {
            let column = finding
                .column
                .as_ref()
                .map_or_else(String::new, |column| format!(", column `{column}`"));
            lines.push(format!(
                "output `{}`{column}: {} ({})",
                output.name, finding.message, finding.severity
            ));
        }
    }
    if let Some(outcome) = step.outcome.as_ref().filter(|outcome| !outcome.succeeded()) {
        let last: Vec<&str> = outcome.stderr_tail.lines().rev().take(SHOWN_FINDINGS).collect();
        lines.extend(last.into_iter().rev().map(|line| format!("stderr: {line}")));
    }
    lines
}
