//! Steps that misbehave: each is told for what it did, and harms neither the run nor the cache.

use std::time::Duration;

use reenact_real_data_tester::{Ending, Report};
use reenact_validator::Verdict;

use crate::setting::{DOUBLE, Setting, sales};

fn replay(setting: &Setting, double: &str) -> Report {
    setting.runner(sales(double)).replay_blocking("double", "latest").unwrap()
}

fn ending(report: &Report) -> &Ending {
    &report.steps[0].outcome.as_ref().unwrap().ending
}

#[test]
fn t5_t6_a_failed_step_never_counts_as_a_match() {
    let setting = Setting::new();
    let report = replay(&setting, &format!("{DOUBLE}; echo broken >&2; exit 3"));
    assert_eq!(ending(&report), &Ending::Exited { code: 3 });
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert!(
        report.reason.contains("code 3") && report.reason.contains("broken"),
        "{}",
        report.reason
    );
}

#[test]
fn t15_a_step_that_forks_and_sleeps_past_its_limit_is_ended() {
    let setting = Setting::new();
    let limit = Duration::from_millis(300);
    let scenario = sales("sleep 1000 & sleep 1000").step("double", |step| step.time_limit(limit));
    let report = setting.runner(scenario).replay_blocking("double", "latest").unwrap();
    assert_eq!(ending(&report), &Ending::TimedOut { limit });
    assert_eq!(report.verdict, Verdict::Inconclusive);
}

#[test]
fn t15_two_gibibytes_of_output_are_kept_in_part() {
    let setting = Setting::new();
    let report = replay(&setting, &format!("{DOUBLE}; head -c 2G /dev/zero; echo the end"));
    report.assert_matches_production();
    let outcome = report.steps[0].outcome.as_ref().unwrap();
    let log = outcome.stdout.as_ref().unwrap();
    let length = std::fs::metadata(log).unwrap().len();
    assert!(length < 17 * 1024 * 1024, "{length} bytes are kept");
    assert!(std::fs::read(log).unwrap().ends_with(b"the end\n"));
}

#[test]
fn t9_a_step_that_ends_well_without_output_has_shown_nothing() {
    let setting = Setting::new();
    let report = replay(&setting, "exit 0");
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert!(report.reason.contains("wrote no file"), "{}", report.reason);
}

#[test]
fn t6_a_step_that_is_killed_is_told_with_its_signal() {
    let setting = Setting::new();
    let report = replay(&setting, "kill -SEGV $$");
    assert_eq!(ending(&report), &Ending::Killed { signal: 11 });
    assert!(report.reason.contains("signal 11"), "{}", report.reason);
}

#[test]
fn a_link_out_of_an_output_is_no_output() {
    let setting = Setting::new();
    let secret = setting.path("secret.csv");
    std::fs::write(&secret, "id,amount\n1,20\n2,40\n").unwrap();
    let report = replay(&setting, &format!(r#"ln -s {} "$2"/doubled/rows.csv"#, secret.display()));
    assert_eq!(report.verdict, Verdict::Fail, "{}", report.evidence());
    assert!(report.reason.contains("symbolic link"), "{}", report.reason);
}

#[test]
fn a_step_that_deletes_its_inputs_harms_only_itself() {
    let setting = Setting::new();
    let deletes = format!(r#"{DOUBLE}; rm -rf "$1"/rows; echo x > "$1"/rows"#);
    replay(&setting, &deletes).assert_matches_production();
    let again = replay(&setting, DOUBLE);
    again.assert_matches_production();
    assert_eq!(again.downloaded_objects(), 0, "what is in the cache is as it was");
    let fed = setting.runner(sales(&deletes)).replay_chain_blocking("double", "latest").unwrap();
    fed.assert_matches_production();
}

#[test]
fn a_step_that_removes_its_output_directory_is_told() {
    let setting = Setting::new();
    let report = replay(&setting, r#"rm -r "$2"/doubled; echo x > "$2"/other"#);
    assert_eq!(report.verdict, Verdict::Fail, "{}", report.evidence());
    assert!(report.reason.contains("its directory was removed"), "{}", report.reason);
}

#[test]
fn t13_a_failure_names_the_step_and_what_it_said() {
    let setting = Setting::new();
    let report = replay(&setting, "echo 'no column: amount' >&2; exit 1");
    assert!(report.evidence().contains("stderr: no column: amount"), "{}", report.evidence());
    assert!(report.reason.contains("step `double`"), "{}", report.reason);
}
