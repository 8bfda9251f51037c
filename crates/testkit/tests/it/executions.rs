//! Executions in every layout that has a name, and in one that has none.

use reenact_registry::{ErrorKind, Layout};
use reenact_testkit::{S3Server, TestExecution, TestObject};

/// An execution id that fits the layout, what else the layout wants to know, and whether outputs are directories.
fn execution(preset: &str) -> TestExecution {
    let (pipeline, id) = match preset {
        "dagster-ops" => ("dagster", "7c2f"),
        "kedro" => ("sales", "2026-03-01T04.00.00.000Z"),
        "mlflow" => ("sales", "0123456789abcdef0123456789abcdef"),
        "sagemaker-job" => ("sales", "2026-03-01-04-00-00-000"),
        preset if preset.starts_with("sagemaker") => ("sales", "abcdefghijkl"),
        _ => ("sales", "20260301"),
    };
    let execution = TestExecution::new(pipeline, id);
    let (execution, output) = match preset {
        "mlflow" => (execution, "run.rows"),
        "mods-job-type" => (execution, "extract@training.rows"),
        "sagemaker-training" => (execution.tag("attempt", "0123456789"), "extract.model"),
        "sagemaker-transform" => (execution, "extract.transform"),
        _ => (execution, "extract.rows"),
    };
    let path = if ["dagster-ops", "kedro"].contains(&preset) { "" } else { "rows.csv" };
    execution.file(output, path, "id\n1\n")
}

#[test]
fn an_execution_has_its_keys_in_every_layout_that_has_a_name() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    for (name, layout) in Layout::presets() {
        let keys = match execution(name).publish(&bucket, &layout) {
            Ok(keys) => keys,
            Err(error) => panic!("{name}: {error}"),
        };
        let read =
            layout.match_key(&keys[0]).unwrap_or_else(|mismatch| panic!("{name}: {mismatch}"));
        assert!(read.step().is_some() && read.output().is_some(), "{name}: {}", keys[0]);
        assert_eq!(bucket.body(&keys[0]).as_deref(), Some(&b"id\n1\n"[..]), "{name}");
    }
}

#[tokio::test]
async fn objects_have_the_time_of_the_execution_or_their_own() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    let [written, own] =
        ["2026-03-01T04:00:00Z", "2026-03-02T05:00:00Z"].map(|time| time.parse().unwrap());
    let keys = TestExecution::new("sales", "1")
        .written(written)
        .file("extract.rows", "a.csv", "a")
        .object("extract.rows", "b.csv", TestObject::new("b").last_modified(own))
        .publish(&bucket, &Layout::seed())
        .unwrap();
    let client = server.client();
    for (key, time) in keys.iter().zip([written, own]) {
        let head = client.head_object().bucket("bucket").key(key).send().await.unwrap();
        assert_eq!(head.last_modified().unwrap().secs(), time.timestamp(), "{key}");
    }
}

#[test]
fn what_the_layout_has_no_place_for_is_an_error_and_nothing_is_put() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    let execution = TestExecution::new("sales", "1").file("extract.rows", "a.csv", "a");
    let job = execution.clone().file("extract@training.rows", "a.csv", "a");
    let nameless = execution.file("no output", "a.csv", "a");
    let kinds =
        [job, nameless].map(|wrong| wrong.publish(&bucket, &Layout::seed()).unwrap_err().kind());
    assert_eq!(kinds, [ErrorKind::Unsupported, ErrorKind::Malformed]);
    assert_eq!(bucket.keys(), Vec::<String>::new());
}
