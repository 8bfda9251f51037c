//! `fetch` by every kind of name, and `discover` and `--from` by every way to name an execution.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

use crate::production::{Setting, files, json};

/// Returns the ids that `discover` lists.
fn ids(setting: &Setting, words: &[&str]) -> Vec<String> {
    let found = json(setting.reenact(&["--json", "discover"]).args(words), 0);
    let executions = found["executions"].as_array().unwrap().iter();
    let ids = executions.map(|execution| execution["id"].as_str().unwrap());
    ids.map(str::to_owned).collect()
}

/// Returns the paths of the files that would be fetched.
fn planned(plan: &Value) -> Vec<&str> {
    let outputs = plan["outputs"].as_array().unwrap().iter();
    let files = outputs.flat_map(|output| output["files"].as_array().unwrap());
    files.map(|file| file["path"].as_str().unwrap()).collect()
}

#[test]
fn fetch_brings_the_outputs_of_a_step() {
    let setting = Setting::new();
    setting
        .reenact(&["fetch", "extract", "--from", "latest~1", "--into", "fetched"])
        .assert()
        .code(0)
        .stdout(contains("1 object,"));
    let rows = std::fs::read_to_string(setting.path("fetched/rows/rows.csv")).unwrap();
    assert_eq!(rows, "id,amount\n1,11\n2,22\n");
}

#[test]
fn what_is_there_already_is_left_alone() {
    let setting = Setting::new();
    let fetch = ["fetch", "extract", "--into", "fetched"];
    setting.reenact(&fetch).assert().code(0);
    let rows = setting.path("fetched/rows/rows.csv");
    std::fs::remove_file(&rows).unwrap();
    std::fs::write(&rows, "mine").unwrap();
    let again = setting.reenact(&fetch).assert().code(2);
    let expected = contains("name another directory with --into");
    again.stderr(expected.and(contains("fetched/rows")));
    assert_eq!(std::fs::read_to_string(rows).unwrap(), "mine");
}

#[test]
fn a_dry_run_lists_files_with_sizes_and_what_the_cache_lacks() {
    let setting = Setting::new();
    let plan = || json(&mut setting.reenact(&["--json", "fetch", "extract", "--dry-run"]), 0);
    let before = plan();
    assert_eq!(planned(&before), ["rows.csv"]);
    let size = u64::try_from("id,amount\n1,10\n2,20\n3,30\n".len()).unwrap();
    assert_eq!(before["outputs"][0]["files"][0]["size"], size);
    assert_eq!(
        (before["bytes"].as_u64(), before["bytes_to_download"].as_u64()),
        (Some(size), Some(size))
    );
    assert!(files(&setting.path("cache/v1/blobs")).is_empty());
    setting.reenact(&["fetch", "extract", "--into", "fetched"]).assert().code(0);
    assert_eq!(plan()["bytes_to_download"], 0);
    let told = setting.reenact(&["fetch", "extract", "--dry-run"]).assert().code(0);
    let text = String::from_utf8(told.get_output().stdout.clone()).unwrap();
    let expected = "OUTPUT        FILE      SIZE\nextract.rows  rows.csv  25 B\nwould fetch 1 object, 25 B, of run-9";
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn patterns_take_files_in_and_leave_files_out() {
    let setting = Setting::new();
    for name in ["a.csv", "b.json", "deep/c.csv", "deep/_d.csv"] {
        setting.bucket().put(&format!("pipelines/sales/run-11/extract/output/rows/{name}"), "x\n");
    }
    let paths = |words: &[&str]| {
        let mut command = setting.reenact(&["--json", "fetch", "extract.rows", "--dry-run"]);
        let plan = json(command.args(["--from", "run-11"]).args(words), 0);
        planned(&plan).join(" ")
    };
    assert_eq!(paths(&["--include", "*.csv"]), "a.csv");
    assert_eq!(paths(&["--include", "**/*.csv", "--exclude", "**/_*"]), "a.csv deep/c.csv");
    assert_eq!(paths(&["--include", "*.csv", "--include", "*.json"]), "a.csv b.json");
    let mut command = setting.reenact(&["fetch", "extract.rows", "--from", "run-11"]);
    command.args(["--into", "some", "--exclude", "deep/**"]).assert().code(0);
    assert_eq!(files(&setting.path("some")).len(), 2);
    for (pattern, said) in [("*.parquet", "--include"), ("a[", "a[")] {
        let mut command = setting.reenact(&["fetch", "extract", "--include", pattern, "--dry-run"]);
        command.assert().code(2).stderr(contains(said));
    }
}

#[test]
fn outputs_are_named_by_property_path_and_data_type_of_a_manifest() {
    let setting = Setting::new();
    let location = "s3://acme/pipelines/sales/run-10/extract/output/rows/";
    let path = "properties.ProcessingOutputConfig.Outputs['rows'].S3Output.S3Uri";
    let manifest = serde_json::json!({ "step_outputs": { "extract": { "rows": {
        "logical_name": "rows", "s3_uri": location, "property_path": path, "data_type": "Table",
        "step_name": "extract", "timestamp": "2026-03-01T00:00:00Z",
    } } } });
    std::fs::write(setting.path("manifest.json"), manifest.to_string()).unwrap();
    let by_path = format!("Steps.extract.{}", path.strip_prefix("properties.").unwrap());
    for (number, what) in
        ["extract.rows", "extract", path, &by_path, "data-type:Table"].iter().enumerate()
    {
        let into = format!("fetched-{number}");
        let mut command = setting.reenact(&["fetch", what, "--manifest", "manifest.json"]);
        command.env_remove("REENACT_BUCKET").args(["--into", &into]).assert().code(0);
        assert!(setting.path(&into).join("rows/rows.csv").exists(), "{what}");
    }
    let mut command = setting.reenact(&["fetch", "data-type:Tabel", "--manifest", "manifest.json"]);
    command.arg("--dry-run").assert().code(2).stderr(contains("Table"));
    std::fs::write(setting.path("manifest.json"), "{").unwrap();
    let mut command = setting.reenact(&["fetch", "extract", "--manifest", "manifest.json"]);
    command.arg("--dry-run").assert().code(2).stderr(contains("manifest.json"));
}

#[test]
fn outputs_of_a_job_type_are_kept_apart_by_step() {
    let setting = Setting::new();
    for step in ["prepare", "train"] {
        let key = format!("MODS/sales_run-1/{step}/training/data/x.csv");
        setting.bucket().put(&key, "x\n1\n");
    }
    let mut command = setting.reenact(&["fetch", "job-type:training", "--into", "fetched"]);
    command.args(["--layout", "mods-job-type"]).assert().code(0);
    for step in ["prepare@training", "train@training"] {
        assert!(setting.path(&format!("fetched/{step}/data/x.csv")).exists(), "{step}");
    }
}

#[test]
fn from_understands_latest_an_id_an_arn_and_a_date() {
    let setting = Setting::new();
    let arn = "arn:aws:sagemaker:eu-central-1:123456789012:pipeline/sales/execution/run-10";
    for (from, execution) in [
        ("latest", "run-9"),
        ("latest~0", "run-9"),
        ("latest~1", "run-10"),
        ("run-10", "run-10"),
        (arn, "run-10"),
        ("2026-03-01", "run-10"),
        ("2026-03-02", "run-9"),
    ] {
        let mut fetch = setting.reenact(&["--json", "fetch", "extract", "--dry-run"]);
        assert_eq!(json(fetch.args(["--from", from]), 0)["execution"], execution, "{from}");
        assert_eq!(ids(&setting, &["--execution-id", from]), [execution], "{from}");
    }
    for (from, said) in [
        ("latest~2", "run-10"),
        ("2026-02-01", "run-10"),
        ("run-1", "run-10"),
        ("latest~x", "latest~N"),
    ] {
        let mut fetch = setting.reenact(&["fetch", "extract", "--from", from, "--dry-run"]);
        fetch.assert().code(2).stderr(contains(said));
    }
}

#[test]
fn d11_discover_filters_by_time_and_number() {
    let setting = Setting::new();
    assert_eq!(ids(&setting, &["--limit", "1"]), ["run-9"]);
    assert_eq!(ids(&setting, &["--since", "2026-03-02"]), ["run-9"]);
    assert_eq!(ids(&setting, &["--until", "2026-03-02"]), ["run-10"]);
    assert_eq!(
        ids(&setting, &["--since", "2026-03-01T00:00:00Z", "--until", "2026-03-01T00:00:01Z"]),
        ["run-10"]
    );
    setting.publish("run-11", chrono::Utc::now(), "id,amount\n");
    assert_eq!(ids(&setting, &["--since", "1h"]), ["run-11"]);
    assert!(ids(&setting, &["--until", "2020-01-01"]).is_empty());
    setting
        .reenact(&["discover", "--until", "2020-01-01"])
        .assert()
        .code(0)
        .stdout(contains("no execution"));
    setting.reenact(&["discover", "--since", "yesterday"]).assert().code(2).stderr(contains("7d"));
    setting.reenact(&["discover", "--limit", "0"]).assert().code(2);
}
