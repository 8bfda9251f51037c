//! Versions and delete markers.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use reenact_testkit::S3Server;

use crate::support::refusal;

async fn put(client: &Client, key: &str, body: &'static str) -> Option<String> {
    let put = client.put_object().bucket("bucket").key(key).body(body.as_bytes().to_vec().into());
    put.send().await.unwrap().version_id().map(str::to_owned)
}

async fn read(client: &Client, key: &str, version: Option<&str>) -> String {
    let get =
        client.get_object().bucket("bucket").key(key).set_version_id(version.map(str::to_owned));
    let body = get.send().await.unwrap().body.collect().await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn every_version_stays_readable() {
    let server = S3Server::start().unwrap();
    server.bucket("bucket").enable_versioning();
    let client = server.client();
    let first = put(&client, "key", "one").await;
    let second = put(&client, "key", "two").await;
    assert_ne!(first, second);
    assert_eq!(read(&client, "key", None).await, "two");
    assert_eq!(read(&client, "key", first.as_deref()).await, "one");
    let head = client.head_object().bucket("bucket").key("key").send().await.unwrap();
    assert_eq!(head.version_id(), second.as_deref());
}

#[tokio::test]
async fn without_versioning_no_version_is_told() {
    let server = S3Server::start().unwrap();
    server.bucket("bucket");
    let client = server.client();
    assert_eq!(put(&client, "key", "one").await, None);
    let head = client.head_object().bucket("bucket").key("key").send().await.unwrap();
    assert_eq!(head.version_id(), None);
    assert_eq!(read(&client, "key", Some("null")).await, "one");
}

#[tokio::test]
async fn a_delete_marker_hides_a_key_until_it_is_deleted_itself() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    bucket.enable_versioning();
    let client = server.client();
    let first = put(&client, "key", "one").await;
    let deleted = client.delete_object().bucket("bucket").key("key").send().await.unwrap();
    assert_eq!(deleted.delete_marker(), Some(true));
    let marker = deleted.version_id().unwrap();

    let hidden = refusal(client.get_object().bucket("bucket").key("key").send().await);
    assert_eq!((hidden.status, hidden.code.as_str()), (404, "NoSuchKey"));
    assert_eq!(hidden.header("x-amz-delete-marker"), Some("true"));
    assert_eq!(hidden.header("x-amz-version-id"), Some(marker));
    let get_marker = client.get_object().bucket("bucket").key("key").version_id(marker);
    let refused = refusal(get_marker.send().await);
    assert_eq!((refused.status, refused.code.as_str()), (405, "MethodNotAllowed"));
    assert!(bucket.keys().is_empty());
    assert_eq!(read(&client, "key", first.as_deref()).await, "one");

    let undelete = client.delete_object().bucket("bucket").key("key").version_id(marker);
    assert_eq!(undelete.send().await.unwrap().delete_marker(), Some(true));
    assert_eq!(read(&client, "key", None).await, "one");
}

#[tokio::test]
async fn a_version_can_be_deleted_for_good() {
    let server = S3Server::start().unwrap();
    server.bucket("bucket").enable_versioning();
    let client = server.client();
    put(&client, "key", "one").await;
    let second = put(&client, "key", "two").await.unwrap();
    let delete = client.delete_object().bucket("bucket").key("key").version_id(&second);
    assert_eq!(delete.send().await.unwrap().delete_marker(), None);
    assert_eq!(read(&client, "key", None).await, "one");
    let gone = client.get_object().bucket("bucket").key("key").version_id(&second).send().await;
    assert_eq!(refusal(gone).code, "NoSuchVersion");
    let malformed = client.get_object().bucket("bucket").key("key").version_id("?").send().await;
    assert_eq!(refusal(malformed).code, "InvalidArgument");
}

#[tokio::test]
async fn suspended_versioning_replaces_only_the_null_version() {
    let server = S3Server::start().unwrap();
    server.bucket("bucket");
    let client = server.client();
    let set = |status| {
        let configuration = VersioningConfiguration::builder().status(status).build();
        client
            .put_bucket_versioning()
            .bucket("bucket")
            .versioning_configuration(configuration)
            .send()
    };
    let status = || async {
        client.get_bucket_versioning().bucket("bucket").send().await.unwrap().status().cloned()
    };
    assert_eq!(status().await, None);
    put(&client, "key", "before").await;
    set(BucketVersioningStatus::Enabled).await.unwrap();
    assert_eq!(status().await, Some(BucketVersioningStatus::Enabled));
    let kept = put(&client, "key", "kept").await;
    assert_eq!(read(&client, "key", Some("null")).await, "before");
    set(BucketVersioningStatus::Suspended).await.unwrap();
    assert_eq!(put(&client, "key", "after").await.as_deref(), Some("null"));
    assert_eq!(read(&client, "key", Some("null")).await, "after");
    assert_eq!(read(&client, "key", kept.as_deref()).await, "kept");
}

#[tokio::test]
async fn version_listings_page_through_versions_and_markers_newest_first() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    bucket.enable_versioning();
    for (key, body) in [("a/1", "1"), ("a/1", "2"), ("b", "3"), ("b", "4"), ("c", "5")] {
        bucket.put(key, body);
    }
    bucket.delete("b");
    let client = server.client();
    let mut shown = Vec::new();
    let (mut key, mut version) = (None, None);
    loop {
        let list = client.list_object_versions().bucket("bucket").max_keys(1);
        let list = list.set_key_marker(key).set_version_id_marker(version);
        let page = list.send().await.unwrap();
        let versions = page.versions().iter().map(|entry| {
            (entry.key().unwrap().to_owned(), entry.size().unwrap(), entry.is_latest().unwrap())
        });
        let markers = page
            .delete_markers()
            .iter()
            .map(|entry| (entry.key().unwrap().to_owned(), -1, entry.is_latest().unwrap()));
        shown.extend(versions.chain(markers));
        key = page.next_key_marker().map(str::to_owned);
        version = page.next_version_id_marker().map(str::to_owned);
        if page.is_truncated() != Some(true) {
            break;
        }
    }
    let entry = |key: &str, size, is_latest| (key.to_owned(), size, is_latest);
    assert_eq!(
        shown,
        [
            entry("a/1", 1, true),
            entry("a/1", 1, false),
            entry("b", -1, true),
            entry("b", 1, false),
            entry("b", 1, false),
            entry("c", 1, true),
        ]
    );
    let page =
        client.list_object_versions().bucket("bucket").delimiter("/").max_keys(1).send().await;
    let page = page.unwrap();
    assert_eq!(page.common_prefixes()[0].prefix(), Some("a/"));
    let rest = client.list_object_versions().bucket("bucket").delimiter("/");
    let rest = rest.set_key_marker(page.next_key_marker().map(str::to_owned)).send().await.unwrap();
    assert_eq!((rest.versions().len(), rest.delete_markers().len()), (3, 1));
}
