//! Preflights: what stands in the way is found before a byte is fetched.

use reenact_downloader::{
    Check, ErrorKind, ObjectMeta, Preflight, PreflightReport, PreflightRequest, S3Source,
};
use reenact_testkit::{Action, Operation};

use crate::fixture::{World, at_once, options};

async fn preflight(world: &World, request: PreflightRequest) -> PreflightReport {
    Preflight::new(std::sync::Arc::clone(&world.source)).with_retry(at_once()).check(&request).await
}

fn findings(report: &PreflightReport) -> Vec<(Check, ErrorKind)> {
    report.findings.iter().map(|finding| (finding.check, finding.kind())).collect()
}

#[tokio::test]
async fn d12_a_preflight_counts_what_there_is_and_takes_two_requests() {
    let (world, _) = World::with("out/a", "12345").await;
    world.bucket.put("out/b", "");
    world.server.take_requests();
    let request =
        PreflightRequest::below("out/").with_destination(world.directory().join("not/yet/there"));
    let report = preflight(&world, request).await;
    assert!(report.is_ready(), "{report:?}");
    assert_eq!((report.objects, report.bytes, report.counted_all), (2, 5, true));
    assert!(report.free_bytes.is_some_and(|free| free > 0));
    let requests = world.server.take_requests();
    let asked: Vec<_> =
        requests.iter().map(|request| (request.operation, request.bytes_sent)).collect();
    assert_eq!(asked[1], (Operation::GetObject, 1), "one byte");
    assert_eq!(asked.len(), 2);
    assert!(world.files().is_empty(), "nothing is left behind");
}

#[tokio::test]
async fn each_missing_permission_comes_with_the_policy_that_grants_it() {
    let (world, object) = World::with("out/a", "12345").await;
    world.bucket.deny(Action::List, "");
    world.bucket.deny(Action::Get, "out/");
    let report = preflight(&world, PreflightRequest::below("out/").with_objects([object])).await;
    assert_eq!(
        findings(&report),
        [(Check::List, ErrorKind::AccessDenied), (Check::Get, ErrorKind::AccessDenied)]
    );
    for (finding, permission) in report.findings.iter().zip(["s3:ListBucket", "s3:GetObject"]) {
        assert_eq!(finding.permission(), Some(permission));
        let policy = finding.policy.as_ref().unwrap().as_json();
        assert_eq!(policy["Statement"][0]["Action"], permission);
    }
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["findings"][0]["error"]["kind"], "access_denied");
}

#[tokio::test]
async fn a_missing_bucket_is_one_finding() {
    let world = World::new().await;
    let source = S3Source::connect("no-such-bucket", &options(&world.server)).await.unwrap();
    let request = PreflightRequest::default().with_objects([ObjectMeta::new("x", 1)]);
    let report = Preflight::new(std::sync::Arc::new(source)).check(&request).await;
    assert_eq!(findings(&report), [(Check::List, ErrorKind::BucketNotFound)]);
    assert_eq!(report.into_result().unwrap_err().kind(), ErrorKind::BucketNotFound);
}

#[tokio::test]
async fn h18_archived_objects_are_found_beforehand() {
    let (world, _) = World::with("out/a", "12345").await;
    world.bucket.archive("out/a");
    let report = preflight(&world, PreflightRequest::below("out/")).await;
    assert_eq!(findings(&report), [(Check::Archive, ErrorKind::Archived)]);
}

#[tokio::test]
async fn h20_a_disk_without_room_is_found_beforehand() {
    let (world, mut object) = World::with("out/a", "12345").await;
    object.size = u64::MAX / 2;
    object.etag = None;
    let request =
        PreflightRequest::below("out/").with_objects([object]).with_destination(world.directory());
    let report = preflight(&world, request).await;
    assert_eq!(findings(&report), [(Check::Disk, ErrorKind::DiskFull)]);
    assert!(report.free_bytes.is_some());
}
