//! What a step sees of its caller's environment: what it needs to run, what the scenario gives it, and no credentials.

use std::process::Command;

use reenact_real_data_tester::{Report, Scenario, StepBuilder};

use crate::setting::{Setting, shell};

/// Replays a step that writes down its environment.
fn environment(describe: impl FnOnce(StepBuilder) -> StepBuilder) -> (Setting, Report, String) {
    let setting = Setting::new();
    let scenario = Scenario::builder("sales").step("told", |step| {
        describe(step.command(shell(r#"env > "$2"/told/env.txt"#)).no_inputs().outputs(["told"]))
    });
    let report = setting.offline(scenario).isolation_blocking("told").unwrap();
    let told = report.run.directory.join("outputs/told/told/env.txt");
    let told = std::fs::read_to_string(told).unwrap();
    (setting, report, told)
}

#[test]
fn t15_a_variable_is_passed_on_only_if_the_scenario_names_it() {
    let own = format!("CARGO_MANIFEST_DIR={}\n", env!("CARGO_MANIFEST_DIR"));
    let (_, _, told) = environment(|step| step);
    assert!(told.contains("PATH=") && !told.contains(&own), "{told}");
    let (_, _, told) = environment(|step| {
        step.pass_environment("CARGO_MANIFEST_DIR").pass_environment("REENACT_NO_SUCH_VARIABLE")
    });
    assert!(told.contains(&own) && !told.contains("REENACT_NO_SUCH_VARIABLE"), "{told}");
    let (_, _, told) = environment(|step| {
        step.pass_environment("CARGO_MANIFEST_DIR").environment("CARGO_MANIFEST_DIR", "elsewhere")
    });
    assert!(told.contains("CARGO_MANIFEST_DIR=elsewhere\n"), "what is written down wins: {told}");
}

/// The variables by which the tools of AWS are signed in.
const CREDENTIALS: [(&str, &str); 5] = [
    ("AWS_ACCESS_KEY_ID", "AKIACANARY"),
    ("AWS_SECRET_ACCESS_KEY", "secret-canary"),
    ("AWS_SESSION_TOKEN", "token-canary"),
    ("AWS_PROFILE", "profile-canary"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "/canary/token"),
];

#[test]
fn no_credentials_reach_a_step_unless_the_scenario_says_so() {
    let signed_in = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "environment::of_a_caller_who_is_signed_in", "--nocapture"])
        .envs(CREDENTIALS)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&signed_in.stdout);
    assert!(signed_in.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "run by the test above, with credentials in its environment"]
fn of_a_caller_who_is_signed_in() {
    let (_setting, report, told) = environment(|step| step);
    assert!(!told.to_lowercase().contains("canary") && !told.contains("AWS_"), "{told}");
    for path in [report.json_path(), report.html_path(), report.events_path()] {
        let text = std::fs::read_to_string(&path).unwrap().to_lowercase();
        assert!(!text.contains("canary"), "{}", path.display());
    }
    let asked_for = |step: StepBuilder| {
        CREDENTIALS.iter().fold(step, |step, (name, _)| step.pass_environment(*name))
    };
    let (_, _, told) = environment(asked_for);
    for (name, value) in CREDENTIALS {
        assert!(told.contains(&format!("{name}={value}\n")), "{told}");
    }
}
