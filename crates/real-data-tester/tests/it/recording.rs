//! A recorded run gives the same report again.

use std::sync::Arc;

use reenact_real_data_tester::{Event, Recorder, Report};
use reenact_validator::Verdict;

use crate::order::{diamond, interrupted};
use crate::setting::{DOUBLE, Setting, sales};

/// Folds what a run recorded, and holds it against the report that the run gave and left.
fn assert_folds_again(report: &Report) {
    let recorded = std::fs::read(report.events_path()).unwrap();
    let again = Report::from_recording(&*recorded).unwrap();
    let json = |report: &Report| serde_json::to_value(report).unwrap();
    assert_eq!(json(&again), json(report));
    assert_eq!(again.evidence(), report.evidence());
    let written = std::fs::read(report.json_path()).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&written).unwrap(), json(report));
}

#[test]
fn runs_that_fail_are_skipped_or_interrupted_fold_to_the_same_report_too() {
    let setting = Setting::new();
    let replay = |double: &str| {
        setting.runner(sales(double)).replay_chain_blocking("double", "latest").unwrap()
    };
    let differs = replay(&DOUBLE.replace("*= 2", "*= 3"));
    assert_eq!(differs.verdict, Verdict::Fail);
    let fails = replay("echo no >&2; exit 3");
    assert!(fails.steps[1].not_run.is_some());
    let silent = replay("exit 0");
    let missing = setting.offline(diamond("/no/such/program")).pipeline_blocking().unwrap();
    let fail_fast = setting.offline(diamond("exit 4")).with_fail_fast(true);
    let fail_fast = fail_fast.pipeline_blocking().unwrap();
    let interrupted = interrupted(&setting);
    assert!(interrupted.interrupted);
    let compared = setting.runner(sales(DOUBLE));
    let compared = compared.compare_blocking(None, "2026-03-02", "2026-03-01").unwrap();
    for report in [differs, fails, silent, missing, fail_fast, interrupted, compared] {
        assert_folds_again(&report);
    }
}

#[test]
fn a_recording_is_folded_to_the_same_report() {
    let setting = Setting::new();
    let heard = Arc::new(Recorder::default());
    let script = format!("echo hello; {DOUBLE}");
    let runner = setting.runner(sales(&script)).with_reporter(Arc::clone(&heard) as _);
    let report = runner.replay_chain_blocking("double", "latest").unwrap();
    assert_folds_again(&report);
    let text = std::fs::read(report.events_path()).unwrap();

    let printed = heard
        .events()
        .into_iter()
        .any(|event| matches!(event, Event::StepPrinted { text, .. } if text.contains("hello")));
    assert!(printed, "what a step prints is told while it runs");
    assert!(!String::from_utf8(text.clone()).unwrap().contains("step_printed"));

    // A process that was killed leaves half a line at most.
    let broken = Report::from_recording(&text[..text.len() - 7]).unwrap();
    assert!(broken.finished_at.is_none());
    assert_eq!(broken.steps.len(), 2);
    let error = Report::from_recording(&b"{}\n"[..]).unwrap_err();
    assert!(error.to_string().contains("line 1"), "{error}");
    assert!(Report::from_recording(&b""[..]).is_err());
}
