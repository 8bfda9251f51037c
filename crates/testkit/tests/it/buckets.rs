//! Buckets, copies, deletions, what is stored beside the body, and filling a bucket from a test.

use std::fs;

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use chrono::{TimeZone, Utc};
use reenact_testkit::{ErrorKind, S3Server, TestObject};

use crate::support::refusal;

#[tokio::test]
async fn buckets_are_made_listed_and_removed() {
    let server = S3Server::start().unwrap();
    let client = server.client();
    client.create_bucket().bucket("first").send().await.unwrap();
    server.bucket("second");
    let listed = client.list_buckets().send().await.unwrap();
    let names: Vec<_> = listed.buckets().iter().filter_map(|bucket| bucket.name()).collect();
    assert_eq!(names, ["first", "second"]);

    let again = client.create_bucket().bucket("first").send().await;
    assert_eq!(refusal(again).code, "BucketAlreadyOwnedByYou");
    let head = client.head_bucket().bucket("first").send().await.unwrap();
    assert_eq!(head.bucket_region(), Some("us-east-1"));
    let location = client.get_bucket_location().bucket("first").send().await.unwrap();
    assert_eq!(location.location_constraint().map_or("", |region| region.as_str()), "");

    server.bucket("first").put("key", "body");
    let full = client.delete_bucket().bucket("first").send().await;
    assert_eq!(refusal(full).code, "BucketNotEmpty");
    client.delete_object().bucket("first").key("key").send().await.unwrap();
    client.delete_bucket().bucket("first").send().await.unwrap();
    assert_eq!(refusal(client.head_bucket().bucket("first").send().await).status, 404);
}

#[tokio::test]
async fn headers_of_an_upload_come_back_as_they_were() {
    let server = S3Server::start().unwrap();
    server.bucket("bucket");
    let client = server.client();
    let put = client.put_object().bucket("bucket").key("key").body(b"\x1f\x8b".to_vec().into());
    let put = put.content_type("text/csv").content_encoding("gzip").cache_control("no-cache");
    put.metadata("origin", "JFK").send().await.unwrap();
    let copy = client.copy_object().bucket("bucket").key("copy").copy_source("bucket/key");
    copy.send().await.unwrap();
    for key in ["key", "copy"] {
        let got = client.get_object().bucket("bucket").key(key).send().await.unwrap();
        assert_eq!(got.content_type(), Some("text/csv"), "{key}");
        assert_eq!(got.content_encoding(), Some("gzip"), "{key}");
        assert_eq!(got.cache_control(), Some("no-cache"), "{key}");
        assert_eq!(got.metadata().unwrap()["origin"], "JFK", "{key}");
        assert_eq!(got.body.collect().await.unwrap().into_bytes(), b"\x1f\x8b"[..], "{key}");
    }
}

#[tokio::test]
async fn a_copy_is_an_object_in_one_piece() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    bucket.put_object("a b/é", TestObject::new("123456789").part_size(4));
    let client = server.client();
    let copy = client.copy_object().bucket("bucket").key("copy").copy_source("bucket/a%20b/%C3%A9");
    copy.send().await.unwrap();
    assert_eq!(bucket.body("copy").unwrap(), "123456789");
    assert_eq!(bucket.etag("copy").unwrap(), "25f9e794323b453885f5181f1b624d0b");
    let copy = client.copy_object().bucket("bucket").key("copy").copy_source("bucket/none");
    assert_eq!(refusal(copy.send().await).code, "NoSuchKey");
}

#[tokio::test]
async fn many_objects_can_be_deleted_at_once() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    for key in ["a", "b", "c"] {
        bucket.put(key, "");
    }
    let named = |key| ObjectIdentifier::builder().key(key).build().unwrap();
    let delete = Delete::builder().objects(named("a")).objects(named("c")).objects(named("none"));
    let client = server.client();
    let deleted = client.delete_objects().bucket("bucket").delete(delete.build().unwrap());
    let deleted = deleted.send().await.unwrap();
    assert_eq!((deleted.deleted().len(), deleted.errors().len()), (3, 0));
    assert_eq!(bucket.keys(), ["b"]);
}

#[test]
fn a_directory_is_published_as_a_tree() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path().join("part/deep")).unwrap();
    fs::write(directory.path().join("part/deep/1.csv"), "1").unwrap();
    fs::write(directory.path().join("0 é.csv"), "0").unwrap();
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    let at = Utc.timestamp_opt(1_357_000_000, 0).unwrap();
    let keys = bucket.publish_dir("run/output/", directory.path(), at).unwrap();
    assert_eq!(keys, ["run/output/0 é.csv", "run/output/part/deep/1.csv"]);
    assert_eq!(bucket.keys(), keys);
    assert_eq!(bucket.body("run/output/part/deep/1.csv").unwrap(), "1");

    let missing = directory.path().join("missing");
    let error = bucket.publish_dir("", &missing, at).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Read, Some(missing.as_path())));
}
