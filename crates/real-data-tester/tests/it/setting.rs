//! Production's bucket of a small pipeline, and room for runs: `extract` -> `double` -> `total`.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use reenact_downloader::InMemory;
use reenact_real_data_tester::{Runner, Scenario, ScenarioBuilder};
use reenact_workspace_cache::CacheOptions;
use tempfile::TempDir;

/// Doubles the second column, as production does.
pub(crate) const DOUBLE: &str =
    r#"awk -F, -v OFS=, 'NR > 1 { $2 *= 2 } 1' "$1"/rows/rows.csv > "$2"/doubled/rows.csv"#;
/// Sums the second column, as production does.
pub(crate) const TOTAL: &str = r#"awk -F, 'NR > 1 { sum += $2 } END { print "total"; print sum }' "$1"/doubled/rows.csv > "$2"/totals/total.csv"#;

pub(crate) struct Setting {
    pub(crate) home: TempDir,
}

impl Setting {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Returns a runner with production's bucket.
    pub(crate) fn runner(&self, scenario: ScenarioBuilder) -> Runner {
        let bucket = InMemory::new("acme-production");
        for (execution, factor) in [("2026-03-01", 1), ("2026-03-02", 10)] {
            let put = |place: &str, body: String| {
                bucket.put(format!("pipelines/sales/{execution}/{place}"), body);
            };
            let (a, b) = (factor, 2 * factor);
            put("extract/output/rows/rows.csv", format!("id,amount\n1,{a}\n2,{b}\n"));
            put("double/output/doubled/rows.csv", format!("id,amount\n1,{}\n2,{}\n", 2 * a, 2 * b));
            put("total/output/totals/total.csv", format!("total\n{}\n", 2 * (a + b)));
        }
        self.settle(Runner::new(scenario.build().unwrap(), Arc::new(bucket)))
    }

    /// Returns a runner without a bucket.
    pub(crate) fn offline(&self, scenario: ScenarioBuilder) -> Runner {
        self.settle(Runner::offline(scenario.build().unwrap()))
    }

    /// Gives a runner this setting's cache and room for runs.
    pub(crate) fn settle(&self, runner: Runner) -> Runner {
        runner
            .with_cache(CacheOptions::default().with_location(self.path("cache")))
            .with_workspace_root(self.path("runs"))
    }
}

/// Returns a command that runs a script of the shell with the directories of inputs and outputs as `$1` and `$2`.
pub(crate) fn shell(script: &str) -> [&str; 6] {
    ["sh", "-c", script, "sh", "{inputs}", "{outputs}"]
}

/// Returns the pipeline with this code for its second step, and production's for its third.
pub(crate) fn sales(double: &str) -> ScenarioBuilder {
    Scenario::builder("sales")
        .step("double", |step| step.command(shell(double)).input("rows", "extract.rows"))
        .step("total", |step| step.command(shell(TOTAL)).input("doubled", "double.doubled"))
}

/// Tells whether a program is there. Where all tests are required, it must be.
pub(crate) fn has(program: &str, argument: &str) -> bool {
    let there = Command::new(program).arg(argument).output().is_ok_and(|run| run.status.success());
    let required = std::env::var("REENACT_REQUIRE").is_ok_and(|required| required == "1");
    assert!(there || !required, "{program} is required, but cannot be run");
    there
}

/// Says that a test is skipped, past the test harness that would keep it to itself.
macro_rules! skip_without {
    ($program:literal, $argument:literal) => {
        if !crate::setting::has($program, $argument) {
            use std::io::Write as _;
            writeln!(std::io::stderr(), "skipped: {} is not installed", $program).unwrap();
            return;
        }
    };
}
pub(crate) use skip_without;
