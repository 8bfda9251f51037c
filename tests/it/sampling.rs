//! Runs on a part of the data: joined inputs keep their partners, both sides stay comparable, and the report says so.

use std::fmt::Write as _;
use std::sync::Arc;

use reenact::cache::CacheOptions;
use reenact::downloader::InMemory;
use reenact::tester::{FnExecutor, Report, Runner, SampleBy, Sampling, Scenario, summary};
use reenact::validator::Verdict;
use tempfile::TempDir;

/// Runs `total`, which joins orders with customers, on a part of both.
fn run(sampling: Sampling, parts: usize) -> (Report, Vec<usize>, TempDir) {
    let bucket = InMemory::new("acme");
    let per_part = 1_000 / parts;
    for part in 0..parts {
        let (mut orders, mut customers) = ("customer,amount\n".to_owned(), String::new());
        for customer in part * per_part..(part + 1) * per_part {
            writeln!(orders, "{customer},{}", customer % 7).unwrap();
            writeln!(customers, r#"{{"name": "n{customer}", "customer": {customer}.0}}"#).unwrap();
        }
        bucket.put(
            format!("pipelines/sales/1/extract/output/orders/part-{part}.csv"),
            orders.clone(),
        );
        bucket.put(
            format!("pipelines/sales/1/extract/output/customers/part-{part}.jsonl"),
            customers,
        );
        bucket.put(format!("pipelines/sales/1/total/output/totals/part-{part}.csv"), orders);
    }
    let taken = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&taken);
    let total = FnExecutor::new("total", move |request| {
        let mut counts = Vec::new();
        for input in ["orders", "customers"] {
            let mut rows = 0;
            for file in std::fs::read_dir(request.input(input))? {
                let text = std::fs::read_to_string(file?.path())?;
                rows += text.lines().filter(|line| !line.starts_with("customer,")).count();
            }
            counts.push(rows);
        }
        for file in std::fs::read_dir(request.input("orders"))? {
            let file = file?;
            std::fs::copy(file.path(), request.output("totals").join(file.file_name()))?;
        }
        *seen.lock().unwrap() = counts;
        Ok(())
    });
    let home = tempfile::tempdir().unwrap();
    let scenario = Scenario::builder("sales")
        .sampling(sampling)
        .step("total", |step| {
            step.executor(total)
                .input("orders", "extract.orders")
                .input("customers", "extract.customers")
        })
        .build()
        .unwrap();
    let runner = Runner::new(scenario, Arc::new(bucket))
        .with_cache(CacheOptions::default().with_location(home.path()));
    let report = runner.replay_blocking("total", "latest").unwrap();
    let taken = taken.lock().unwrap().clone();
    (report, taken, home)
}

fn key() -> SampleBy {
    SampleBy::Key(vec!["customer".to_owned()])
}

#[test]
fn by_key_joined_inputs_and_the_reference_are_the_same_part() {
    let (report, taken, _home) = run(Sampling::new("10%", key()).unwrap(), 2);
    assert!(taken[0] > 50 && taken[0] < 150, "{taken:?}");
    assert_eq!(
        taken[0], taken[1],
        "the same customers of both inputs, however their numbers are written"
    );
    report.assert_matches_production();
    let table = &report.steps[0].outputs[0].judgement.as_ref().unwrap().tables[0];
    assert_eq!(table.rows.as_ref().unwrap().matched, taken[0] as u64);
    assert!(summary(&report).contains("on a sample of the inputs: 10 % by key customer"));
    let json = std::fs::read_to_string(report.json_path()).unwrap();
    assert!(json.contains(r#""share": 0.1"#), "{json}");
}

#[test]
fn by_row_rows_are_not_compared_one_by_one() {
    let (report, taken, _home) = run(Sampling::new("50%", SampleBy::Row).unwrap(), 1);
    assert!(taken[0] > 400 && taken[0] < 600, "{taken:?}");
    assert_ne!(report.verdict, Verdict::Fail, "{}", report.evidence());
    assert_eq!(
        report.steps[0].outputs[0].judgement.as_ref().unwrap().tables[0]
            .findings
            .iter()
            .filter(|finding| finding.check.as_str() == "rows")
            .count(),
        0
    );
}

#[test]
fn by_file_only_what_is_taken_is_fetched() {
    let (report, taken, _home) = run(Sampling::new("30%", SampleBy::File).unwrap(), 10);
    assert!(taken[0] > 0 && taken[0] < 1_000 && taken[0] % 100 == 0, "{taken:?}");
    let inputs: usize = report.steps[0]
        .trees
        .iter()
        .filter(|tree| matches!(tree.tree, reenact::tester::Tree::Input(_)))
        .map(|tree| tree.objects.len())
        .sum();
    assert_eq!(inputs, (taken[0] + taken[1]) / 100);
}
