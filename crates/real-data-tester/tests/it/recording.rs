//! A recorded run gives the same report again.

use std::sync::Arc;

use reenact_real_data_tester::{Event, Recorder, Report};

use crate::setting::{DOUBLE, Setting, sales};

#[test]
fn a_recording_is_folded_to_the_same_report() {
    let setting = Setting::new();
    let heard = Arc::new(Recorder::default());
    let script = format!("echo hello; {DOUBLE}");
    let runner = setting.runner(sales(&script)).with_reporter(Arc::clone(&heard) as _);
    let report = runner.replay_chain_blocking("double", "latest").unwrap();
    let text = std::fs::read(report.events_path()).unwrap();
    let again = Report::from_recording(&*text).unwrap();
    let json = |report: &Report| serde_json::to_value(report).unwrap();
    assert_eq!(json(&again), json(&report));
    let written = std::fs::read(report.json_path()).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&written).unwrap(), json(&report));

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
