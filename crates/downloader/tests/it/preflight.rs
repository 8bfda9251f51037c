//! Preflights: what stands in the way is found before a byte is fetched.

use reenact_downloader::{
    Check, ErrorKind, ObjectMeta, Preflight, PreflightReport, PreflightRequest, S3Source,
};
use reenact_testkit::{Action, Fault, Matcher, Operation};

use crate::fixture::{BUCKET, World, at_once, options};

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

#[tokio::test]
async fn a_preflight_tells_who_asks_and_who_answers() {
    let (world, _) = World::with("out/a", "12345").await;
    let elsewhere = options(&world.server).with_region("eu-north-1");
    let source = S3Source::connect(BUCKET, &elsewhere).await.unwrap();
    let request = PreflightRequest::below("out/");
    let report = Preflight::new(std::sync::Arc::new(source)).check(&request).await;
    assert!(report.is_ready(), "{report:?}");
    let told = &report.circumstances;
    let caller = format!("access key {}", world.server.access_key_id());
    assert_eq!(told.caller.as_deref(), Some(caller.as_str()), "a server of one's own has no STS");
    assert_eq!(told.address, Some(format!("{}/{BUCKET}", world.server.endpoint_url())));
    assert_eq!(told.region.as_deref(), Some(world.server.region()));
    assert_eq!(told.configured_region.as_deref(), Some("eu-north-1"), "h11");
    assert!(told.clock_ahead_seconds.is_some_and(|seconds| seconds.abs() < 60), "h12");
}

#[tokio::test]
async fn all_pages_are_counted_if_wanted() {
    let world = World::new().await;
    for index in 0..2_500 {
        world.bucket.put(&format!("out/{index:04}"), "12");
    }
    let request = PreflightRequest::below("out/");
    let first_page = preflight(&world, request.clone()).await;
    assert_eq!(
        (first_page.objects, first_page.bytes, first_page.counted_all),
        (1_000, 2_000, false)
    );
    let all = preflight(&world, request.with_full_count(true)).await;
    assert_eq!((all.objects, all.bytes, all.counted_all), (2_500, 5_000, true));
}

#[tokio::test]
async fn h19_a_key_that_may_not_be_used_is_named_with_its_policy() {
    let (world, _) = World::with("out/a", "12345").await;
    let reads = Matcher::operation(Operation::GetObject);
    world.server.faults().on(reads, Fault::DecryptDenied);
    let report = preflight(&world, PreflightRequest::below("out/")).await;
    assert_eq!(findings(&report), [(Check::Get, ErrorKind::AccessDenied)]);
    assert_eq!(report.findings[0].permission(), Some("kms:Decrypt"));
    let policy = report.findings[0].policy.as_ref().unwrap().as_json();
    assert_eq!(policy["Statement"][0]["Action"], "kms:Decrypt");
}

#[tokio::test]
async fn h19_a_bucket_whose_readers_pay_is_read_by_those_who_agreed() {
    let (world, _) = World::with("out/a", "12345").await;
    world.bucket.let_requester_pay();
    let report = preflight(&world, PreflightRequest::below("out/")).await;
    assert_eq!(findings(&report), [(Check::List, ErrorKind::AccessDenied)]);
    let paying = options(&world.server).with_requester_pays(true);
    let source = S3Source::connect(BUCKET, &paying).await.unwrap();
    let request = PreflightRequest::below("out/");
    assert!(Preflight::new(std::sync::Arc::new(source)).check(&request).await.is_ready());
}

#[tokio::test]
async fn h20_the_workspace_needs_room_too_unless_it_shares_the_disk() {
    let (world, object) = World::with("out/a", "12345").await;
    let request = PreflightRequest::below("out/")
        .with_objects([object])
        .with_destination(world.directory())
        .with_workspace(world.directory().join("run/inputs"));
    let report = preflight(&world, request).await;
    assert!(report.is_ready(), "{report:?}");
    assert!(report.workspace_free_bytes.is_some_and(|free| free > 0));
    assert!(world.files().is_empty(), "nothing is left behind");
    let unwritable = PreflightRequest::below("out/").with_workspace("/proc/no-such-directory");
    let report = preflight(&world, unwritable).await;
    assert_eq!(
        findings(&report).iter().map(|(check, _)| *check).collect::<Vec<_>>(),
        [Check::Disk]
    );
}
