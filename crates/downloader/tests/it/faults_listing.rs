//! Faults of listings at fifty points: the outcome is the whole list, or a typed error, never a short list.

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use reenact_downloader::{
    DiscoverOptions, DiscoveredExecution, Discovery, Error, ErrorKind, S3Source,
};
use reenact_registry::{ExecutionId, Layout, PipelineName};
use reenact_testkit::{Fault, Matcher, Operation};

use crate::fixture::{BUCKET, World, at_once, options, passing_faults};

const POINTS: u64 = 50;
const OBJECTS: u64 = 60;
const PREFIX: &str = "pipelines/p/e/";
const ATTEMPTS: u32 = 3;

fn listings() -> Matcher {
    Matcher::operation(Operation::ListObjectsV2)
}

fn key(index: u64) -> String {
    format!("{PREFIX}s/output/o/{index:02}")
}

fn discovery(world: &World) -> Discovery {
    let retry = at_once().with_budget(1_000);
    Discovery::new(Arc::clone(&world.source), Layout::seed()).with_retry(retry)
}

async fn execution(discovery: &Discovery) -> Result<DiscoveredExecution, Error> {
    let (pipeline, id) = (PipelineName::parse("p").unwrap(), ExecutionId::parse("e").unwrap());
    discovery.execution(&pipeline, &id).await
}

fn keys(execution: &DiscoveredExecution) -> Vec<&str> {
    execution.outputs[0].objects.iter().map(|object| object.key.as_str()).collect()
}

/// A world with an execution of one page, and how many bytes that page has.
async fn world() -> (World, u64) {
    let world = World::new().await;
    for index in 0..OBJECTS {
        world.bucket.put(&key(index), "x");
    }
    execution(&discovery(&world)).await.unwrap();
    let length = world.server.take_requests().pop().unwrap().bytes_sent;
    (world, length)
}

fn assert_about_listing(error: &Error, kind: ErrorKind) {
    assert_eq!((error.kind(), error.bucket()), (kind, Some(BUCKET)), "{error}");
    assert!(error.key().is_some_and(|key| key.starts_with("pipelines/p/")), "{error}");
    assert!(error.attempts() > 0, "{error:?}");
}

#[tokio::test]
async fn h14_a_page_that_breaks_anywhere() {
    let (world, length) = world().await;
    let discovery = discovery(&world);
    let whole: Vec<String> = (0..OBJECTS).map(key).collect();
    let faults: [fn(u64) -> Fault; 3] = [
        |after| Fault::Reset { after },
        |after| Fault::Truncate { after },
        |after| Fault::TruncateUnannounced { after },
    ];
    for fault in faults {
        for point in 0..POINTS {
            let fault = fault(point * length / POINTS);
            world.server.faults().clear();
            world.server.faults().on(listings().first(1), fault.clone());
            let found = execution(&discovery).await;
            let found = found.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
            assert_eq!(keys(&found), whole, "{fault:?}");
            world.server.faults().on(listings(), fault.clone());
            let error = execution(&discovery).await.expect_err("every page breaks");
            assert_about_listing(&error, ErrorKind::Truncated);
            assert_eq!((error.key(), error.attempts()), (Some(PREFIX), ATTEMPTS), "{fault:?}");
        }
    }
}

fn page(entries: impl Iterator<Item = (String, &'static str)>) -> Fault {
    let mut body = "<ListBucketResult><IsTruncated>false</IsTruncated>".to_owned();
    for (key, etag) in entries {
        let entry = format!(
            "<Contents><Key>{key}</Key><Size>1</Size><ETag>&quot;{etag}&quot;</ETag></Contents>"
        );
        body.push_str(&entry);
    }
    write!(body, "</ListBucketResult>").unwrap();
    Fault::Answer { status: 200, body: body.into() }
}

#[tokio::test]
async fn d15_a_key_that_is_listed_twice_anywhere() {
    let world = World::new().await;
    let discovery = discovery(&world);
    let whole: Vec<String> = (0..POINTS).map(key).collect();
    for point in 0..POINTS {
        let with =
            |etag| page((0..POINTS).map(|index| (key(index), "a")).chain([(key(point), etag)]));
        world.server.faults().clear();
        world.server.faults().on(listings(), with("a"));
        assert_eq!(keys(&execution(&discovery).await.unwrap()), whole);
        world.server.faults().clear();
        world.server.faults().on(listings(), with("b"));
        let error = execution(&discovery).await.expect_err("one of the two is gone");
        assert_about_listing(&error, ErrorKind::Changed);
        assert_eq!(error.key(), Some(key(point).as_str()));
    }
}

/// A world with fifty executions, each listed by a request of its own. All meet their fault as often as `met` says.
async fn fifty(met: impl Fn() -> Matcher, fault: impl Fn(u64) -> Fault) -> World {
    let world = World::new().await;
    for point in 0..POINTS {
        let prefix = format!("pipelines/p/{point:02}/");
        world.bucket.put(&format!("{prefix}s/output/o/x"), "x");
        world.server.faults().on(met().prefix(prefix), fault(point));
    }
    world
}

async fn count(discovery: Discovery) -> Result<usize, Error> {
    let pipeline = PipelineName::parse("p").unwrap();
    let found = discovery.executions(&pipeline, &DiscoverOptions::default()).await?;
    Ok(found.executions.len())
}

#[tokio::test]
async fn d7_a_fault_at_each_of_fifty_listings() {
    let skewed = (Fault::RequestTimeTooSkewed, ErrorKind::ClockSkew);
    for (fault, kind) in passing_faults().into_iter().chain([skewed]) {
        let once = fifty(|| listings().first(1), |_| fault.clone()).await;
        let counted = count(discovery(&once)).await;
        assert_eq!(counted.unwrap_or_else(|error| panic!("{fault:?}: {error}")), 50);
        assert_eq!(once.server.faults().played(), POINTS, "{fault:?}");
        let for_ever = fifty(listings, |_| fault.clone()).await;
        assert_about_listing(&count(discovery(&for_ever)).await.unwrap_err(), kind);
    }
}

#[tokio::test]
async fn h16_a_page_that_stands_still_anywhere() {
    let after = |point| Fault::Stall { after: 20 * point };
    let source = async |world: &World| {
        let options = options(&world.server).with_stall_timeout(Duration::from_millis(300));
        Arc::new(S3Source::connect(BUCKET, &options).await.unwrap())
    };
    let patient = at_once().with_budget(1_000).with_max_attempts(NonZeroU32::new(50).unwrap());
    let once = fifty(|| listings().first(1), after).await;
    let discovery = Discovery::new(source(&once).await, Layout::seed()).with_retry(patient);
    assert_eq!(count(discovery).await.unwrap(), 50);
    assert_eq!(once.server.faults().played(), POINTS);
    let for_ever = fifty(listings, after).await;
    let discovery = Discovery::new(source(&for_ever).await, Layout::seed()).with_retry(at_once());
    let error = count(discovery).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Truncated | ErrorKind::Unreachable), "{error}");
}

#[tokio::test]
async fn d7_one_refusal_among_fifty_listings_is_never_a_short_list() {
    let world = fifty(|| listings().first(0), |_| Fault::Refuse).await;
    for (fault, kind) in [
        (Fault::AccessDenied, ErrorKind::AccessDenied),
        (Fault::Redirect { location: "http://elsewhere/".to_owned() }, ErrorKind::UnexpectedReply),
        (Fault::Answer { status: 200, body: "<html>".into() }, ErrorKind::UnexpectedReply),
        (Fault::WrongRegion { region: "eu-north-1".to_owned() }, ErrorKind::WrongRegion),
    ] {
        for point in 0..POINTS {
            let prefix = format!("pipelines/p/{point:02}/");
            world.server.faults().clear();
            world.server.faults().on(listings().prefix(prefix), fault.clone());
            assert_about_listing(&count(discovery(&world)).await.unwrap_err(), kind);
        }
    }
}
