//! What S3 answers to uploads in parts.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use super::case::{Case, Trial, expect, good, refused};

/// The least that a part may have which is not the last: 5 MiB.
const PART: usize = 5 << 20;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "object uploaded in two parts",
        page: "API_CompleteMultipartUpload",
        says: "its ETag ends with `-2`, its bytes are those of the parts, and each part can be read alone",
        check: |trial| {
            Box::pin(async move {
                let upload = create(&trial).await?;
                let parts =
                    [part(&trial, &upload, 1, PART).await?, part(&trial, &upload, 2, 3).await?];
                let whole = good(complete(&trial, &upload, parts).send().await)?;
                let etag = whole.e_tag().unwrap_or_default().trim_matches('"');
                expect("whether the ETag ends with -2", etag.ends_with("-2"), true)?;
                let Trial { client, bucket, .. } = &trial;
                let get = client.get_object().bucket(bucket).key(trial.key("large"));
                let answer = good(get.part_number(2).send().await)?;
                expect("the number of parts", answer.parts_count(), Some(2))?;
                let told = format!("bytes {PART}-{}/{}", PART + 2, PART + 3);
                expect("`Content-Range`", answer.content_range(), Some(&*told))
            })
        },
    },
    Case {
        name: "completion with a small part before the last",
        page: "API_CompleteMultipartUpload",
        says: "400 `EntityTooSmall`",
        check: |trial| {
            Box::pin(async move {
                let upload = create(&trial).await?;
                let parts =
                    [part(&trial, &upload, 1, 3).await?, part(&trial, &upload, 2, 3).await?];
                refused(complete(&trial, &upload, parts).send().await, 400, "EntityTooSmall")
            })
        },
    },
    Case {
        name: "completion with parts out of order",
        page: "API_CompleteMultipartUpload",
        says: "400 `InvalidPartOrder`",
        check: |trial| {
            Box::pin(async move {
                let upload = create(&trial).await?;
                let parts =
                    [part(&trial, &upload, 2, PART).await?, part(&trial, &upload, 1, PART).await?];
                // Long enough, both of them, for nothing else to be wrong.
                refused(complete(&trial, &upload, parts).send().await, 400, "InvalidPartOrder")
            })
        },
    },
    Case {
        name: "completion with a part that was not uploaded",
        page: "API_CompleteMultipartUpload",
        says: "400 `InvalidPart`",
        check: |trial| {
            Box::pin(async move {
                let upload = create(&trial).await?;
                let known = part(&trial, &upload, 1, PART).await?;
                let unknown = CompletedPart::builder()
                    .part_number(7)
                    .e_tag("\"0123456789abcdef0123456789abcdef\"");
                let parts = [known, unknown.build()];
                refused(complete(&trial, &upload, parts).send().await, 400, "InvalidPart")
            })
        },
    },
    Case {
        name: "part of an upload that was aborted",
        page: "API_UploadPart",
        says: "404 `NoSuchUpload`, and nothing is at the key",
        check: |trial| {
            Box::pin(async move {
                let upload = create(&trial).await?;
                let Trial { client, bucket, .. } = &trial;
                let abort = client.abort_multipart_upload().bucket(bucket).key(trial.key("large"));
                good(abort.upload_id(&upload).send().await)?;
                let part = client.upload_part().bucket(bucket).key(trial.key("large"));
                let part = part.upload_id(&upload).part_number(1);
                let answer = part.body(ByteStream::from_static(b"part")).send().await;
                refused(answer, 404, "NoSuchUpload")?;
                let head = client.head_object().bucket(bucket).key(trial.key("large"));
                refused(head.send().await, 404, "")
            })
        },
    },
];

async fn create(trial: &Trial) -> Result<String, String> {
    let create = trial.client.create_multipart_upload().bucket(&trial.bucket);
    let answer = good(create.key(trial.key("large")).send().await)?;
    answer.upload_id().map(str::to_owned).ok_or_else(|| "no upload id is told".to_owned())
}

async fn part(
    trial: &Trial,
    upload: &str,
    number: i32,
    bytes: usize,
) -> Result<CompletedPart, String> {
    let part = trial.client.upload_part().bucket(&trial.bucket).key(trial.key("large"));
    let part = part.upload_id(upload).part_number(number);
    let answer = good(part.body(ByteStream::from(vec![b'x'; bytes])).send().await)?;
    Ok(CompletedPart::builder().part_number(number).set_e_tag(answer.e_tag).build())
}

fn complete<const N: usize>(
    trial: &Trial,
    upload: &str,
    parts: [CompletedPart; N],
) -> aws_sdk_s3::operation::complete_multipart_upload::builders::CompleteMultipartUploadFluentBuilder
{
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.into())).build();
    let complete = trial.client.complete_multipart_upload().bucket(&trial.bucket);
    complete.key(trial.key("large")).upload_id(upload).multipart_upload(parts)
}
