//! What S3 answers to puts, copies and deletions.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, Delete, ObjectIdentifier};

use super::case::{Case, Trial, expect, good, refused};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "put of a key that is there",
        page: "API_PutObject",
        says: "200; from then on the new bytes are read",
        check: |trial| {
            Box::pin(async move {
                let first = trial.put("object", b"first").await?;
                let second = trial.put("object", b"second").await?;
                expect("whether the ETags are the same", first == second, false)?;
                let Trial { client, bucket, .. } = &trial;
                let get = client.get_object().bucket(bucket).key(trial.key("object"));
                expect("the ETag", good(get.send().await)?.e_tag(), Some(&*second))
            })
        },
    },
    Case {
        name: "put with `If-None-Match: *`",
        page: "API_PutObject",
        says: "200 where nothing is, 412 `PreconditionFailed` where something is",
        check: |trial| {
            Box::pin(async move {
                let Trial { client, bucket, .. } = &trial;
                let put = || {
                    client.put_object().bucket(bucket).key(trial.key("object")).if_none_match("*")
                };
                good(put().body(ByteStream::from_static(b"one")).send().await)?;
                let again = put().body(ByteStream::from_static(b"two")).send().await;
                refused(again, 412, "PreconditionFailed")
            })
        },
    },
    Case {
        name: "put with a `Content-MD5` that the body does not have",
        page: "ErrorResponses",
        says: "400 `BadDigest`",
        check: |trial| {
            Box::pin(async move {
                let Trial { client, bucket, .. } = &trial;
                let put = client.put_object().bucket(bucket).key(trial.key("object"));
                let put = put.content_md5("1B2M2Y8AsgTpgAmY7PhCfg==");
                let answer = put.body(ByteStream::from_static(b"not empty")).send().await;
                refused(answer, 400, "BadDigest")
            })
        },
    },
    Case {
        name: "put of a key of 1,025 bytes",
        page: "ErrorResponses",
        says: "400 `KeyTooLongError`",
        check: |trial| {
            Box::pin(async move {
                let Trial { client, bucket, .. } = &trial;
                let put = client.put_object().bucket(bucket).key("k".repeat(1025));
                let answer = put.body(ByteStream::from_static(b"body")).send().await;
                refused(answer, 400, "KeyTooLongError")
            })
        },
    },
    Case {
        name: "checksum of an object",
        page: "API_HeadObject",
        says: "that of the put, told where it is asked for",
        check: |trial| {
            Box::pin(async move {
                let Trial { client, bucket, .. } = &trial;
                let key = trial.key("object");
                let put = client.put_object().bucket(bucket).key(&key);
                let put = put.checksum_algorithm(ChecksumAlgorithm::Sha256);
                good(put.body(ByteStream::from_static(b"0123456789")).send().await)?;
                let get = client.get_object().bucket(bucket).key(&key);
                let get = good(get.checksum_mode(ChecksumMode::Enabled).send().await)?;
                expect(
                    "the SHA-256",
                    get.checksum_sha256(),
                    Some("hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII="),
                )
            })
        },
    },
    Case {
        name: "copy of an object, then of a key that is not there",
        page: "API_CopyObject",
        says: "200 with the same bytes, then 404 `NoSuchKey`",
        check: |trial| {
            Box::pin(async move {
                let etag = trial.put("object", b"0123456789").await?;
                let Trial { client, bucket, .. } = &trial;
                let copy = |from: &str| {
                    let copy = client.copy_object().bucket(bucket).key(trial.key("copy"));
                    copy.copy_source(format!("{bucket}/{}", trial.key(from)))
                };
                good(copy("object").send().await)?;
                let head = client.head_object().bucket(bucket).key(trial.key("copy"));
                expect("the ETag", good(head.send().await)?.e_tag(), Some(&*etag))?;
                refused(copy("missing").send().await, 404, "NoSuchKey")
            })
        },
    },
    Case {
        name: "deletion of an object, then of a key that is not there",
        page: "API_DeleteObject",
        says: "204 both times",
        check: |trial| {
            Box::pin(async move {
                trial.put("object", b"0123456789").await?;
                let Trial { client, bucket, .. } = &trial;
                let delete = || client.delete_object().bucket(bucket).key(trial.key("object"));
                good(delete().send().await)?;
                good(delete().send().await)?;
                let get = client.get_object().bucket(bucket).key(trial.key("object"));
                refused(get.send().await, 404, "NoSuchKey")
            })
        },
    },
    Case {
        name: "deletion of several objects at once",
        page: "API_DeleteObjects",
        says: "200 and each key as deleted, also one that was not there",
        check: |trial| {
            Box::pin(async move {
                trial.put_all(&["a", "b"]).await?;
                let keys = ["a", "b", "missing"].map(|name| trial.key(name));
                let objects = keys.iter().map(|key| ObjectIdentifier::builder().key(key).build());
                let objects =
                    objects.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
                let delete = Delete::builder().set_objects(Some(objects)).build();
                let delete = delete.map_err(|error| error.to_string())?;
                let Trial { client, bucket, .. } = &trial;
                let answer = client.delete_objects().bucket(bucket).delete(delete);
                let answer = good(answer.send().await)?;
                let mut deleted: Vec<_> =
                    answer.deleted().iter().filter_map(|object| object.key()).collect();
                deleted.sort_unstable();
                expect("the deleted keys", deleted, keys)
            })
        },
    },
];
