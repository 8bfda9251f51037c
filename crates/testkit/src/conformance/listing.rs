//! What S3 answers to `ListObjectsV2` and `ListObjects`.

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::operation::list_objects_v2::builders::ListObjectsV2FluentBuilder;
use aws_sdk_s3::types::EncodingType;

use super::case::{Case, Trial, expect, good};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "listing of a prefix below which nothing is",
        page: "API_ListObjectsV2",
        says: "200, no keys, `KeyCount` 0, not truncated",
        check: |trial| {
            Box::pin(async move {
                let page = good(list(&trial).send().await)?;
                expect("the keys", shown(&trial, &page), Vec::<String>::new())?;
                expect("`KeyCount`", page.key_count(), Some(0))?;
                expect("`IsTruncated`", page.is_truncated(), Some(false))
            })
        },
    },
    Case {
        name: "order of keys",
        page: "API_ListObjectsV2",
        says: "by the bytes of their UTF-8",
        check: |trial| {
            Box::pin(async move {
                trial.put_all(&["b", "a", "Z", "é", "a/b", "a-b", "10", "9"]).await?;
                let page = good(list(&trial).send().await)?;
                expect(
                    "the keys",
                    shown(&trial, &page),
                    ["10", "9", "Z", "a", "a-b", "a/b", "b", "é"],
                )
            })
        },
    },
    Case {
        name: "listing by a delimiter",
        page: "API_ListObjectsV2",
        says: "keys without it, and once each prefix that ends with it, both counted",
        check: |trial| {
            Box::pin(async move {
                trial.put_all(&["a", "b/1", "b/2", "c/1/x"]).await?;
                let page = good(list(&trial).delimiter("/").send().await)?;
                expect("the keys and prefixes", shown(&trial, &page), ["a", "b/", "c/"])?;
                expect("`KeyCount`", page.key_count(), Some(3))
            })
        },
    },
    Case {
        name: "pages of a listing",
        page: "API_ListObjectsV2",
        says: "at most `MaxKeys` keys and prefixes each; the token goes on where the page ended",
        check: |trial| {
            Box::pin(async move {
                trial.put_all(&["a", "b/1", "b/2", "c", "d/1", "e"]).await?;
                let mut token = None;
                let mut pages = Vec::new();
                loop {
                    let page =
                        list(&trial).delimiter("/").max_keys(2).set_continuation_token(token);
                    let page = good(page.send().await)?;
                    token = page.next_continuation_token().map(str::to_owned);
                    expect("`IsTruncated`", page.is_truncated(), Some(token.is_some()))?;
                    pages.push(shown(&trial, &page));
                    if token.is_none() {
                        break;
                    }
                }
                let wanted = [vec!["a", "b/"], vec!["c", "d/"], vec!["e"]];
                expect("the pages", pages, wanted)
            })
        },
    },
    Case {
        name: "page that the last key fills",
        page: "API_ListObjectsV2",
        says: "not truncated, no token",
        check: |trial| {
            Box::pin(async move {
                trial.put_all(&["a", "b"]).await?;
                let page = good(list(&trial).max_keys(2).send().await)?;
                expect("`IsTruncated`", page.is_truncated(), Some(false))?;
                expect("the token", page.next_continuation_token(), None::<&str>)
            })
        },
    },
    Case {
        name: "`MaxKeys` of 0",
        page: "API_ListObjectsV2",
        says: "200, no keys, not truncated",
        check: |trial| {
            Box::pin(async move {
                trial.put_all(&["a"]).await?;
                let page = good(list(&trial).max_keys(0).send().await)?;
                expect("the keys", shown(&trial, &page), Vec::<String>::new())?;
                expect("`IsTruncated`", page.is_truncated(), Some(false))
            })
        },
    },
    Case {
        name: "`StartAfter`",
        page: "API_ListObjectsV2",
        says: "keys that come after it, whether or not it is a key",
        check: |trial| {
            Box::pin(async move {
                trial.put_all(&["a", "b", "c"]).await?;
                for (after, wanted) in [("b", vec!["c"]), ("aa", vec!["b", "c"])] {
                    let page = list(&trial).start_after(trial.key(after));
                    let page = good(page.send().await)?;
                    expect("the keys", shown(&trial, &page), wanted)?;
                }
                Ok(())
            })
        },
    },
    Case {
        name: "listing with `encoding-type=url`",
        page: "API_ListObjectsV2",
        says: "keys and prefixes are percent-encoded, but for `/`",
        check: |trial| {
            Box::pin(async move {
                trial.put_all(&["a b+c/é"]).await?;
                let page = list(&trial).encoding_type(EncodingType::Url);
                let page = good(page.send().await)?;
                let key = page.contents().first().and_then(|object| object.key());
                let key = key.and_then(|key| key.rsplit_once("/%").map(|(_, last)| last));
                expect("the end of the key", key, Some("C3%A9"))
            })
        },
    },
    Case {
        name: "what is told of a key in a listing",
        page: "API_ListObjectsV2",
        says: "its ETag in quotes, its size, its class, when it was last modified",
        check: |trial| {
            Box::pin(async move {
                let etag = trial.put("object", b"0123456789").await?;
                let page = good(list(&trial).send().await)?;
                let object = page.contents().first().ok_or("nothing is listed")?;
                expect("the ETag", object.e_tag(), Some(&*etag))?;
                expect("the size", object.size(), Some(10))?;
                let class = object.storage_class().map(|class| class.as_str().to_owned());
                expect("the class", class.as_deref(), Some("STANDARD"))?;
                expect("whether a time is told", object.last_modified().is_some(), true)
            })
        },
    },
    Case {
        name: "first version of the listing",
        page: "API_ListObjects",
        says: "pages go on after a marker, which with a delimiter is told",
        check: |trial| {
            Box::pin(async move {
                trial.put_all(&["a", "b/1", "b/2", "c"]).await?;
                let Trial { client, bucket, prefix } = &trial;
                let list = || client.list_objects().bucket(bucket).prefix(prefix).delimiter("/");
                let first = good(list().max_keys(2).send().await)?;
                expect("the next marker", first.next_marker(), Some(&*trial.key("b/")))?;
                let second = list().set_marker(first.next_marker().map(str::to_owned));
                let second = good(second.send().await)?;
                let keys: Vec<_> =
                    second.contents().iter().filter_map(|object| object.key()).collect();
                expect("the keys of the second page", keys, [trial.key("c")])
            })
        },
    },
];

fn list(trial: &Trial) -> ListObjectsV2FluentBuilder {
    trial.client.list_objects_v2().bucket(&trial.bucket).prefix(&trial.prefix)
}

/// The keys and prefixes of a page, below the prefix of the trial, in their order.
fn shown(trial: &Trial, page: &ListObjectsV2Output) -> Vec<String> {
    let keys = page.contents().iter().filter_map(|object| object.key());
    let prefixes = page.common_prefixes().iter().filter_map(|prefix| prefix.prefix());
    let mut shown: Vec<String> = keys
        .chain(prefixes)
        .map(|key| key.strip_prefix(&trial.prefix).unwrap_or(key).to_owned())
        .collect();
    if !page.common_prefixes().is_empty() {
        shown.sort_unstable();
    }
    shown
}
