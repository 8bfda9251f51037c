//! Starting, stopping, and reaching the server from a synchronous test and from another process.

use std::net::{TcpListener, TcpStream};
use std::process::Command;

use aws_sdk_s3::error::SdkError;
use bytes::Bytes;
use reenact_testkit::{Operation, S3Server};

fn port(server: &S3Server) -> u16 {
    server.endpoint_url().rsplit(':').next().unwrap().parse().unwrap()
}

#[test]
fn it_runs_without_the_callers_runtime_and_frees_its_port() {
    let server = S3Server::start().unwrap();
    let port = port(&server);
    let connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
    drop(connection);
    drop(server);
    TcpListener::bind(("127.0.0.1", port)).unwrap();
}

#[tokio::test]
async fn a_stopped_server_refuses_connections_and_keeps_its_store() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    bucket.put("key", "body");
    let client = server.client();
    let get = || client.get_object().bucket("bucket").key("key").send();
    get().await.unwrap();
    server.stop();
    assert!(matches!(get().await, Err(SdkError::DispatchFailure(_))));
    assert_eq!(bucket.body("key").unwrap(), "body");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn servers_do_not_know_each_other() {
    let (first, second) = (S3Server::start().unwrap(), S3Server::start().unwrap());
    first.bucket("bucket").put("key", "body");
    assert!(second.bucket("bucket").keys().is_empty());
}

#[tokio::test]
async fn the_log_tells_what_was_fetched() {
    let server = S3Server::start().unwrap();
    let large = Bytes::from(vec![7; 3 << 20]);
    server.bucket("bucket").put("key", large.clone());
    let client = server.client();
    client.head_object().bucket("bucket").key("key").send().await.unwrap();
    let get = client.get_object().bucket("bucket").key("key");
    let body = get.send().await.unwrap().body.collect().await.unwrap();
    assert_eq!(body.into_bytes(), large);
    let get = client.get_object().bucket("bucket").key("key").range("bytes=0-9");
    get.send().await.unwrap().body.collect().await.unwrap();

    let log: Vec<_> = server
        .take_requests()
        .into_iter()
        .map(|request| (request.operation, request.status, request.range, request.bytes_sent))
        .collect();
    let range = Some("bytes=0-9".to_owned());
    assert_eq!(
        log,
        [
            (Operation::HeadObject, Some(200), None, 0),
            (Operation::GetObject, Some(200), None, 3 << 20),
            (Operation::GetObject, Some(206), range, 10),
        ]
    );
    assert!(server.requests().is_empty());
}

/// Runs this test binary again, with the server's environment, for the test below.
#[test]
fn another_process_reaches_it() {
    let server = S3Server::start().unwrap();
    server.bucket("bucket").put("key", "body");
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lifecycle::as_another_process"])
        .envs(server.environment())
        .env("TESTKIT_IS_CHILD", "1")
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].key.as_deref(), Some("key"));
}

/// What the other process does; on its own it does nothing.
#[tokio::test]
async fn as_another_process() {
    if std::env::var_os("TESTKIT_IS_CHILD").is_none() {
        return;
    }
    let variable = |name| std::env::var(name).unwrap();
    let credentials = aws_sdk_s3::config::Credentials::new(
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
        None,
        None,
        "environment",
    );
    let config = aws_sdk_s3::Config::builder()
        .behavior_version_latest()
        .endpoint_url(variable("AWS_ENDPOINT_URL"))
        .force_path_style(true)
        .region(aws_sdk_s3::config::Region::new(variable("AWS_REGION")))
        .credentials_provider(credentials)
        .build();
    let client = aws_sdk_s3::Client::from_conf(config);
    client.get_object().bucket("bucket").key("key").send().await.unwrap();
}
