//! Checksums: kept, returned when asked for, and checked on the way in.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::ResponseChecksumValidation;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{ChecksumAlgorithm as Wire, ChecksumMode, ChecksumType};
use reenact_testkit::{ChecksumAlgorithm, S3Server, TestObject};

use crate::support::refusal;

async fn head(client: &Client, key: &str) -> HeadObjectOutput {
    let head = client.head_object().bucket("bucket").key(key).checksum_mode(ChecksumMode::Enabled);
    head.send().await.unwrap()
}

fn checksums(head: &HeadObjectOutput) -> [Option<&str>; 5] {
    [
        head.checksum_crc32(),
        head.checksum_crc32_c(),
        head.checksum_crc64_nvme(),
        head.checksum_sha1(),
        head.checksum_sha256(),
    ]
}

/// The five checksums of `123456789` that the catalogues of these algorithms give, in base64.
const DIGITS: [(ChecksumAlgorithm, Wire, &str); 5] = [
    (ChecksumAlgorithm::Crc32, Wire::Crc32, "y/Q5Jg=="),
    (ChecksumAlgorithm::Crc32c, Wire::Crc32C, "4waSgw=="),
    (ChecksumAlgorithm::Crc64Nvme, Wire::Crc64Nvme, "rosUhgp5mIg="),
    (ChecksumAlgorithm::Sha1, Wire::Sha1, "98O8HYCOBHMq32eZZczDTKeuNEE="),
    (ChecksumAlgorithm::Sha256, Wire::Sha256, "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
];

#[tokio::test]
async fn the_algorithm_of_the_upload_is_kept() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    let client = server.client();
    for (position, (algorithm, wire, expected)) in DIGITS.into_iter().enumerate() {
        let name = algorithm.as_str();
        bucket.put_object(name, TestObject::new("123456789").checksum(algorithm));
        let put = client.put_object().bucket("bucket").key(format!("sdk-{name}"));
        put.checksum_algorithm(wire).body(b"123456789".to_vec().into()).send().await.unwrap();
        let mut all = [None; 5];
        all[position] = Some(expected);
        assert_eq!(checksums(&head(&client, name).await), all);
        let head = head(&client, &format!("sdk-{name}")).await;
        assert_eq!(checksums(&head), all);
        assert_eq!(head.checksum_type(), Some(&ChecksumType::FullObject));
    }
}

#[tokio::test]
async fn checksums_come_only_when_asked_for_and_never_with_a_range() {
    let server = S3Server::start().unwrap();
    server.bucket("bucket").put("key", "123456789");
    let silent = server
        .client_config()
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .build();
    let silent = Client::from_conf(silent);
    let unasked = silent.get_object().bucket("bucket").key("key").send().await.unwrap();
    assert_eq!(unasked.checksum_crc64_nvme(), None);

    let get = || server.client().get_object().bucket("bucket").key("key");
    let whole = get().send().await.unwrap();
    assert_eq!(whole.checksum_crc64_nvme(), Some("rosUhgp5mIg="));
    assert_eq!(whole.body.collect().await.unwrap().into_bytes(), "123456789");
    let range = get().range("bytes=0-3").checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
    assert_eq!((range.checksum_crc64_nvme(), range.checksum_type()), (None, None));
}

#[tokio::test]
async fn objects_may_have_no_checksum_and_no_digest_for_an_etag() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    bucket.put_object("old", TestObject::new("123456789").without_checksum());
    bucket.put_object("kms", TestObject::new("123456789").etag("0123"));
    let client = server.client();
    let old = head(&client, "old").await;
    assert_eq!((checksums(&old), old.checksum_type()), ([None; 5], None));
    assert_eq!(old.e_tag(), Some("\"25f9e794323b453885f5181f1b624d0b\""));
    assert_eq!(head(&client, "kms").await.e_tag(), Some("\"0123\""));
}

#[tokio::test]
async fn objects_in_parts_have_composite_checksums_except_crc64nvme() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    let parts = TestObject::new("123456789").part_size(4);
    bucket.put_object("sha", parts.clone().checksum(ChecksumAlgorithm::Sha256));
    bucket.put_object("crc", parts);
    let client = server.client();
    let sha = head(&client, "sha").await;
    assert_eq!(sha.checksum_type(), Some(&ChecksumType::Composite));
    assert!(sha.checksum_sha256().unwrap().ends_with("-3"));
    assert!(sha.e_tag().unwrap().ends_with("-3\""));
    let crc = head(&client, "crc").await;
    assert_eq!(crc.checksum_type(), Some(&ChecksumType::FullObject));
    assert_eq!(crc.checksum_crc64_nvme(), Some("rosUhgp5mIg="));
}

#[tokio::test]
async fn a_body_that_is_not_what_its_upload_claims_is_refused() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    let client = server.client();
    let put = || client.put_object().bucket("bucket").key("key").body(b"123456789".to_vec().into());

    let claims = [
        put().checksum_crc32("AAAAAA=="),
        put().checksum_sha256("FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiV="),
        put().content_md5("1B2M2Y8AsgTpgAmY7PhCfg=="),
    ];
    for claim in claims {
        let refused = refusal(claim.send().await);
        assert_eq!((refused.status, refused.code.as_str()), (400, "BadDigest"));
    }
    assert_eq!(refusal(put().content_md5("AAAA").send().await).code, "InvalidDigest");
    assert!(bucket.keys().is_empty());
    put().content_md5("JfnnlDI7RTiF9RgfG2JNCw==").send().await.unwrap();
    assert_eq!(bucket.keys(), ["key"]);
}
