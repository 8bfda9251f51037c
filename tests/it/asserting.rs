//! What tests of downstream crates do: assert, skip, and run in a process each, many at once.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use reenact::cache::CacheOptions;
use reenact::downloader::{ConnectOptions, InMemory};
use reenact::tester::{FnExecutor, Report, Runner, Scenario};
use tempfile::TempDir;

/// Where a child process finds its bucket and its cache.
const HOME: &str = "REENACT_TEST_HOME";

/// A step that copies its input, and changes what `change` says.
fn copying(change: fn(String) -> String) -> FnExecutor {
    FnExecutor::new("copy", move |request| {
        let rows = std::fs::read_to_string(request.input("rows").join("rows.csv"))?;
        std::fs::write(request.output("rows").join("rows.csv"), change(rows))?;
        Ok(())
    })
}

fn rows() -> String {
    let mut rows = "id,amount\n".to_owned();
    for id in 0..200 {
        writeln!(rows, "{id},{}", id % 10).unwrap();
    }
    rows
}

fn scenario(step: FnExecutor) -> Scenario {
    let builder = Scenario::builder("sales");
    builder
        .step("copy", |it| it.executor(step).input("rows", "extract.rows").key(["id"]))
        .build()
        .unwrap()
}

fn replay(change: fn(String) -> String) -> (Report, TempDir) {
    let bucket = InMemory::new("acme");
    bucket.put("pipelines/sales/1/extract/output/rows/rows.csv", rows());
    bucket.put("pipelines/sales/1/copy/output/rows/rows.csv", rows());
    let home = tempfile::tempdir().unwrap();
    let runner = Runner::new(scenario(copying(change)), Arc::new(bucket))
        .with_cache(CacheOptions::default().with_location(home.path()));
    (runner.replay_blocking("copy", "latest").unwrap(), home)
}

/// Returns the text with which an assertion fails.
fn failure<T>(assertion: impl FnOnce() -> T) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).err().unwrap();
    panic.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn finer_assertions_look_at_their_part_alone() {
    let (report, _home) = replay(|rows| rows.replace("\n7,7\n", "\n7,8\n"));
    report.assert_differs_from_production().assert_schema_matches().assert_rows_within(0.005);
    report.assert_column_matches("rows", "id").assert_column_matches("copy.rows", "amount");
    let text = failure(|| report.assert_matches_production());
    for part in
        ["step `copy` of pipeline `sales` differs from", "why: ", "1 changed", "report.html"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(failure(|| report.assert_rows_within(0.004)).contains("0.005 of the rows differ"));
    assert!(failure(|| report.assert_output_matches("rows")).starts_with("output `rows`: fail"));
    assert!(
        failure(|| report.assert_output_matches("row"))
            .contains("no output `row`; there are: rows")
    );
    assert!(failure(|| report.assert_column_matches("rows", "x")).contains("no column `x`"));

    let (report, _home) = replay(|rows| rows.replace("amount", "sum"));
    assert!(
        failure(|| report.assert_schema_matches()).contains("the candidate lacks column `amount`")
    );
}

#[test]
fn what_was_not_compared_passes_no_assertion() {
    let bucket = InMemory::new("acme");
    bucket.put("pipelines/sales/1/extract/output/rows/rows.csv", rows());
    bucket.put("pipelines/sales/1/copy/output/rows/rows.csv", rows());
    let home = tempfile::tempdir().unwrap();
    let idle = FnExecutor::new("copy", |_| Ok(()));
    let runner = Runner::new(scenario(idle), Arc::new(bucket))
        .with_cache(CacheOptions::default().with_location(home.path()));
    let report = runner.replay_blocking("copy", "latest").unwrap();
    failure(|| report.assert_matches_production());
    failure(|| report.assert_differs_from_production());
    failure(|| report.assert_output_matches("rows"));
    assert!(failure(|| report.assert_schema_matches()).contains("was not compared"));
    assert!(failure(|| report.assert_rows_within(1.0)).contains("was not compared"));
}

/// Starts one test of this program in a process of its own, as nextest does.
fn child(name: &str, home: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--ignored", "--nocapture"]).env(HOME, home);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
#[ignore = "run in processes of their own by the next test"]
fn one_of_many() {
    let home = std::env::var_os(HOME).unwrap();
    let home = Path::new(&home);
    let bucket = format!("file://{}", home.join("bucket").display());
    let scenario = Scenario::builder("sales").bucket(bucket).step("copy", |step| {
        step.executor(copying(|rows| rows)).input("rows", "extract.rows").key(["id"])
    });
    let runner =
        Runner::connect_blocking(scenario.build().unwrap(), &ConnectOptions::default()).unwrap();
    let cache = CacheOptions::default().with_location(home.join("cache"));
    let report = runner.with_cache(cache).replay_blocking("copy", "latest").unwrap();
    report.assert_matches_production();
    println!("downloaded {}", report.downloaded_objects());
}

#[test]
fn twenty_processes_at_once_share_one_cache() {
    let home = tempfile::tempdir().unwrap();
    for step in ["extract", "copy"] {
        let place = home.path().join(format!("bucket/pipelines/sales/1/{step}/output/rows"));
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join("rows.csv"), rows()).unwrap();
    }
    let children: Vec<_> =
        (0..20).map(|_| child("asserting::one_of_many", home.path()).spawn().unwrap()).collect();
    let mut downloaded = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        let count = text.lines().find_map(|line| line.split_once("downloaded ")).unwrap().1;
        downloaded += count.parse::<usize>().unwrap();
    }
    assert_eq!(downloaded, 2, "each of the two objects is fetched once by one of them");
}

#[test]
#[ignore = "run in processes of their own by the next test"]
fn needs_production() {
    let scenario = Scenario::builder("sales").bucket("acme").build().unwrap();
    let options =
        ConnectOptions::default().with_endpoint_url("http://127.0.0.1:9").with_region("us-east-1");
    let Some(runner) = reenact::tester::or_skip(Runner::connect_blocking(scenario, &options))
    else {
        return;
    };
    reenact::tester::or_skip(runner.compare_blocking(None, "latest~1", "latest"));
}

#[test]
fn without_credentials_a_test_skips_visibly_or_fails_where_it_is_required() {
    let home = tempfile::tempdir().unwrap();
    let run = |require: &str| {
        let mut command = child("asserting::needs_production", home.path());
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_"))
        {
            command.env_remove(name);
        }
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", home.path());
        command.env("REENACT_REQUIRE", require).output().unwrap()
    };
    let skipped = run("0");
    let said = String::from_utf8_lossy(&skipped.stderr).into_owned();
    assert!(
        skipped.status.success() && said.contains("SKIPPED ") && said.contains("no credentials"),
        "{said}"
    );
    assert!(!run("1").status.success());
}
