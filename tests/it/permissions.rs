//! What a run may not read is told before anything is made, for all that it needs, with the policy that would grant it.

use std::sync::Arc;

use reenact::cache::CacheOptions;
use reenact::downloader::S3Source;
use reenact::tester::{ErrorKind, Runner, Scenario};
use reenact_testkit::{Action, Operation, S3Server};

#[test]
fn every_root_that_may_not_be_read_is_told_with_one_policy_for_all() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("acme");
    for place in ["extract/output/rows", "extract/output/more", "copy/output/rows"] {
        bucket.put(&format!("pipelines/sales/1/{place}/a.csv"), "id\n1\n");
    }
    bucket.deny(Action::Get, "pipelines/sales/1/extract/output/rows/");
    bucket.deny(Action::Get, "pipelines/sales/1/copy/");
    let home = tempfile::tempdir().unwrap();
    let scenario = Scenario::builder("sales").step("copy", |step| {
        step.command(["true"]).input("rows", "extract.rows").input("more", "extract.more")
    });
    let source = S3Source::from_client("acme", &server.client()).unwrap();
    let runner = Runner::new(scenario.build().unwrap(), Arc::new(source))
        .with_cache(CacheOptions::default().with_location(home.path().join("cache")))
        .with_workspace_root(home.path().join("runs"));
    server.take_requests();
    let error = runner.replay_blocking("copy", "1").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source);
    let text = format!("{error:?}");
    let roots = ["extract/output/rows", "copy/output/rows"];
    for root in roots.map(|root| format!("pipelines/sales/1/{root}")) {
        assert!(
            text.contains(&format!("`{root}/a.csv`")) || text.contains(&format!("{root}/a.csv")),
            "{text}"
        );
        assert!(text.contains(&format!("arn:aws:s3:::acme/{root}/*")), "{text}");
    }
    assert!(!text.contains("output/more/*"), "what may be read needs no policy: {text}");
    assert_eq!(text.matches("\"Version\"").count(), 1, "{text}");
    assert!(!home.path().join("runs").exists());
    let bytes: Vec<_> = server
        .take_requests()
        .into_iter()
        .filter(|request| request.operation == Operation::GetObject)
        .collect();
    assert_eq!(bytes.len(), 3, "one byte of each root is tried");
}
