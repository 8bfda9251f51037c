//! Servers, buckets and keys that are not there or not allowed: each one clear error.

use std::error::Error as _;
use std::sync::Arc;

use reenact_downloader::{
    ConnectOptions, Discovery, Error, ErrorKind, ListRequest, ObjectMeta, ObjectSource, S3Source,
    Transfer, connect,
};
use reenact_registry::Layout;
use reenact_testkit::{Action, Fault, Matcher, Operation};

use crate::fixture::{BUCKET, World, at_once, impatient, options};

const KEY: &str = "pipelines/p/e/s/output/o/x.csv";

async fn source(bucket: &str, options: &ConnectOptions) -> Arc<dyn ObjectSource> {
    Arc::new(S3Source::connect(bucket, options).await.unwrap())
}

async fn refusal_to_list(source: &Arc<dyn ObjectSource>) -> Error {
    source.list_page(&ListRequest::everything("")).await.expect_err("the listing is refused")
}

async fn refusal_to_fetch(source: &Arc<dyn ObjectSource>) -> Error {
    let directory = tempfile::tempdir().unwrap();
    let transfer = Transfer::new(Arc::clone(source), impatient());
    let error = transfer.fetch(&ObjectMeta::new(KEY, 1), &directory.path().join("x"), &()).await;
    assert!(crate::fixture::files_below(directory.path()).is_empty());
    error.expect_err("the read is refused")
}

#[tokio::test]
async fn a_wrong_bucket_is_named() {
    let world = World::new().await;
    let wrong = source("no-such-bucket", &options(&world.server)).await;
    for error in [refusal_to_list(&wrong).await, refusal_to_fetch(&wrong).await] {
        assert_eq!(
            (error.kind(), error.bucket()),
            (ErrorKind::BucketNotFound, Some("no-such-bucket"))
        );
        assert!(error.to_string().contains("no-such-bucket"), "{error}");
    }
}

#[tokio::test]
async fn wrong_keys_are_told_apart_from_missing_permissions() {
    let world = World::new().await;
    let server = &world.server;
    let keys = |id: &str, secret: &str| options(server).with_access_keys(id, secret, None);
    for options in [keys("AKIAUNKNOWN", "secret"), keys(server.access_key_id(), "wrong")] {
        let source = source(BUCKET, &options).await;
        for error in [refusal_to_list(&source).await, refusal_to_fetch(&source).await] {
            assert_eq!(error.kind(), ErrorKind::BadCredentials, "{:?}", error.source());
        }
    }
    world.bucket.deny(Action::List, "");
    let error = refusal_to_list(&world.source).await;
    assert_eq!(
        (error.kind(), error.permission()),
        (ErrorKind::AccessDenied, Some("s3:ListBucket"))
    );
}

#[tokio::test]
async fn h13_a_missing_object_may_look_like_a_denied_one() {
    let world = World::new().await;
    let error = refusal_to_fetch(&world.source).await;
    assert_eq!((error.kind(), error.key()), (ErrorKind::KeyNotFound, Some(KEY)));
    world.bucket.deny(Action::List, "");
    let error = refusal_to_fetch(&world.source).await;
    assert_eq!((error.kind(), error.permission()), (ErrorKind::AccessDenied, Some("s3:GetObject")));
    assert!(error.to_string().contains("or the object does not exist"), "{error}");
}

#[tokio::test]
async fn a_stopped_server_is_unreachable() {
    let world = World::new().await;
    world.server.stop();
    let error = refusal_to_fetch(&world.source).await;
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unreachable, 3));
    assert!(error.source().is_some());
    assert_eq!(refusal_to_list(&world.source).await.kind(), ErrorKind::Unreachable);
}

#[tokio::test]
async fn h18_an_archived_object_is_an_error_of_its_own() {
    let world = World::new().await;
    world.bucket.put(KEY, "x");
    world.bucket.archive(KEY);
    let object = world.listed(KEY).await;
    assert!(object.is_archived());
    assert_eq!(world.fetch(&object).await.unwrap_err().kind(), ErrorKind::Archived);
}

#[tokio::test]
async fn h11_a_bucket_in_another_region_is_followed_there() {
    let world = World::new().await;
    world.bucket.put(KEY, "x");
    let source = source(BUCKET, &options(&world.server).with_region("eu-north-1")).await;
    assert_eq!(source.head(KEY, None).await.unwrap().size, 1);
    assert_eq!(source.head(KEY, None).await.unwrap().size, 1, "and it stays there");
    assert_eq!(world.server.requests().len(), 3);
}

#[tokio::test]
async fn d7_an_error_while_listing_is_never_a_short_list() {
    let world = World::new().await;
    for index in 0..2_500 {
        world.bucket.put(&format!("pipelines/p/e/s/output/o/{index:04}"), "x");
    }
    let discovery =
        || Discovery::new(Arc::clone(&world.source), Layout::seed()).with_retry(at_once());
    let (pipeline, latest) = ("p".parse().unwrap(), "latest".parse().unwrap());
    let listings = || Matcher::operation(Operation::ListObjectsV2).prefix("pipelines/p/e/");
    world.server.faults().on(listings().nth(2), Fault::AccessDenied);
    let error = discovery().select(&pipeline, &latest).await.unwrap_err();
    assert_eq!((error.kind(), error.key()), (ErrorKind::AccessDenied, Some("pipelines/p/e/")));

    for fault in [
        Fault::InternalError,
        Fault::Truncate { after: 500 },
        Fault::Reset { after: 500 },
        Fault::Refuse,
    ] {
        world.server.faults().clear();
        world.server.faults().on(listings().nth(2), fault);
        let execution = discovery().select(&pipeline, &latest).await.unwrap();
        assert_eq!(execution.outputs[0].objects.len(), 2_500);
        assert_eq!(world.server.faults().played(), 1);
    }
}

#[tokio::test]
async fn d17_an_address_is_a_bucket_or_a_directory() {
    let world = World::new().await;
    world.bucket.put(KEY, "x");
    for address in [BUCKET.to_owned(), format!("s3://{BUCKET}")] {
        let source = connect(&address, &options(&world.server)).await.unwrap();
        assert_eq!(source.head(KEY, None).await.unwrap().size, 1);
    }
    let missing = format!("file://{}", world.directory().join("missing").display());
    let source = connect(&missing, &ConnectOptions::default()).await.unwrap();
    let error = refusal_to_list(&source).await;
    assert_eq!((error.kind(), error.bucket()), (ErrorKind::BucketNotFound, Some(missing.as_str())));
    let error = connect("not a bucket", &ConnectOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn secrets_show_in_no_error() {
    let world = World::new().await;
    let secret = "the-secret-key-of-this-test";
    let source =
        source(BUCKET, &options(&world.server).with_access_keys("AKIAUNKNOWN", secret, None)).await;
    let error = refusal_to_list(&source).await;
    let shown = format!("{error} {error:?} {source:?}");
    assert!(!shown.contains(secret) && !shown.contains("Signature="), "{shown}");
}
