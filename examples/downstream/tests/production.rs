//! The step `net` on production's inputs: the whole suite that a pipeline's crate needs, over S3's protocol and without S3.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has to fail")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reenact::cache::CacheOptions;
use reenact::downloader::S3Source;
use reenact::registry::Layout;
use reenact::tester::{FnExecutor, Mask, Masking, Result, Runner, Scenario};
use reenact_testkit::{Canary, Fault, Matcher, Operation, S3Server, TestExecution};
use tempfile::TempDir;

/// The test that most steps need: three lines.
#[test]
fn net_still_writes_what_production_wrote() -> Result<()> {
    let production = Production::new();
    production
        .runner(reenact_downstream::net)
        .replay_blocking("net", "latest")?
        .assert_matches_production();
    Ok(())
}

#[test]
fn a_step_that_forgets_refunds_is_noticed() -> Result<()> {
    let production = Production::new();
    let forgetful = |inputs: &Path, outputs: &Path| {
        let orders = inputs.join("orders").join("part-0.csv");
        std::fs::copy(orders, outputs.join("net").join("part-0.csv")).map(drop)
    };
    let report = production.runner(forgetful).replay_blocking("net", "latest")?;
    report.assert_differs_from_production();
    let output = report.outputs().next().unwrap();
    let table = &output.judgement.as_ref().unwrap().tables[0];
    let rows = table.rows.as_ref().unwrap();
    assert_eq!((rows.matched, rows.changed, rows.only_candidate), (2, 1, 0));
    Ok(())
}

/// An older execution, by its name, from another layout of keys.
#[test]
fn an_older_execution_in_another_layout_is_replayed() -> Result<()> {
    let layout = "company/{execution}/{pipeline}/{step}/{output}/{path**}";
    let production = Production::with_layout(Some(layout));
    let runner = production.runner(reenact_downstream::net);
    runner.replay_blocking("net", "2026-02")?.assert_matches_production();
    Ok(())
}

/// What S3 may do to anyone on a bad day.
#[test]
fn the_verdict_is_the_same_when_s3_has_a_bad_day() -> Result<()> {
    let production = Production::new();
    let reads = |key: &str| Matcher::operation(Operation::GetObject).prefix(key).first(1);
    let orders = "pipelines/sales/2026-03/extract/output/orders/";
    let refunds = "pipelines/sales/2026-03/extract/output/refunds/";
    let net = "pipelines/sales/2026-03/net/output/net/";
    let faults = production.server.faults();
    faults.on(reads(orders), Fault::SlowDown { retry_after: Some(Duration::ZERO) });
    faults.on(reads(refunds), Fault::Reset { after: 7 });
    faults.on(reads(net), Fault::Corrupt { at: 3 });
    let runner = production.runner(reenact_downstream::net);
    runner.replay_blocking("net", "latest")?.assert_matches_production();
    faults.assert_all_played();
    Ok(())
}

#[test]
fn production_is_only_read_and_nothing_is_fetched_twice() -> Result<()> {
    let production = Production::new();
    let runner = production.runner(reenact_downstream::net);
    for _ in 0..2 {
        runner.replay_blocking("net", "latest")?.assert_matches_production();
    }
    production.server.assert_only_read();
    production.server.assert_nothing_read_twice();
    Ok(())
}

/// Customers' numbers of orders are nobody's business: they get into no report, log or event.
#[test]
fn what_is_private_does_not_get_into_reports() -> Result<()> {
    let production = Production::new();
    let canary = Canary::new("customer");
    let leaking = {
        let canary = canary.clone();
        move |_: &Path, outputs: &Path| {
            let table = format!("order,cents,customer\n1,1,{canary}\n");
            std::fs::write(outputs.join("net").join("part-0.csv"), table)
        }
    };
    let masking = Masking::new().with_column("customer", Mask::Redact);
    let report = production.masked(leaking, masking).replay_blocking("net", "latest")?;
    report.assert_differs_from_production();
    for path in [report.json_path(), report.html_path(), report.events_path()] {
        assert!(!canary.is_in(&std::fs::read(&path).unwrap()), "{}", path.display());
    }
    canary.assert_absent_below(&report.run.directory.join("logs"));
    Ok(())
}

/// Production's bucket with two executions in it, on a server in this process, and room for what a test leaves.
struct Production {
    server: S3Server,
    layout: Option<&'static str>,
    home: TempDir,
}

impl Production {
    fn new() -> Self {
        Self::with_layout(None)
    }

    fn with_layout(layout: Option<&'static str>) -> Self {
        let server = S3Server::start().unwrap();
        let keys = layout.map_or_else(Layout::seed, |layout| Layout::parse(layout).unwrap());
        for (month, written, refunded) in
            [("2026-02", "2026-03-01T04:00:00Z", 150), ("2026-03", "2026-04-01T04:00:00Z", 200)]
        {
            TestExecution::new("sales", month)
                .written(written.parse().unwrap())
                .file("extract.orders", "part-0.csv", "order,cents\n1,1000\n2,500\n3,250\n")
                .file("extract.refunds", "part-0.csv", format!("order,cents\n2,{refunded}\n"))
                .file(
                    "net.net",
                    "part-0.csv",
                    format!("order,cents\n1,1000\n2,{}\n3,250\n", 500 - refunded),
                )
                .publish(&server.bucket("acme-production"), &keys)
                .unwrap();
        }
        Self { server, layout, home: tempfile::tempdir().unwrap() }
    }

    fn runner(
        &self,
        step: impl Fn(&Path, &Path) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Runner {
        self.masked(step, Masking::new())
    }

    fn masked(
        &self,
        step: impl Fn(&Path, &Path) -> std::io::Result<()> + Send + Sync + 'static,
        masking: Masking,
    ) -> Runner {
        let net =
            FnExecutor::new("net", move |request| Ok(step(&request.inputs, &request.outputs)?));
        let mut scenario = Scenario::builder("sales").masking(masking).step("net", |builder| {
            builder
                .executor(net)
                .input("orders", "extract.orders")
                .input("refunds", "extract.refunds")
                .key(["order"])
        });
        if let Some(layout) = self.layout {
            scenario = scenario.layout(layout);
        }
        let source = S3Source::from_client("acme-production", &self.server.client()).unwrap();
        Runner::new(scenario.build().unwrap(), Arc::new(source))
            .with_cache(CacheOptions::default().with_location(self.home.path().join("cache")))
            .with_workspace_root(self.home.path().join("runs"))
    }
}
