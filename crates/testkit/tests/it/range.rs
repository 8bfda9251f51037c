//! Byte ranges and parts.

use reenact_testkit::{S3Server, TestObject};

use crate::support::refusal;

#[tokio::test]
async fn a_range_is_206_with_its_position() {
    let server = S3Server::start().unwrap();
    server.bucket("bucket").put("key", "0123456789");
    let client = server.client();
    let cases = [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=-30", "0123456789", "bytes 0-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
        ("bytes=0-0", "0", "bytes 0-0/10"),
    ];
    for (range, body, position) in cases {
        let got =
            client.get_object().bucket("bucket").key("key").range(range).send().await.unwrap();
        assert_eq!(got.content_range(), Some(position), "{range}");
        assert_eq!(got.content_length(), Some(i64::try_from(body.len()).unwrap()), "{range}");
        assert_eq!(got.body.collect().await.unwrap().into_bytes(), body, "{range}");
        let head = client.head_object().bucket("bucket").key("key").range(range).send().await;
        assert_eq!(head.unwrap().content_range(), Some(position), "{range}");
    }
    assert!(server.requests().iter().all(|request| request.status == Some(206)));
}

#[tokio::test]
async fn a_range_behind_the_end_is_416_with_the_length() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    bucket.put("key", "0123456789");
    bucket.put("empty", "");
    let client = server.client();
    for (key, range, length) in [
        ("key", "bytes=10-", "bytes */10"),
        ("key", "bytes=-0", "bytes */10"),
        ("empty", "bytes=0-0", "bytes */0"),
        ("empty", "bytes=-1", "bytes */0"),
    ] {
        let got = client.get_object().bucket("bucket").key(key).range(range).send().await;
        let refused = refusal(got);
        assert_eq!((refused.status, refused.code.as_str()), (416, "InvalidRange"), "{key} {range}");
        assert_eq!(refused.header("content-range"), Some(length), "{key} {range}");
    }
}

#[tokio::test]
async fn parts_can_be_read_by_number() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    bucket.put_object("key", TestObject::new("0123456789").part_size(4));
    let client = server.client();
    let part = |number| client.get_object().bucket("bucket").key("key").part_number(number).send();

    let last = part(3).await.unwrap();
    assert_eq!(last.content_range(), Some("bytes 8-9/10"));
    assert_eq!(last.parts_count(), Some(3));
    assert_eq!(last.e_tag().unwrap().trim_matches('"'), bucket.etag("key").unwrap());
    assert_eq!(last.body.collect().await.unwrap().into_bytes(), "89");
    assert_eq!(refusal(part(4).await).status, 416);
}
