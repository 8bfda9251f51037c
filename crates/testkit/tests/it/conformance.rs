//! The written list of what S3 answers, tried against this server and, where the environment names one, any other.

use std::env;
use std::fmt::Write as _;
use std::path::Path;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{Credentials, Region};
use reenact_testkit::S3Server;
use reenact_testkit::conformance::{Trial, cases};

/// A bucket of another server that may be written to; its address and credentials are in the `AWS_` variables.
const BUCKET: &str = "REENACT_CONFORMANCE_BUCKET";

#[tokio::test]
async fn this_server_answers_as_s3_does() {
    let server = S3Server::start().unwrap();
    server.bucket("trial");
    answers_as_s3_does(&server.client(), "trial").await;
}

#[tokio::test]
async fn another_server_answers_as_s3_does() {
    let Ok(bucket) = env::var(BUCKET) else {
        println!("not tried: {BUCKET} names no bucket of another server");
        return;
    };
    answers_as_s3_does(&another_client(), &bucket).await;
}

async fn answers_as_s3_does(client: &Client, bucket: &str) {
    let mut failures = String::new();
    for (number, case) in cases().enumerate() {
        let prefix = format!("reenact-conformance-{}/{number}/", std::process::id());
        let trial = Trial::new(client.clone(), bucket, &prefix);
        if let Err(found) = case.run(trial).await {
            writeln!(failures, "{}: {}; but {found}", case.name(), case.says()).unwrap();
        }
        let listed = client.list_objects_v2().bucket(bucket).prefix(&prefix).send().await.unwrap();
        for object in listed.contents() {
            client.delete_object().bucket(bucket).key(object.key().unwrap()).send().await.unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

fn another_client() -> Client {
    let variable = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is needed too"));
    let credentials = Credentials::new(
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
        env::var("AWS_SESSION_TOKEN").ok(),
        None,
        "environment",
    );
    let mut config = aws_sdk_s3::Config::builder()
        .behavior_version_latest()
        .force_path_style(true)
        .region(Region::new(variable("AWS_REGION")))
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled());
    config.set_endpoint_url(env::var("AWS_ENDPOINT_URL").ok());
    Client::from_conf(config.build())
}

/// `REENACT_UPDATE=1` writes the list anew.
#[test]
fn the_list_is_written_down() {
    let mut list = "# What S3 answers\n\nThe cases of `reenact_testkit::conformance`, which the test kit's own server passes. \
        Each says what\nAWS documents in its API reference of S3, on the page that is named.\n\n| asked | answered | documented |\n|---|---|---|\n"
        .to_owned();
    for case in cases() {
        let page = case.documented_at();
        let name = page.rsplit('/').next().unwrap().trim_start_matches("API_");
        let name = name.trim_end_matches(".html");
        writeln!(list, "| {} | {} | [{name}]({page}) |", case.name(), case.says()).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("CONFORMANCE.md");
    if env::var("REENACT_UPDATE").is_ok_and(|value| value == "1") {
        std::fs::write(&path, &list).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), list, "REENACT_UPDATE=1 writes it anew");
}
