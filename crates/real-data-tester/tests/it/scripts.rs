//! Python scripts of each style, run as they are.

use std::path::PathBuf;

use reenact_real_data_tester::{Report, Scenario};
use reenact_validator::Verdict;

use crate::setting::{Setting, skip_without};

fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/scripts").join(name)
}

/// Replays the step `double` as a script that the rest of a scenario describes.
fn replay(setting: &Setting, described: &str) -> Report {
    let text = format!(
        "pipeline = 'sales'\n[steps.double]\ninputs = {{ rows = 'extract.rows' }}\nenvironment = {{ FACTOR = '2' }}\n{described}"
    );
    let scenario = reenact_real_data_tester::ScenarioBuilder::from_toml(&text).unwrap();
    setting.runner(scenario).replay_blocking("double", "latest").unwrap()
}

#[test]
fn t10_t11_main_is_given_directories_by_logical_name() {
    skip_without!("python3", "--version");
    let setting = Setting::new();
    let path = script("with_main.py");
    let described = format!(
        "script = {{ path = '{}' }}\narguments = {{ scale = 1, exact = true }}",
        path.display()
    );
    let report = replay(&setting, &described);
    report.assert_matches_production();
    let log = report.steps[0].outcome.as_ref().unwrap().stdout.as_ref().unwrap();
    assert_eq!(std::fs::read_to_string(log).unwrap(), "logged: 1 True\n");
}

#[test]
fn a_script_may_use_several_processes() {
    skip_without!("python3", "--version");
    for method in ["fork", "spawn"] {
        let setting = Setting::new();
        let path = script("with_processes.py");
        let described = format!(
            "script = {{ path = '{}' }}\narguments = {{ method = '{method}' }}",
            path.display()
        );
        replay(&setting, &described).assert_matches_production();
    }
}

#[test]
fn what_is_wrong_with_a_script_is_told() {
    skip_without!("python3", "--version");
    for (name, said) in [
        ("def other():\n    pass\n", "has no function main"),
        ("def main(*_):\n    raise ValueError('no such column')\n", "ValueError: no such column"),
        ("import sys\ndef main(*_):\n    sys.exit(7)\n", "exited with code 7"),
    ] {
        let setting = Setting::new();
        let path = setting.path("script.py");
        std::fs::write(&path, name).unwrap();
        let report = replay(&setting, &format!("script = {{ path = '{}' }}", path.display()));
        assert_eq!(report.verdict, Verdict::Inconclusive);
        assert!(report.reason.contains(said), "{}", report.reason);
    }
    let setting = Setting::new();
    let path = setting.path("json.py");
    std::fs::write(&path, "def main(*_):\n    pass\n").unwrap();
    let report = replay(&setting, &format!("script = {{ path = '{}' }}", path.display()));
    assert!(report.reason.contains("rename the script"), "{}", report.reason);
}

#[test]
fn a_script_or_an_interpreter_that_is_not_there_is_named() {
    let setting = Setting::new();
    let run = |path: &str, python: &str| {
        let scenario = Scenario::builder("sales").step("double", |step| {
            let executor = reenact_real_data_tester::PythonExecutor::new(path).with_python(python);
            step.executor(executor).input("rows", "extract.rows")
        });
        setting.runner(scenario).replay_blocking("double", "latest").unwrap_err()
    };
    let error = run("no/such/script.py", "python3");
    assert!(error.to_string().contains("no/such/script.py"), "{error}");
    let error = run(&script("with_main.py").display().to_string(), "no-such-python");
    let text = format!("{error:?}");
    assert!(text.contains("Python 3 is needed") && text.contains("no-such-python"), "{text}");
}

#[test]
fn a_script_with_the_paths_of_a_sagemaker_job_runs_as_it_is() {
    skip_without!("python3", "--version");
    skip_without!("bwrap", "--version");
    let setting = Setting::new();
    let path = script("with_fixed_paths.py");
    let described = format!(
        "script = {{ path = '{}', style = 'sagemaker', output_paths = {{ doubled = '/opt/ml/processing/output' }} }}\n\
         arguments = {{ job_type = 'training' }}",
        path.display()
    );
    replay(&setting, &described).assert_matches_production();
}

#[test]
fn a_sandbox_that_is_not_there_is_named_with_how_to_get_it() {
    let setting = Setting::new();
    let scenario = Scenario::builder("sales").step("double", |step| {
        let executor =
            reenact_real_data_tester::SageMakerExecutor::new(script("with_fixed_paths.py"));
        step.executor(executor.with_bubblewrap("no-such-bwrap")).input("rows", "extract.rows")
    });
    let error = setting.runner(scenario).replay_blocking("double", "latest").unwrap_err();
    assert!(error.to_string().contains("apt-get install bubblewrap"), "{error}");
}
