//! What a test says about a report, and what it prints when that is not so.

use reenact_validator::{Severity, Verdict};

use crate::report::Report;
use crate::step_report::StepReport;

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
