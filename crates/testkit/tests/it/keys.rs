//! Any legal key makes the round trip: put, head, get, list and delete over HTTP.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::EncodingType;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use reenact_testkit::S3Server;

/// Keys that are known to trip clients and servers up. (`aws-sdk-s3` takes a key of nothing but white space for none.)
const AWKWARD: [&str; 26] = [
    " a ",
    "a b",
    "a+b",
    "a%b",
    "a%2Fb",
    "a%20b",
    "a&b=c",
    "a?b",
    "a#b",
    "a;b",
    "a:b",
    "a\\b",
    "a\"b'c",
    "a<b>c",
    "a\tb\nc\rd",
    "\u{1}\u{7f}",
    "/",
    "/a",
    "a//b",
    "a/",
    "a/../b",
    "./a",
    "..",
    "été",
    "🦀/🦀",
    "a*~!()$@,[]{}|^`",
];

async fn round_trip(client: &Client, key: &str) {
    let body = format!("the body of {key:?}");
    let put = client.put_object().bucket("bucket").key(key).body(body.clone().into_bytes().into());
    put.send().await.unwrap();
    let head = client.head_object().bucket("bucket").key(key).send().await.unwrap();
    assert_eq!(head.content_length(), Some(i64::try_from(body.len()).unwrap()));
    let got = client.get_object().bucket("bucket").key(key).send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), body);

    let list = client.list_objects_v2().bucket("bucket").prefix(key);
    let page = list.encoding_type(EncodingType::Url).send().await.unwrap();
    assert_eq!(decoded(page.contents()[0].key().unwrap()), key);
    client.delete_object().bucket("bucket").key(key).send().await.unwrap();
}

/// A key as it was before a listing encoded it.
fn decoded(key: &str) -> String {
    form_urlencoded::parse(format!("key={key}").as_bytes()).next().unwrap().1.into_owned()
}

#[tokio::test]
async fn awkward_keys() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    for key in AWKWARD {
        round_trip(&server.client(), key).await;
    }
    round_trip(&server.client(), &"é".repeat(512)).await;
    assert!(bucket.keys().is_empty());
    let asked: Vec<_> = server.requests().into_iter().filter_map(|request| request.key).collect();
    assert!(AWKWARD.iter().all(|key| asked.iter().any(|asked| asked == key)));
}

#[test]
fn any_key() {
    let server = S3Server::start().unwrap();
    server.bucket("bucket");
    let client = server.client();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(64));
    let keys = "(?s).{1,200}".prop_filter("the SDK refuses it", |key| !key.trim().is_empty());
    let outcome = runner.run(&keys, |key| {
        runtime.block_on(round_trip(&client, &key));
        Ok(())
    });
    outcome.unwrap();
}
