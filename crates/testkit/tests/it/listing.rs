//! Listings: pages, markers, delimiters, prefixes.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::EncodingType;
use chrono::{TimeZone, Utc};
use reenact_testkit::{Operation, S3Server, TestObject};

use crate::support::refusal;

fn server_with(keys: &[&str]) -> S3Server {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    for key in keys {
        bucket.put(key, "body");
    }
    server
}

fn keys(page: &ListObjectsV2Output) -> Vec<&str> {
    page.contents().iter().filter_map(|object| object.key()).collect()
}

fn prefixes(page: &ListObjectsV2Output) -> Vec<&str> {
    page.common_prefixes().iter().filter_map(|prefix| prefix.prefix()).collect()
}

/// Everything a listing shows, page by page: keys and common prefixes.
async fn pages(client: &Client, delimiter: Option<&str>, max_keys: i32) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut token = None;
    loop {
        let page = client
            .list_objects_v2()
            .bucket("bucket")
            .set_delimiter(delimiter.map(str::to_owned))
            .max_keys(max_keys)
            .set_continuation_token(token)
            .send()
            .await
            .unwrap();
        let mut shown: Vec<String> =
            keys(&page).into_iter().chain(prefixes(&page)).map(str::to_owned).collect();
        assert_eq!(page.key_count(), Some(i32::try_from(shown.len()).unwrap()));
        shown.sort_unstable();
        pages.push(shown);
        token = page.next_continuation_token().map(str::to_owned);
        assert_eq!(page.is_truncated(), Some(token.is_some()));
        if token.is_none() {
            return pages;
        }
    }
}

#[tokio::test]
async fn objects_are_listed_with_what_is_known_about_them() {
    let server = S3Server::start().unwrap();
    let object = TestObject::new("0123456789")
        .part_size(4)
        .storage_class("STANDARD_IA")
        .last_modified(Utc.timestamp_opt(1_357_000_000, 0).unwrap());
    let bucket = server.bucket("bucket");
    bucket.put_object("key", object);
    let page = server.client().list_objects_v2().bucket("bucket").send().await.unwrap();
    let listed = &page.contents()[0];
    assert_eq!(listed.e_tag().unwrap(), format!("\"{}\"", bucket.etag("key").unwrap()));
    assert!(listed.e_tag().unwrap().ends_with("-3\""));
    assert_eq!(listed.size(), Some(10));
    assert_eq!(listed.last_modified().unwrap().secs(), 1_357_000_000);
    assert_eq!(listed.storage_class().unwrap().as_str(), "STANDARD_IA");
    assert_eq!(listed.checksum_algorithm()[0].as_str(), "CRC64NVME");
    assert_eq!(listed.checksum_type().unwrap().as_str(), "FULL_OBJECT");
}

#[tokio::test]
async fn pages_join_to_the_whole_in_byte_order() {
    let names = ["B", "a", "a b", "a/", "a/b", "a0", "aé", "b", "b/1", "b/2", "z"];
    let server = server_with(&names);
    for max_keys in 1..=12 {
        let pages = pages(&server.client(), None, max_keys).await;
        let (last, full) = pages.split_last().unwrap();
        let size = usize::try_from(max_keys).unwrap();
        assert!(full.iter().all(|page| page.len() == size));
        assert!(!last.is_empty());
        assert_eq!(pages.concat(), names, "pages of {max_keys}");
    }
}

#[tokio::test]
async fn common_prefixes_count_and_are_cut_off_like_keys() {
    let server = server_with(&["a/1", "a/2", "b", "c/1", "c/2", "c/d/3", "d"]);
    let expected = ["a/", "b", "c/", "d"];
    for max_keys in 1..=5 {
        let pages = pages(&server.client(), Some("/"), max_keys).await;
        assert_eq!(pages.concat(), expected, "pages of {max_keys}");
        assert_eq!(pages.len(), 4_usize.div_ceil(usize::try_from(max_keys).unwrap()));
    }
}

#[tokio::test]
async fn a_delimiter_is_looked_for_behind_the_prefix() {
    let server = server_with(&["a", "a/", "a/b/1", "a/b/2", "a/c", "ab/c"]);
    let list = |prefix: &str| {
        server.client().list_objects_v2().bucket("bucket").prefix(prefix).delimiter("/").send()
    };
    let page = list("a/").await.unwrap();
    assert_eq!((keys(&page), prefixes(&page)), (vec!["a/", "a/c"], vec!["a/b/"]));
    let page = list("a").await.unwrap();
    assert_eq!((keys(&page), prefixes(&page)), (vec!["a"], vec!["a/", "ab/"]));
    let page = list("none/").await.unwrap();
    assert_eq!((keys(&page).len(), page.is_truncated()), (0, Some(false)));
}

#[tokio::test]
async fn start_after_need_not_be_a_key() {
    let server = server_with(&["a/1", "a/2", "b/1", "c"]);
    let list = || server.client().list_objects_v2().bucket("bucket");
    assert_eq!(keys(&list().start_after("a/15").send().await.unwrap()), ["a/2", "b/1", "c"]);
    let page = list().start_after("a").delimiter("/").send().await.unwrap();
    assert_eq!((prefixes(&page), page.start_after()), (vec!["a/", "b/"], Some("a")));
    let page = list().start_after("a/").delimiter("/").send().await.unwrap();
    assert_eq!(prefixes(&page), ["b/"]);
}

#[tokio::test]
async fn the_first_version_of_listing_takes_keys_and_prefixes_as_markers() {
    let server = server_with(&["a/1", "a/2", "b", "c/1", "d"]);
    let list = || server.client().list_objects().bucket("bucket").max_keys(2);

    let first = list().delimiter("/").send().await.unwrap();
    assert_eq!(first.next_marker(), Some("b"));
    let first = list().delimiter("/").marker("b").send().await.unwrap();
    assert_eq!(first.is_truncated(), Some(false));
    assert_eq!(first.contents()[0].key(), Some("d"));
    let first = list().delimiter("/").max_keys(1).send().await.unwrap();
    assert_eq!(first.next_marker(), Some("a/"));
    let second = list().delimiter("/").marker("a/").send().await.unwrap();
    assert_eq!(second.contents()[0].key(), Some("b"));
    // Without a delimiter there is no next marker: the last key is it.
    let plain = list().send().await.unwrap();
    assert_eq!((plain.next_marker(), plain.is_truncated()), (None, Some(true)));
}

#[tokio::test]
async fn page_sizes_at_the_limits() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    for number in 0..1001 {
        bucket.put(&format!("{number:04}"), "");
    }
    let list = || server.client().list_objects_v2().bucket("bucket");
    for page in [list().send().await.unwrap(), list().max_keys(5000).send().await.unwrap()] {
        assert_eq!((keys(&page).len(), page.max_keys()), (1000, Some(1000)));
        assert!(page.next_continuation_token().is_some());
    }
    let none = list().max_keys(0).send().await.unwrap();
    assert_eq!((none.key_count(), none.is_truncated()), (Some(0), Some(false)));
    assert_eq!(refusal(list().max_keys(-1).send().await).code, "InvalidArgument");
    assert_eq!(refusal(list().continuation_token("?").send().await).code, "InvalidArgument");
}

#[tokio::test]
async fn url_encoding_makes_keys_safe_in_xml() {
    let server = server_with(&["a b/c+d%&\u{1}", "~ü"]);
    let list =
        || server.client().list_objects_v2().bucket("bucket").encoding_type(EncodingType::Url);
    let page = list().send().await.unwrap();
    assert_eq!(keys(&page), ["a+b/c%2Bd%25%26%01", "%7E%C3%BC"]);
    let page = list().prefix("a ").delimiter("/").send().await.unwrap();
    assert_eq!((page.prefix(), prefixes(&page)), (Some("a+"), vec!["a+b/"]));
}

#[tokio::test]
async fn requests_show_what_was_listed() {
    let server = server_with(&["a/1"]);
    server.client().list_objects_v2().bucket("bucket").prefix("a b+").send().await.unwrap();
    let request = &server.requests()[0];
    assert_eq!(request.operation, Operation::ListObjectsV2);
    assert_eq!(
        (request.bucket.as_deref(), request.prefix.as_deref()),
        (Some("bucket"), Some("a b+"))
    );
}
