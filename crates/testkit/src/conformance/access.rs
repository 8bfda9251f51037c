//! What S3 answers to those who may not, and about buckets that are not there.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Credentials;

use super::case::{Case, Trial, refused};

/// A legal name that nobody can have: it is longer than any bucket of a person, and names this purpose.
const NO_BUCKET: &str = "reenact-conformance-there-is-no-bucket-of-this-name-3f9a7c51";

pub(super) const CASES: &[Case] = &[
    Case {
        name: "get from a bucket that is not there",
        page: "ErrorResponses",
        says: "404 `NoSuchBucket`",
        check: |trial| {
            Box::pin(async move {
                let get = trial.client.get_object().bucket(NO_BUCKET).key("key");
                refused(get.send().await, 404, "NoSuchBucket")
            })
        },
    },
    Case {
        name: "listing of a bucket that is not there",
        page: "API_ListObjectsV2",
        says: "404 `NoSuchBucket`",
        check: |trial| {
            Box::pin(async move {
                let list = trial.client.list_objects_v2().bucket(NO_BUCKET);
                refused(list.send().await, 404, "NoSuchBucket")
            })
        },
    },
    Case {
        name: "head of a bucket that is not there",
        page: "API_HeadBucket",
        says: "404, without a body",
        check: |trial| {
            Box::pin(async move {
                refused(trial.client.head_bucket().bucket(NO_BUCKET).send().await, 404, "")
            })
        },
    },
    Case {
        name: "request with an access key that nobody has",
        page: "ErrorResponses",
        says: "403 `InvalidAccessKeyId`",
        check: |trial| {
            Box::pin(async move {
                let client = with_credentials(&trial, "AKIANOBODYHASTHISKEY", "secret");
                let list = client.list_objects_v2().bucket(&trial.bucket);
                refused(list.send().await, 403, "InvalidAccessKeyId")
            })
        },
    },
];

fn with_credentials(trial: &Trial, id: &str, secret: &str) -> Client {
    let credentials = Credentials::new(id, secret, None, None, "conformance");
    Client::from_conf(trial.client.config().to_builder().credentials_provider(credentials).build())
}
