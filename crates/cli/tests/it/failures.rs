//! What goes wrong ends with code 2, one error that names the thing, and nothing half-written.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::production::{SAME, Setting, files};

#[test]
fn a_wrong_bucket_is_named() {
    let setting = Setting::new();
    let mut command = setting.run_total(SAME);
    command
        .env("REENACT_BUCKET", "acme-typo")
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("acme-typo"));
    setting.assert_no_debris();
}

#[test]
fn a_stopped_server_is_named() {
    let setting = Setting::new();
    let address = setting.server.endpoint_url();
    setting.server.stop();
    let expected = contains("acme").and(contains(address)).and(contains("check the endpoint"));
    setting.run_total(SAME).assert().code(2).stdout("").stderr(expected);
    setting.assert_no_debris();
}

#[test]
fn wrong_keys_are_told_from_missing_permissions() {
    let setting = Setting::new();
    let mut command = setting.run_total(SAME);
    command
        .env("AWS_SECRET_ACCESS_KEY", "wrong")
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("SignatureDoesNotMatch").or(contains("secret")));
    setting.assert_no_debris();
}

#[test]
fn missing_credentials_are_told() {
    let setting = Setting::new();
    let mut command = setting.run_total(SAME);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9");
    // One error, without what the libraries below have to say about it.
    let expected = contains("none in the environment, in the profile")
        .and(contains("WARN").not())
        .and(contains("IMDS").not())
        .and(contains("other\n").not());
    command.assert().code(2).stdout("").stderr(expected);
    setting.assert_no_debris();
}

#[test]
fn a_truncated_parquet_file_of_the_candidate_is_named() {
    let setting = Setting::new();
    for step_output in ["extract/output/rows/rows.parquet", "total/output/totals/rows.parquet"] {
        setting
            .bucket()
            .put(&format!("pipelines/sales/parquet/{step_output}"), "PAR1 this is not whole");
    }
    let script = r#"cp "$1"/rows/rows.parquet "$2"/totals/rows.parquet"#;
    let mut command =
        setting.reenact(&["run", "total", "--from", "parquet", "--input", "rows=extract.rows"]);
    command.args(["--", "sh", "-c", script, "sh", "{inputs}", "{outputs}"]);
    command.assert().code(2).stdout(contains("rows.parquet"));
}

#[test]
fn d10_a_step_without_outputs_answers_with_the_steps_that_have_some() {
    let setting = Setting::new();
    let mut command =
        setting.reenact(&["run", "totals", "--input", "rows=extract.rows", "--", "true"]);
    command
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("totals").and(contains("total")).and(contains("extract")));
    setting.assert_no_debris();
}

#[test]
fn a_step_program_that_writes_nothing_is_told() {
    let setting = Setting::new();
    setting.run_total("true").assert().code(2).stdout(contains("wrote no file"));
}

#[test]
fn t6_a_failing_step_program_is_told_with_its_code_and_its_words() {
    let setting = Setting::new();
    let command = setting
        .run_total("echo no such column: amount >&2; exit 3")
        .assert()
        .code(2)
        .get_output()
        .clone();
    let text = String::from_utf8(command.stdout).unwrap();
    assert!(
        text.contains("exited with code 3") && text.contains("no such column: amount"),
        "{text}"
    );
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let setting = Setting::new();
    let mut command =
        setting.reenact(&["run", "total", "--input", "rows=extract.rows", "--", "no-such-program"]);
    let expected = contains("no-such-program").and(contains("on the PATH"));
    command.assert().code(2).stdout("").stderr(expected);
    setting.assert_no_debris();
    let mut nothing = setting.reenact(&["run", "total", "--input", "rows=extract.rows"]);
    nothing.assert().code(2).stdout("").stderr(contains("after `--`"));
}

#[test]
fn an_unwired_step_answers_with_the_candidates() {
    let setting = Setting::new();
    setting
        .reenact(&["run", "total", "--", "true"])
        .assert()
        .code(2)
        .stderr(contains("extract.rows"));
    setting.assert_no_debris();
}

#[test]
fn t2_a_step_is_not_fed_with_its_own_outputs() {
    let setting = Setting::new();
    let mut command =
        setting.reenact(&["run", "total", "--input", "rows=total.totals", "--", "true"]);
    command.assert().code(2).stderr(contains("that very step"));
}

#[test]
fn with_json_an_error_is_one_document_too() {
    let setting = Setting::new();
    let mut command = setting.reenact(&["discover", "sails", "--json"]);
    let output = command.assert().code(2).get_output().clone();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        document["error"].to_string().contains("sales"),
        "the nearest spelling is told: {document}"
    );
}

#[test]
fn no_credential_reaches_the_step() {
    let setting = Setting::new();
    let script = r#"env > "$2"/totals/environment.txt"#;
    setting.run_total(script).assert().code(1);
    let environment = files(&setting.path("runs"))
        .into_iter()
        .find(|path| path.ends_with("environment.txt"))
        .unwrap();
    let environment = std::fs::read_to_string(environment).unwrap();
    assert!(
        environment.contains("REENACT_INPUTS=") && !environment.contains("AWS_"),
        "{environment}"
    );
}
