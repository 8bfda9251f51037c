//! The report as JUnit XML: a suite for each step, a case for everything that was checked.

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use reenact_validator::{Finding, Severity, Verdict};

use crate::event::NotRun;
use crate::report::Report;
use crate::step_report::{OutputReport, StepReport};
use crate::{Error, ErrorKind, Result};

/// Returns `report` as a JUnit XML document.
///
/// Each step is a suite. Its first case is the step itself; then comes a case for each finding of each output and for each
/// threshold. What differs has failed, what could not be told is an error, a step that was not run is skipped. A finding that
/// is no more than a warning never fails its case: it is told in the case's output.
///
/// # Errors
///
/// [`ErrorKind::Workspace`] if the document could not be put together.
pub fn junit(report: &Report) -> Result<String> {
    let name = format!("reenact {} {}", report.run.pipeline, report.run.mode);
    let mut document = quick_junit::Report::new(name);
    document.set_timestamp(report.run.started_at);
    document.add_test_suites(report.steps.iter().map(suite));
    document
        .to_string()
        .map_err(|error| Error::caused(ErrorKind::Workspace, "the report has no JUnit form", error))
}

fn suite(step: &StepReport) -> TestSuite {
    let mut suite = TestSuite::new(step.step.to_string());
    suite.add_test_case(step_case(step));
    for output in &step.outputs {
        suite.add_test_cases(output_cases(step, output));
    }
    for measured in &step.thresholds {
        let name = format!("threshold {}", measured.threshold.metric);
        let status = status(measured.verdict, measured.threshold.severity, &measured.to_string());
        suite.add_test_case(case(step, name, status));
    }
    suite
}

/// The step itself: whether it ran, and what it printed last if it did not end well.
fn step_case(step: &StepReport) -> TestCase {
    let mut status = match (&step.outcome, &step.not_run) {
        (_, Some(reason)) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(not_run(reason));
            status
        }
        (Some(outcome), None) if !outcome.succeeded() => failed(&outcome.ending.to_string()),
        (None, None) if step.started => unknown("the step did not end"),
        (_, None) => TestCaseStatus::success(),
    };
    let tail = step.outcome.as_ref().map(|outcome| outcome.stderr_tail.as_str());
    if let (TestCaseStatus::NonSuccess { .. }, Some(tail)) = (&status, tail) {
        status.set_description(tail);
    }
    let mut case = case(step, "runs".to_owned(), status);
    if let Some(outcome) = &step.outcome {
        case.set_time(outcome.usage.wall);
    }
    case
}

fn not_run(reason: &NotRun) -> String {
    match reason {
        NotRun::Upstream { step } => format!("`{step}`, from which it reads, did not end well"),
        NotRun::FailFast => "another step had failed".to_owned(),
        NotRun::Problem { problem } => problem.clone(),
    }
}

fn output_cases(step: &StepReport, output: &OutputReport) -> Vec<TestCase> {
    let mut cases = Vec::new();
    if let Some(problem) = output.written.problem() {
        cases.push(case(step, format!("{}: is written", output.name), failed(&problem)));
    }
    if let Some(problem) = &output.problem {
        cases.push(case(step, format!("{}: is compared", output.name), unknown(problem)));
    }
    if let Some(judgement) = &output.judgement {
        cases.extend(judgement.all_findings().map(|finding| {
            let status = status(finding.verdict, finding.severity, &finding.message);
            case(step, name(output, finding), status)
        }));
    }
    cases
}

fn name(output: &OutputReport, finding: &Finding) -> String {
    let mut name = format!("{}: {}", output.name, finding.check.as_str());
    for part in [&finding.table, &finding.column].into_iter().flatten() {
        name.push(' ');
        name.push_str(part);
    }
    name
}

fn case(step: &StepReport, name: String, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("reenact.{}", step.step));
    case
}

/// What a verdict means for a case; `message` is one sentence.
fn status(verdict: Verdict, severity: Severity, message: &str) -> TestCaseStatus {
    match (verdict, severity) {
        (Verdict::Fail, Severity::Error) => failed(message),
        (Verdict::Inconclusive, Severity::Error) => unknown(message),
        _ => TestCaseStatus::success(),
    }
}

fn failed(message: &str) -> TestCaseStatus {
    non_success(NonSuccessKind::Failure, "differs", message)
}

fn unknown(message: &str) -> TestCaseStatus {
    non_success(NonSuccessKind::Error, "inconclusive", message)
}

fn non_success(kind: NonSuccessKind, sort: &str, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(sort).set_message(message);
    status
}
