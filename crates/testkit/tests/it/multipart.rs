//! Multipart uploads.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
};
use reenact_testkit::{S3Server, TestObject};

use crate::support::refusal;

const PART: usize = 5 << 20;

struct Upload {
    client: Client,
    id: String,
    parts: Vec<CompletedPart>,
}

impl Upload {
    async fn begin(server: &S3Server, algorithm: Option<ChecksumAlgorithm>) -> Self {
        server.bucket("bucket");
        let client = server.client();
        let create = client.create_multipart_upload().bucket("bucket").key("key");
        let created = create.set_checksum_algorithm(algorithm).send().await.unwrap();
        Self { client, id: created.upload_id().unwrap().to_owned(), parts: Vec::new() }
    }

    async fn part(&mut self, number: i32, body: Vec<u8>) {
        let upload = self.client.upload_part().bucket("bucket").key("key").upload_id(&self.id);
        let part = upload.part_number(number).body(body.into()).send().await.unwrap();
        let part = CompletedPart::builder().part_number(number).set_e_tag(part.e_tag).build();
        self.parts.push(part);
    }

    fn complete(
        &self,
    ) -> aws_sdk_s3::operation::complete_multipart_upload::builders::CompleteMultipartUploadFluentBuilder
    {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.parts.clone())).build();
        let complete = self.client.complete_multipart_upload().bucket("bucket").key("key");
        complete.upload_id(&self.id).multipart_upload(parts)
    }
}

#[tokio::test]
async fn parts_become_one_object_like_one_published_in_parts() {
    let server = S3Server::start().unwrap();
    for algorithm in [None, Some(ChecksumAlgorithm::Sha256)] {
        let mut upload = Upload::begin(&server, algorithm.clone()).await;
        upload.part(1, vec![b'a'; PART]).await;
        upload.part(2, vec![b'b'; 10]).await;
        let bucket = server.bucket("bucket");
        assert!(!bucket.keys().contains(&"key".to_owned()), "visible only when completed");
        upload.complete().send().await.unwrap();

        let mut body = vec![b'a'; PART];
        body.extend([b'b'; 10]);
        let mut object = TestObject::new(body.clone()).part_size(PART);
        if algorithm.is_some() {
            object = object.checksum(reenact_testkit::ChecksumAlgorithm::Sha256);
        }
        bucket.put_object("published", object);
        assert_eq!(bucket.body("key").unwrap(), body);
        let head = |key: &str| {
            let head = upload.client.head_object().bucket("bucket").key(key);
            head.checksum_mode(ChecksumMode::Enabled).send()
        };
        let (uploaded, published) = (head("key").await.unwrap(), head("published").await.unwrap());
        assert_eq!(uploaded.e_tag(), published.e_tag());
        assert_eq!(uploaded.checksum_type(), published.checksum_type());
        assert_eq!(uploaded.checksum_sha256(), published.checksum_sha256());
        assert_eq!(uploaded.checksum_crc64_nvme(), published.checksum_crc64_nvme());
        let is_composite = uploaded.checksum_type() == Some(&ChecksumType::Composite);
        assert_eq!(is_composite, algorithm.is_some());
        bucket.delete("key");
    }
}

#[tokio::test]
async fn wrong_lists_of_parts_are_refused_and_the_upload_goes_on() {
    let server = S3Server::start().unwrap();
    let mut upload = Upload::begin(&server, None).await;
    assert_eq!(refusal(upload.complete().send().await).code, "MalformedXML");
    upload.part(2, vec![b'b'; 10]).await;
    upload.part(1, vec![b'a'; 10]).await;
    assert_eq!(refusal(upload.complete().send().await).code, "InvalidPartOrder");
    upload.parts.reverse();
    assert_eq!(refusal(upload.complete().send().await).code, "EntityTooSmall");
    upload.parts[1] = CompletedPart::builder().part_number(2).e_tag("\"other\"").build();
    assert_eq!(refusal(upload.complete().send().await).code, "InvalidPart");
    upload.parts.clear();
    upload.part(2, vec![b'b'; 10]).await;
    upload.complete().send().await.unwrap();
    assert_eq!(refusal(upload.complete().send().await).code, "NoSuchUpload");
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let server = S3Server::start().unwrap();
    let mut upload = Upload::begin(&server, None).await;
    upload.part(1, vec![b'a'; 10]).await;
    let abort = || {
        let abort = upload.client.abort_multipart_upload().bucket("bucket").key("key");
        abort.upload_id(&upload.id).send()
    };
    abort().await.unwrap();
    assert_eq!(refusal(abort().await).code, "NoSuchUpload");
    assert_eq!(refusal(upload.complete().send().await).code, "NoSuchUpload");
    assert!(server.bucket("bucket").keys().is_empty());
}
