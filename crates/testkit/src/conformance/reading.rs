//! What S3 answers to `GetObject` and `HeadObject`.

use aws_sdk_s3::primitives::DateTime;

use super::case::{Case, Outcome, Trial, expect, good, refused};

/// The MD5 of `0123456789`, as an ETag.
const TEN_DIGITS: &str = "\"781e5e245d69b566979b86e28d23f2c7\"";

pub(super) const CASES: &[Case] = &[
    Case {
        name: "get of a key that is not there",
        page: "API_GetObject",
        says: "404 `NoSuchKey`",
        check: |trial| {
            Box::pin(async move {
                let Trial { client, bucket, .. } = &trial;
                let key = trial.key("missing");
                refused(client.get_object().bucket(bucket).key(key).send().await, 404, "NoSuchKey")
            })
        },
    },
    Case {
        name: "head of a key that is not there",
        page: "API_HeadObject",
        says: "404, without a body",
        check: |trial| {
            Box::pin(async move {
                let Trial { client, bucket, .. } = &trial;
                let key = trial.key("missing");
                refused(client.head_object().bucket(bucket).key(key).send().await, 404, "")
            })
        },
    },
    Case {
        name: "get of an object",
        page: "API_GetObject",
        says: "200 with its bytes, its length and the ETag of its put, in quotes",
        check: |trial| {
            Box::pin(async move {
                let etag = trial.put("object", b"0123456789").await?;
                expect("the ETag of the put", &*etag, TEN_DIGITS)?;
                let Trial { client, bucket, .. } = &trial;
                let key = trial.key("object");
                let answer = good(client.get_object().bucket(bucket).key(key).send().await)?;
                expect("the ETag", answer.e_tag(), Some(TEN_DIGITS))?;
                expect("the length", answer.content_length(), Some(10))?;
                let body = answer.body.collect().await.map_err(|error| error.to_string())?;
                expect("the body", &*body.into_bytes(), &b"0123456789"[..])
            })
        },
    },
    Case {
        name: "head of an object",
        page: "API_HeadObject",
        says: "200 with its length, its ETag and when it was last modified",
        check: |trial| {
            Box::pin(async move {
                trial.put("object", b"0123456789").await?;
                let Trial { client, bucket, .. } = &trial;
                let key = trial.key("object");
                let answer = good(client.head_object().bucket(bucket).key(key).send().await)?;
                expect("the ETag", answer.e_tag(), Some(TEN_DIGITS))?;
                expect("the length", answer.content_length(), Some(10))?;
                expect("whether a time is told", answer.last_modified().is_some(), true)
            })
        },
    },
    Case {
        name: "range from a byte to a byte",
        page: "API_GetObject",
        says: "206 with both ends, and `Content-Range`",
        check: |trial| Box::pin(ranged(trial, "bytes=2-4", "bytes 2-4/10", b"234")),
    },
    Case {
        name: "range of the last bytes",
        page: "API_GetObject",
        says: "206 with that many bytes",
        check: |trial| Box::pin(ranged(trial, "bytes=-3", "bytes 7-9/10", b"789")),
    },
    Case {
        name: "range of more last bytes than there are",
        page: "API_GetObject",
        says: "206 with all bytes",
        check: |trial| Box::pin(ranged(trial, "bytes=-30", "bytes 0-9/10", b"0123456789")),
    },
    Case {
        name: "range from a byte on",
        page: "API_GetObject",
        says: "206 up to the last byte",
        check: |trial| Box::pin(ranged(trial, "bytes=8-", "bytes 8-9/10", b"89")),
    },
    Case {
        name: "range that ends behind the object",
        page: "API_GetObject",
        says: "206 up to the last byte",
        check: |trial| Box::pin(ranged(trial, "bytes=8-100", "bytes 8-9/10", b"89")),
    },
    Case {
        name: "range that begins behind the object",
        page: "ErrorResponses",
        says: "416 `InvalidRange`",
        check: |trial| {
            Box::pin(async move {
                trial.put("object", b"0123456789").await?;
                let Trial { client, bucket, .. } = &trial;
                let get = client.get_object().bucket(bucket).key(trial.key("object"));
                refused(get.range("bytes=10-12").send().await, 416, "InvalidRange")
            })
        },
    },
    Case {
        name: "range of an empty object",
        page: "ErrorResponses",
        says: "416 `InvalidRange`",
        check: |trial| {
            Box::pin(async move {
                trial.put("empty", b"").await?;
                let Trial { client, bucket, .. } = &trial;
                let get = client.get_object().bucket(bucket).key(trial.key("empty"));
                refused(get.range("bytes=0-0").send().await, 416, "InvalidRange")
            })
        },
    },
    Case {
        name: "`If-Match` with the object's ETag, then with another",
        page: "API_GetObject",
        says: "200, then 412 `PreconditionFailed`, also of a range",
        check: |trial| {
            Box::pin(async move {
                let etag = trial.put("object", b"0123456789").await?;
                let Trial { client, bucket, .. } = &trial;
                let get = || client.get_object().bucket(bucket).key(trial.key("object"));
                good(get().if_match(etag).send().await)?;
                let other = || get().if_match("\"0123456789abcdef0123456789abcdef\"");
                refused(other().send().await, 412, "PreconditionFailed")?;
                refused(other().range("bytes=0-1").send().await, 412, "PreconditionFailed")
            })
        },
    },
    Case {
        name: "`If-None-Match` with the object's ETag, then with another",
        page: "API_GetObject",
        says: "304 without a body, then 200",
        check: |trial| {
            Box::pin(async move {
                let etag = trial.put("object", b"0123456789").await?;
                let Trial { client, bucket, .. } = &trial;
                let get = || client.get_object().bucket(bucket).key(trial.key("object"));
                refused(get().if_none_match(etag).send().await, 304, "")?;
                let other = get().if_none_match("\"0123456789abcdef0123456789abcdef\"");
                good(other.send().await).map(drop)
            })
        },
    },
    Case {
        name: "`If-Modified-Since` after the object, `If-Unmodified-Since` before it",
        page: "API_GetObject",
        says: "304, and 412 `PreconditionFailed`",
        check: |trial| {
            Box::pin(async move {
                trial.put("object", b"0123456789").await?;
                let Trial { client, bucket, .. } = &trial;
                let head = || client.head_object().bucket(bucket).key(trial.key("object"));
                let modified = good(head().send().await)?.last_modified().copied();
                let modified = modified.ok_or("no time is told")?;
                let get = || client.get_object().bucket(bucket).key(trial.key("object"));
                refused(get().if_modified_since(modified).send().await, 304, "")?;
                let before = DateTime::from_secs(modified.secs() - 3600);
                let answer = get().if_unmodified_since(before).send().await;
                refused(answer, 412, "PreconditionFailed")
            })
        },
    },
    Case {
        name: "head with conditions that do not hold",
        page: "API_HeadObject",
        says: "304 and 412, without a body",
        check: |trial| {
            Box::pin(async move {
                let etag = trial.put("object", b"0123456789").await?;
                let Trial { client, bucket, .. } = &trial;
                let head = || client.head_object().bucket(bucket).key(trial.key("object"));
                refused(head().if_none_match(etag).send().await, 304, "")?;
                refused(head().if_match("\"other\"").send().await, 412, "")
            })
        },
    },
];

async fn ranged(trial: Trial, range: &str, told: &str, bytes: &[u8]) -> Outcome {
    trial.put("object", b"0123456789").await?;
    let Trial { client, bucket, .. } = &trial;
    let get = client.get_object().bucket(bucket).key(trial.key("object"));
    let answer = good(get.range(range).send().await)?;
    expect("`Content-Range`", answer.content_range(), Some(told))?;
    let body = answer.body.collect().await.map_err(|error| error.to_string())?;
    expect("the body", &*body.into_bytes(), bytes)
}
