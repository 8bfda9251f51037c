//! Conditional reads and writes.

use aws_sdk_s3::primitives::DateTime;
use chrono::{TimeZone, Utc};
use reenact_testkit::{S3Server, TestBucket};

use crate::support::refusal;

const MODIFIED: i64 = 1_357_000_000;

fn published(server: &S3Server) -> TestBucket {
    let bucket = server.bucket("bucket");
    bucket.put_at("key", "body", Utc.timestamp_opt(MODIFIED, 0).unwrap());
    bucket
}

#[tokio::test]
async fn if_match_reads_only_that_etag() {
    let server = S3Server::start().unwrap();
    let etag = published(&server).etag("key").unwrap();
    let client = server.client();
    let get = || client.get_object().bucket("bucket").key("key");
    let head = || client.head_object().bucket("bucket").key("key");

    for etag in [format!("\"{etag}\""), etag.clone(), "*".to_owned()] {
        assert!(get().if_match(&etag).send().await.is_ok(), "{etag}");
        assert!(head().if_match(&etag).send().await.is_ok(), "{etag}");
    }
    let refused = refusal(get().if_match("\"other\"").send().await);
    assert_eq!((refused.status, refused.code.as_str()), (412, "PreconditionFailed"));
    assert_eq!(refusal(head().if_match("\"other\"").send().await).status, 412);
    let missing = client.get_object().bucket("bucket").key("none").if_match("*").send().await;
    assert_eq!(refusal(missing).code, "NoSuchKey");
}

#[tokio::test]
async fn if_none_match_answers_304_with_the_etag_and_no_body() {
    let server = S3Server::start().unwrap();
    let etag = format!("\"{}\"", published(&server).etag("key").unwrap());
    let client = server.client();
    let get = || client.get_object().bucket("bucket").key("key");
    let head = || client.head_object().bucket("bucket").key("key");

    let unchanged = refusal(get().if_none_match(&etag).send().await);
    assert_eq!(unchanged.status, 304);
    assert_eq!(unchanged.header("etag"), Some(etag.as_str()));
    assert_eq!(unchanged.header("last-modified"), Some("Tue, 01 Jan 2013 00:26:40 GMT"));
    assert_eq!(refusal(head().if_none_match(&etag).send().await).status, 304);
    assert!(get().if_none_match("\"other\"").send().await.is_ok());
    assert_eq!(server.requests()[0].bytes_sent, 0);
}

#[tokio::test]
async fn dates_are_compared_in_seconds() {
    let server = S3Server::start().unwrap();
    published(&server);
    let client = server.client();
    let get = || client.get_object().bucket("bucket").key("key");
    let at = |offset| DateTime::from_secs(MODIFIED + offset);

    assert_eq!(refusal(get().if_modified_since(at(0)).send().await).status, 304);
    assert!(get().if_modified_since(at(-1)).send().await.is_ok());
    assert!(get().if_unmodified_since(at(0)).send().await.is_ok());
    assert_eq!(refusal(get().if_unmodified_since(at(-1)).send().await).status, 412);
}

#[tokio::test]
async fn an_etag_outweighs_a_date() {
    let server = S3Server::start().unwrap();
    let etag = published(&server).etag("key").unwrap();
    let client = server.client();
    let get = || client.get_object().bucket("bucket").key("key");
    let at = |offset| DateTime::from_secs(MODIFIED + offset);

    assert!(get().if_match(&etag).if_unmodified_since(at(-1)).send().await.is_ok());
    let unchanged = get().if_none_match(&etag).if_modified_since(at(-1)).send().await;
    assert_eq!(refusal(unchanged).status, 304);
}

#[tokio::test]
async fn writes_can_ask_for_what_they_replace() {
    let server = S3Server::start().unwrap();
    let bucket = published(&server);
    let client = server.client();
    let put = || client.put_object().bucket("bucket").key("key").body(b"new".to_vec().into());

    assert_eq!(refusal(put().if_none_match("*").send().await).status, 412);
    assert_eq!(refusal(put().if_match("\"other\"").send().await).status, 412);
    assert_eq!(bucket.body("key").unwrap(), "body");
    put().if_match(bucket.etag("key").unwrap()).send().await.unwrap();
    assert_eq!(bucket.body("key").unwrap(), "new");
}
