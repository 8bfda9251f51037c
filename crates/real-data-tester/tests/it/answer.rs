//! What a caller gets back: a run always ends in a report, whose figures have one type each and are all there.

use reenact_real_data_tester::{Report, html, junit, markdown, summary};
use reenact_validator::{Check, Rules, Verdict};
use serde_json::json;

use crate::setting::{DOUBLE, Setting, sales};

/// Returns what was checked of the outputs of a report, each once.
fn checks(report: &Report) -> Vec<Check> {
    let judgements = report.outputs().filter_map(|output| output.judgement.as_ref());
    let mut checks: Vec<Check> = judgements
        .flat_map(|judgement| judgement.all_findings().map(|finding| finding.check))
        .collect();
    checks.sort();
    checks.dedup();
    checks
}

#[test]
fn t1_a_step_without_rules_is_run_and_judged_by_the_usual_ones() {
    let setting = Setting::new();
    let report = setting.runner(sales(DOUBLE)).replay_blocking("double", "latest").unwrap();
    report.assert_matches_production();
    let doubled = report.run.directory.join("outputs/double/doubled/rows.csv");
    assert_eq!(std::fs::read_to_string(doubled).unwrap(), "id,amount\n1,20\n2,40\n");
    let by_default = checks(&report);
    for check in [Check::MissingColumn, Check::Distribution, Check::ColumnType, Check::Rows] {
        assert!(by_default.contains(&check), "{check:?} in {by_default:?}");
    }
    let scenario = sales(DOUBLE).step("double", |step| step.rules_for_all(Rules::default()));
    let report = setting.runner(scenario).replay_blocking("double", "latest").unwrap();
    assert_eq!(checks(&report), by_default);
}

#[test]
fn t4_what_a_step_cost_has_a_type_of_its_own_and_comes_back_from_json() {
    let setting = Setting::new();
    let report = setting.runner(sales(DOUBLE)).replay_blocking("double", "latest").unwrap();
    let usage = report.steps[0].outcome.as_ref().unwrap().usage;
    assert!(!usage.wall.is_zero());
    assert!(usage.user_cpu.is_some() && usage.system_cpu.is_some(), "{usage:?}");
    let kept: Report = serde_json::from_slice(&std::fs::read(report.json_path()).unwrap()).unwrap();
    assert_eq!(kept.steps[0].outcome.as_ref().unwrap().usage, usage);
    assert_eq!(kept.verdict, Verdict::Pass);
}

#[test]
fn t14_every_figure_that_a_form_shows_is_one_that_a_report_has() {
    let setting = Setting::new();
    let report = setting.runner(sales(DOUBLE)).replay_blocking("double", "latest").unwrap();
    let step = &report.steps[0];
    assert!(!step.outcome.as_ref().unwrap().usage.wall.is_zero(), "its duration");
    assert_eq!((step.outputs[0].written.files, step.outputs[0].written.bytes), (1, 20));
    assert_eq!(step.trees.iter().map(|tree| tree.bytes).sum::<u64>(), 20 + 20, "what was read");
    let table = &step.outputs[0].judgement.as_ref().unwrap().tables[0];
    assert_eq!(table.rows.as_ref().map(|rows| rows.matched), Some(2));

    // Of a run that was cut off at its beginning nothing else is known, and every form says so.
    let known = json!({
        "format_version": 1, "verdict": "inconclusive", "reason": "nothing was run",
        "run": report.run, "steps": [], "interrupted": false, "finished_at": null,
    });
    let cut_off: Report = serde_json::from_value(known).unwrap();
    let forms = [
        summary(&cut_off),
        html(&cut_off).unwrap(),
        junit(&cut_off).unwrap(),
        markdown(&cut_off),
        cut_off.evidence(),
    ];
    for form in forms {
        assert!(form.contains("sales"), "{form}");
    }
}
