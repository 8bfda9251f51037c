//! Refusals: what is missing, who may not, and which code says so.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{Credentials, Region};
use aws_sdk_s3::types::{RequestPayer, StorageClass};
use chrono::{DateTime, TimeDelta, Utc};
use reenact_testkit::{Action, Operation, S3Server, TestObject};

use crate::support::refusal;

fn client_with(server: &S3Server, id: &str, secret: &str) -> Client {
    let credentials = Credentials::new(id, secret, None, None, "test");
    Client::from_conf(server.client_config().credentials_provider(credentials).build())
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let server = S3Server::start().unwrap();
    server.bucket("bucket");
    let client = server.client();
    let get = |bucket: &str| client.get_object().bucket(bucket).key("none").send();
    assert_eq!(refusal(get("bucket").await).code, "NoSuchKey");
    assert_eq!(refusal(get("nowhere").await).code, "NoSuchBucket");
    let list = client.list_objects_v2().bucket("nowhere").send().await;
    let refused = refusal(list);
    assert_eq!((refused.status, refused.code.as_str()), (404, "NoSuchBucket"));
    let head = client.head_object().bucket("bucket").key("none").send().await;
    assert_eq!(refusal(head).status, 404);
    let unanswered = client.get_bucket_acl().bucket("bucket").send().await;
    assert_eq!(refusal(unanswered).code, "NotImplemented");
    let long = client.get_object().bucket("bucket").key("k".repeat(1025)).send().await;
    assert_eq!(refusal(long).code, "KeyTooLongError");
}

#[tokio::test]
async fn keys_are_checked() {
    let server = S3Server::start().unwrap();
    server.bucket("bucket").put("key", "body");
    let head = |id: &'static str, secret: &'static str| {
        client_with(&server, id, secret).get_object().bucket("bucket").key("key").send()
    };
    let wrong = refusal(head(server.access_key_id(), "wrong").await);
    assert_eq!((wrong.status, wrong.code.as_str()), (403, "SignatureDoesNotMatch"));
    let unknown = refusal(head("AKIAUNKNOWN", "wrong").await);
    assert_eq!((unknown.status, unknown.code.as_str()), (403, "InvalidAccessKeyId"));
    assert!(server.requests().iter().all(|request| request.operation == Operation::Unknown));

    server.add_credentials("AKIAOTHER", "other");
    assert!(head("AKIAOTHER", "other").await.is_ok());
    server.revoke_credentials("AKIAOTHER");
    assert_eq!(refusal(head("AKIAOTHER", "other").await).code, "InvalidAccessKeyId");
}

#[tokio::test]
async fn h11_a_bucket_elsewhere_names_its_region() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    let signed_for = |region| {
        let config = server.client_config().region(Region::new(region)).build();
        Client::from_conf(config).list_objects_v2().bucket("bucket").send()
    };
    let refused = refusal(signed_for("eu-west-1").await);
    assert_eq!((refused.status, refused.code.as_str()), (400, "AuthorizationHeaderMalformed"));
    assert_eq!(refused.header("x-amz-bucket-region"), Some("us-east-1"));

    bucket.move_to_region("eu-west-1");
    let refused = refusal(signed_for("us-east-1").await);
    assert_eq!((refused.status, refused.code.as_str()), (301, "PermanentRedirect"));
    assert_eq!(refused.header("x-amz-bucket-region"), Some("eu-west-1"));
    assert!(signed_for("eu-west-1").await.is_ok());
}

#[tokio::test]
async fn h12_a_client_can_adjust_to_the_servers_clock() {
    let server = S3Server::start().unwrap();
    server.bucket("bucket");
    server.set_clock_offset(TimeDelta::hours(-2));
    let list = |client: Client| client.list_objects_v2().bucket("bucket").send();
    let refused = refusal(list(server.client()).await);
    assert_eq!((refused.status, refused.code.as_str()), (403, "RequestTimeTooSkewed"));
    let date = DateTime::parse_from_rfc2822(refused.header("date").unwrap()).unwrap();
    assert!((Utc::now() - date.to_utc() - TimeDelta::hours(2)).abs() < TimeDelta::minutes(1));

    let retry = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let client = Client::from_conf(server.client_config().retry_config(retry).build());
    list(client).await.unwrap();
    server.set_clock_offset(TimeDelta::minutes(10));
    list(server.client()).await.unwrap();
}

#[tokio::test]
async fn h19_the_requester_must_offer_to_pay() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    bucket.put("key", "body");
    bucket.let_requester_pay();
    let client = server.client();
    let get = || client.get_object().bucket("bucket").key("key");
    assert_eq!(refusal(get().send().await).code, "AccessDenied");
    get().request_payer(RequestPayer::Requester).send().await.unwrap();
}

#[tokio::test]
async fn an_unsigned_request_is_denied() {
    let server = S3Server::start().unwrap();
    server.bucket("bucket");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version_latest()
        .endpoint_url(server.endpoint_url())
        .force_path_style(true)
        .region(Region::new("us-east-1"))
        .allow_no_auth()
        .build();
    let listed = Client::from_conf(config).list_objects_v2().bucket("bucket").send().await;
    assert_eq!(refusal(listed).code, "AccessDenied");
}

#[tokio::test]
async fn actions_can_be_denied_below_a_prefix() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    bucket.put("open/key", "body");
    bucket.put("closed/key", "body");
    bucket.deny(Action::Get, "closed/");
    let client = server.client();
    let get = |key: &str| client.get_object().bucket("bucket").key(key).send();
    let list = |prefix: &str| client.list_objects_v2().bucket("bucket").prefix(prefix).send();

    let refused = refusal(get("closed/key").await);
    assert_eq!((refused.status, refused.code.as_str()), (403, "AccessDenied"));
    assert!(get("open/key").await.is_ok());
    assert!(list("closed/").await.is_ok());
    bucket.deny(Action::List, "closed/");
    assert_eq!(refusal(list("closed/").await).code, "AccessDenied");
    assert!(list("open/").await.is_ok());
    bucket.allow_all();
    assert!(list("closed/").await.is_ok());
    assert!(get("closed/key").await.is_ok());
}

#[tokio::test]
async fn h13_who_may_not_list_is_denied_a_missing_key() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    bucket.deny(Action::List, "");
    let client = server.client();
    let get = client.get_object().bucket("bucket").key("none").send().await;
    assert_eq!(refusal(get).code, "AccessDenied");
    let head = client.head_object().bucket("bucket").key("none").send().await;
    assert_eq!(refusal(head).status, 403);
}

#[tokio::test]
async fn h18_archived_objects_are_listed_but_not_read() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    bucket.put("key", "body");
    bucket.archive("key");
    bucket.put_object("deep", TestObject::new("body").storage_class("DEEP_ARCHIVE"));
    let client = server.client();
    let listed = client.list_object_versions().bucket("bucket").send().await.unwrap();
    let classes: Vec<_> =
        listed.versions().iter().filter_map(|version| version.storage_class()).collect();
    assert_eq!(
        classes.iter().map(|class| class.as_str()).collect::<Vec<_>>(),
        ["DEEP_ARCHIVE", "GLACIER"]
    );
    for (key, class) in [("key", "GLACIER"), ("deep", "DEEP_ARCHIVE")] {
        let refused = refusal(client.get_object().bucket("bucket").key(key).send().await);
        assert_eq!((refused.status, refused.code.as_str()), (403, "InvalidObjectState"));
        let head = client.head_object().bucket("bucket").key(key).send().await.unwrap();
        assert_eq!(head.storage_class().map(StorageClass::as_str), Some(class));
        assert_eq!(head.content_length(), Some(4));
    }
}
