//! Runs whose reports have much to show, and pages that are made of them.

use std::path::PathBuf;
use std::sync::Arc;

use reenact::cache::CacheOptions;
use reenact::downloader::{InMemory, ObjectSource};
use reenact::tester::{Report, Runner, Scenario, ScenarioBuilder, html};
use tempfile::TempDir;

/// A run whose report shows every kind of thing: numbers and categories that moved, changed rows, a changed schema, logs.
pub(super) struct Reported {
    _home: TempDir,
    pub(super) html: PathBuf,
}

impl Reported {
    /// What the page was made of.
    pub(super) fn json(&self) -> serde_json::Value {
        let json = std::fs::read(self.html.with_file_name("report.json")).unwrap();
        serde_json::from_slice(&json).unwrap()
    }
}

/// The code of the step: every third row is lost, `a` is doubled, and a column is new.
const CODE: &str = r#"echo a line of the log >&2; awk -F, -v OFS=, 'NR == 1 { print $0, "new"; next } NR % 3 { $2 *= 2; print $0, 1 }' "$1"/rows/rows.csv > "$2"/rows/rows.csv"#;

/// What the step reads, and what production made of it.
pub(super) const KEYS: [&str; 2] = [
    "pipelines/sales/2026-03-01/extract/output/rows/rows.csv",
    "pipelines/sales/2026-03-01/copy/output/rows/rows.csv",
];

fn report(rows: &str) -> Reported {
    let bucket = InMemory::new("acme-production");
    for key in KEYS {
        bucket.put(key, rows.to_owned());
    }
    replayed(Arc::new(bucket), |scenario| scenario)
}

/// Replays the step on what is in a bucket, as a scenario says that may be described further.
pub(super) fn replayed(
    source: Arc<dyn ObjectSource>,
    describe: impl FnOnce(ScenarioBuilder) -> ScenarioBuilder,
) -> Reported {
    let home = tempfile::tempdir().unwrap();
    let command = ["sh", "-c", CODE, "sh", "{inputs}", "{outputs}"];
    let scenario = Scenario::builder("sales")
        .step("copy", |step| step.command(command).input("rows", "extract.rows").key(["id"]));
    let scenario = describe(scenario).build().unwrap();
    let cache = CacheOptions::default().with_location(home.path().join("cache"));
    let runner = Runner::new(scenario, source).with_cache(cache);
    let html = runner.replay_blocking("copy", "latest").unwrap().html_path();
    Reported { _home: home, html }
}

pub(super) fn small() -> Reported {
    report(&rows_of(600))
}

/// A table of numbers and categories.
pub(super) fn rows_of(rows: usize) -> String {
    let colours = ["red", "green", "blue"];
    let rows = (0..rows).map(|id| format!("{id},{},{}\n", (id * 7) % 100, colours[id % 3]));
    format!("id,a,colour\n{}", rows.collect::<String>())
}

/// Writes the page of a small report whose table was changed.
fn changed(home: &TempDir, change: impl FnOnce(&mut serde_json::Value)) -> PathBuf {
    let mut report = small().json();
    change(&mut report["steps"][0]["outputs"][0]["judgement"]["tables"][0]);
    let report: Report = serde_json::from_value(report).unwrap();
    let path = home.path().join("report.html");
    std::fs::write(&path, html(&report).unwrap()).unwrap();
    path
}

/// A report with a thousand columns of numbers that moved, and a finding about each.
pub(super) fn wide(home: &TempDir) -> PathBuf {
    changed(home, |table| {
        for (part, name) in [("columns", "name"), ("findings", "column")] {
            let all = table[part].as_array_mut().unwrap();
            let like = all.iter().find(|one| one[name] == "a" && one["verdict"] == "fail").unwrap();
            let like = like.clone();
            *all = (0..1_000)
                .map(|number| {
                    let mut one = like.clone();
                    one[name] = format!("c{number:03}").into();
                    one
                })
                .collect();
        }
    })
}

/// A report with a hundred thousand findings, of which every thousandth failed.
pub(super) fn crowded(home: &TempDir) -> PathBuf {
    changed(home, |table| {
        let all = table["findings"].as_array_mut().unwrap();
        let like = all.iter().find(|finding| finding["check"] == "distribution").unwrap().clone();
        *all = (0..100_000)
            .map(|number| {
                let mut finding = like.clone();
                finding["column"] = format!("c{number:06}").into();
                finding["message"] = format!("finding {number} of a hundred thousand").into();
                finding["verdict"] = if number % 1_000 == 777 { "fail" } else { "pass" }.into();
                finding
            })
            .collect();
    })
}
