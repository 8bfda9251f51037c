//! Scripted faults, as a client meets them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::num::NonZeroU64;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::StalledStreamProtectionConfig;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::error::SdkError;
use bytes::Bytes;
use reenact_testkit::{Fault, Matcher, Operation, S3Server};

use crate::support::refusal;

fn server_with(fault: Fault) -> S3Server {
    let server = S3Server::start().unwrap();
    server.bucket("bucket").put("key", "0123456789");
    server.faults().on(Matcher::operation(Operation::GetObject).first(1), fault);
    server
}

async fn get(client: &Client) -> Result<Bytes, String> {
    let answer = client.get_object().bucket("bucket").key("key").send().await;
    let answer = answer.map_err(|error| format!("{error:?}"))?;
    let body = answer.body.collect().await.map_err(|error| format!("{error:?}"))?;
    Ok(body.into_bytes())
}

#[tokio::test]
async fn errors_are_answered_once_and_then_all_is_well() {
    let cases = [
        (Fault::InternalError, 500, "InternalError", None),
        (Fault::SlowDown { retry_after: None }, 503, "SlowDown", None),
        (
            Fault::SlowDown { retry_after: Some(Duration::from_secs(7)) },
            503,
            "SlowDown",
            Some(("retry-after", "7")),
        ),
        (Fault::AccessDenied, 403, "AccessDenied", None),
        (Fault::DecryptDenied, 403, "AccessDenied", None),
        (Fault::ExpiredToken, 400, "ExpiredToken", None),
        (Fault::RequestTimeTooSkewed, 403, "RequestTimeTooSkewed", None),
        (
            Fault::WrongRegion { region: "eu-west-1".to_owned() },
            301,
            "PermanentRedirect",
            Some(("x-amz-bucket-region", "eu-west-1")),
        ),
    ];
    for (fault, status, code, header) in cases {
        let server = server_with(fault);
        let client = server.client();
        let refused = refusal(client.get_object().bucket("bucket").key("key").send().await);
        assert_eq!((refused.status, refused.code.as_str()), (status, code));
        if let Some((name, value)) = header {
            assert_eq!(refused.header(name), Some(value));
        }
        assert_eq!(get(&client).await.unwrap(), "0123456789", "{code}");
        assert_eq!(server.faults().played(), 1);
        assert_eq!(server.requests()[0].status, Some(status));
    }
}

#[tokio::test]
async fn a_client_that_retries_gets_through() {
    let server = server_with(Fault::SlowDown { retry_after: None });
    let retry = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let client = Client::from_conf(server.client_config().retry_config(retry).build());
    assert_eq!(get(&client).await.unwrap(), "0123456789");
    let statuses: Vec<_> = server.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [Some(503), Some(200)]);
}

#[tokio::test]
async fn a_refused_request_has_no_answer() {
    let server = server_with(Fault::Refuse);
    let client = server.client();
    let answer = client.get_object().bucket("bucket").key("key").send().await;
    assert!(matches!(answer, Err(SdkError::DispatchFailure(_))), "{answer:?}");
    assert_eq!(server.requests()[0].status, None);
    assert!(get(&client).await.is_ok());
}

#[tokio::test]
async fn bodies_break_off_after_the_bytes_that_were_scripted() {
    for after in [0, 1, 9] {
        for fault in [Fault::Truncate { after }, Fault::Reset { after }] {
            let server = server_with(fault.clone());
            let client = server.client();
            assert!(get(&client).await.is_err(), "{fault:?}");
            assert_eq!(server.requests()[0].bytes_sent, after);
            assert_eq!(get(&client).await.unwrap(), "0123456789");
        }
    }
}

/// A GET of the key without the SDK, so that the very bytes of the answer can be looked at.
fn raw_get(server: &S3Server, url: &str) -> (String, std::io::Result<usize>) {
    let path = url.strip_prefix(&server.endpoint_url()).unwrap();
    let address = server.endpoint_url().replace("http://", "");
    let mut connection = TcpStream::connect(&address).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    let outcome = connection.read_to_end(&mut answer);
    (String::from_utf8(answer).unwrap(), outcome)
}

async fn presigned(server: &S3Server) -> String {
    let minute = aws_sdk_s3::presigning::PresigningConfig::expires_in(Duration::from_mins(1));
    let get = server.client().get_object().bucket("bucket").key("key");
    get.presigned(minute.unwrap()).await.unwrap().uri().to_owned()
}

#[tokio::test]
async fn a_truncated_body_arrives_up_to_the_cut_in_good_order() {
    let server = server_with(Fault::Truncate { after: 4 });
    let (answer, outcome) = raw_get(&server, &presigned(&server).await);
    assert!(answer.contains("content-length: 10\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n0123"), "{answer}");
    assert!(outcome.is_ok());
}

#[tokio::test]
async fn a_reset_is_seen_as_one() {
    let server = server_with(Fault::Reset { after: 4 });
    let (answer, outcome) = raw_get(&server, &presigned(&server).await);
    assert_eq!(outcome.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert!(answer.is_empty() || answer.ends_with("0123"), "{answer}");
}

#[tokio::test]
async fn an_unannounced_end_looks_like_a_whole_body() {
    let server = server_with(Fault::TruncateUnannounced { after: 4 });
    let (answer, outcome) = raw_get(&server, &presigned(&server).await);
    assert!(outcome.is_ok());
    assert!(!answer.contains("content-length"), "{answer}");
    assert!(answer.contains("transfer-encoding: chunked"), "{answer}");
    assert!(answer.ends_with("4\r\n0123\r\n0\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn a_stalled_body_ends_with_the_clients_patience_and_not_before() {
    let server = server_with(Fault::Stall { after: 4 });
    let patience =
        StalledStreamProtectionConfig::enabled().grace_period(Duration::from_millis(200));
    let config = server.client_config().stalled_stream_protection(patience.build()).build();
    let error = get(&Client::from_conf(config)).await.unwrap_err();
    assert!(error.contains("ThroughputBelowMinimum"), "{error}");
    assert_eq!(server.requests()[0].bytes_sent, 4);
}

#[tokio::test]
async fn a_slow_body_arrives_in_pieces() {
    let rate = NonZeroU64::new(1);
    let server = server_with(Fault::Slow { delay: Duration::ZERO, bytes_per_second: rate });
    let get = server.client().get_object().bucket("bucket").key("key").send();
    let first = get.await.unwrap().body.next().await.unwrap().unwrap();
    assert!((1..10).contains(&first.len()), "{} bytes at once", first.len());
}

#[tokio::test]
async fn a_slow_body_arrives_whole() {
    let rate = NonZeroU64::new(100);
    let server = server_with(Fault::Slow { delay: Duration::ZERO, bytes_per_second: rate });
    assert_eq!(get(&server.client()).await.unwrap(), "0123456789");
}

#[tokio::test]
async fn wrong_bytes_and_wrong_checksums_are_caught_by_the_clients_check() {
    for fault in [Fault::Corrupt { at: 5 }, Fault::WrongChecksum] {
        let server = server_with(fault.clone());
        let client = server.client();
        let error = get(&client).await.unwrap_err();
        assert!(error.contains("ChecksumMismatch"), "{fault:?}: {error}");
        assert_eq!(get(&client).await.unwrap(), "0123456789");
    }
    let server = server_with(Fault::WrongChecksum);
    server.bucket("bucket").put("key", "");
    let error = get(&server.client()).await.unwrap_err();
    assert!(error.contains("ChecksumMismatch"), "an empty body: {error}");
}

#[tokio::test]
async fn d14_an_object_can_be_replaced_or_deleted_between_listing_and_reading() {
    let server = server_with(Fault::Replace { body: Bytes::from_static(b"other") });
    let client = server.client();
    let page = client.list_objects_v2().bucket("bucket").send().await.unwrap();
    let listed = page.contents()[0].e_tag().unwrap();
    let get = || client.get_object().bucket("bucket").key("key");
    assert_eq!(refusal(get().if_match(listed).send().await).code, "PreconditionFailed");
    assert_eq!(get().send().await.unwrap().content_length(), Some(5));

    server.faults().on(Matcher::any().key("key"), Fault::Delete);
    assert_eq!(refusal(get().send().await).code, "NoSuchKey");
}

#[tokio::test]
async fn an_answer_can_be_anything() {
    let server = S3Server::start().unwrap();
    server.bucket("bucket");
    let body = "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a</Key></Contents>\
                <Contents><Key>a</Key></Contents></ListBucketResult>";
    server.faults().on(Matcher::any().nth(1), Fault::Answer { status: 200, body: body.into() });
    let page = Fault::Answer { status: 418, body: Bytes::from_static(b"<html>no</html>") };
    server.faults().on(Matcher::any(), page);
    let client = server.client();
    let listed = client.list_objects_v2().bucket("bucket").send().await.unwrap();
    assert_eq!((listed.contents().len(), listed.is_truncated()), (2, Some(true)));
    assert_eq!(listed.next_continuation_token(), None);
    assert_eq!(refusal(client.list_objects_v2().bucket("bucket").send().await).status, 418);
}

#[tokio::test]
async fn h14_listings_can_fail_half_way() {
    let server = S3Server::start().unwrap();
    for key in ["a/1", "a/2", "b"] {
        server.bucket("bucket").put(key, "");
    }
    let second = Matcher::operation(Operation::ListObjectsV2).bucket("bucket").prefix("a/").nth(2);
    server.faults().on(second, Fault::InternalError);
    let client = server.client();
    let list = || client.list_objects_v2().bucket("bucket").prefix("a/").max_keys(1);
    let first = list().send().await.unwrap();
    let next = list().set_continuation_token(first.next_continuation_token);
    assert_eq!(refusal(next.clone().send().await).status, 500);
    assert_eq!(next.send().await.unwrap().contents()[0].key(), Some("a/2"));
}
