//! What every [`ObjectSource`] has to do, as a suite to be run against one.
//!
//! ```
//! use std::sync::Arc;
//!
//! use reenact_downloader::conformance::{self, Fixture};
//! use reenact_downloader::{InMemory, ObjectSource};
//!
//! struct Mine(InMemory);
//!
//! impl Fixture for Mine {
//!     fn source(&self) -> Arc<dyn ObjectSource> {
//!         Arc::new(self.0.clone())
//!     }
//!     fn put(&self, key: &str, content: &[u8]) {
//!         self.0.put(key, content.to_vec());
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! conformance::run(&Mine(InMemory::new("mine"))).await;
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```

#![expect(clippy::expect_used, reason = "a suite tells what is wrong by panicking, as tests do")]

use std::num::NonZeroUsize;
use std::sync::Arc;

use futures::TryStreamExt;

use crate::error::{ErrorKind, Result};
use crate::source::{
    GetRequest, ListRequest, ObjectBody, ObjectMeta, ObjectSource, ObjectSourceExt,
};

/// Keys that have tripped up clients, all of which can be files.
const AWKWARD: &[&str] = &[
    "a b", "a+b", "a%2Fb", "100%", "a&b<c>", "a?b", "a#b", "a;b=c", "a'b\"c", "a\nb", "a\tb", "ä",
    "a\u{308}", "🛫", "~", "...", " a", "a ",
];

/// A source to be tried, and the other side of it.
pub trait Fixture: Sync {
    /// Returns the source.
    fn source(&self) -> Arc<dyn ObjectSource>;

    /// Puts an object where the source reads it, over what may be there.
    fn put(&self, key: &str, content: &[u8]);

    /// Returns a source of the same kind for a bucket that does not exist, if there can be such a thing.
    fn missing(&self) -> Option<Arc<dyn ObjectSource>> {
        None
    }
}

/// Runs the whole suite. The bucket has to be empty.
///
/// # Panics
///
/// If the source breaks a promise of [`ObjectSource`].
pub async fn run(fixture: &dyn Fixture) {
    nothing_is_there_yet(fixture).await;
    listings_are_in_byte_order_whatever_the_page(fixture).await;
    one_level_is_cut_at_the_next_slash(fixture).await;
    objects_are_described_alike_everywhere(fixture).await;
    ranges_are_cut_at_the_end(fixture).await;
    empty_objects_can_be_read(fixture).await;
    a_replaced_object_is_noticed(fixture).await;
    awkward_keys_are_kept(fixture).await;
    what_is_missing_is_named(fixture).await;
}

async fn nothing_is_there_yet(fixture: &dyn Fixture) {
    let source = fixture.source();
    let page = source
        .list_page(&ListRequest::everything(""))
        .await
        .expect("an empty bucket can be listed");
    assert_eq!(
        (page.objects, page.common_prefixes, page.continuation),
        (vec![], vec![], None),
        "the bucket is empty"
    );
}

async fn listings_are_in_byte_order_whatever_the_page(fixture: &dyn Fixture) {
    let names = [
        "a-b",
        "a.b",
        "a/b.c/d",
        "a/b/c",
        "a/b/d",
        "a0",
        "aB",
        "ab",
        "ä/x",
        "\u{ffff}",
        "\u{10000}",
    ];
    let mut keys = names.map(|name| format!("order/{name}"));
    for key in &keys {
        fixture.put(key, key.as_bytes());
    }
    keys.sort_unstable();
    let source = fixture.source();
    let listed: Vec<ObjectMeta> =
        source.list("order/").try_collect().await.expect("everything can be listed");
    assert_eq!(
        listed.iter().map(|object| &object.key).collect::<Vec<_>>(),
        keys.iter().collect::<Vec<_>>()
    );
    for limit in 1..=keys.len() {
        let (objects, _) = page_by_page(&*source, ListRequest::everything("order/"), limit).await;
        assert_eq!(objects, listed, "in pages of {limit}");
    }
    let (objects, _) = page_by_page(&*source, ListRequest::everything("order/a/b"), 1).await;
    assert_eq!(objects.len(), 3, "a prefix may end within a name");
}

async fn one_level_is_cut_at_the_next_slash(fixture: &dyn Fixture) {
    for key in ["x", "y/1", "y/2/3", "z.d/1", "z/1"] {
        fixture.put(&format!("level/{key}"), b"1");
    }
    let source = fixture.source();
    for limit in 1..=4 {
        let (objects, prefixes) =
            page_by_page(&*source, ListRequest::one_level("level/"), limit).await;
        assert_eq!(
            objects.iter().map(|object| object.key.as_str()).collect::<Vec<_>>(),
            ["level/x"]
        );
        assert_eq!(prefixes, ["level/y/", "level/z.d/", "level/z/"], "in pages of {limit}");
    }
    let (objects, prefixes) = page_by_page(&*source, ListRequest::one_level("level/z"), 1).await;
    assert_eq!((objects, prefixes), (vec![], vec!["level/z.d/".to_owned(), "level/z/".to_owned()]));
    let (objects, prefixes) =
        page_by_page(&*source, ListRequest::one_level("level/nothing/"), 1).await;
    assert_eq!((objects, prefixes), (vec![], vec![]), "below what does not exist there is nothing");
}

async fn page_by_page(
    source: &dyn ObjectSource,
    mut request: ListRequest,
    limit: usize,
) -> (Vec<ObjectMeta>, Vec<String>) {
    request.limit = NonZeroUsize::new(limit);
    let (mut objects, mut prefixes) = (Vec::new(), Vec::new());
    loop {
        let page = source.list_page(&request).await.expect("a page can be listed");
        assert!(
            page.objects.len() + page.common_prefixes.len() <= limit,
            "a page has at most {limit} entries"
        );
        objects.extend(page.objects);
        prefixes.extend(page.common_prefixes);
        request.continuation = page.continuation;
        if request.continuation.is_none() {
            return (objects, prefixes);
        }
    }
}

async fn objects_are_described_alike_everywhere(fixture: &dyn Fixture) {
    fixture.put("meta/x", b"content");
    let source = fixture.source();
    let listed: Vec<ObjectMeta> =
        source.list("meta/").try_collect().await.expect("the object can be listed");
    assert_eq!(listed.len(), 1);
    let listed = &listed[0];
    let head = source.head("meta/x", None).await.expect("the object can be described");
    let body =
        source.get_range(&GetRequest::pinned_to(listed)).await.expect("the object can be read");
    for other in [&head, &body.meta] {
        assert_eq!((&other.key, other.size, &other.etag), (&listed.key, 7, &listed.etag));
        assert_eq!(other.last_modified, listed.last_modified);
    }
    assert!(
        listed.etag.as_ref().is_some_and(|etag| !etag.contains('"')),
        "an ETag comes without quotes"
    );
    assert_eq!(read(body).await.expect("the body can be read"), b"content");
    if let Some(version) = &head.version_id {
        source.head("meta/x", Some(version)).await.expect("a version can be described");
    }
    let error = source.head("meta/x", Some("no-such-version")).await;
    assert!(error.is_err(), "a version that does not exist cannot be described");
}

async fn ranges_are_cut_at_the_end(fixture: &dyn Fixture) {
    // More than one piece of whatever size a source reads in.
    let content: Vec<u8> =
        (0..300_000_u32).map(|index| u8::try_from(index % 251).unwrap_or_default()).collect();
    fixture.put("range/x", &content);
    let (source, size) = (fixture.source(), content.len() as u64);
    let whole = GetRequest::new("range/x");
    for (asked, got) in [
        (0..1, 0..1),
        (7..299_999, 7..299_999),
        (size - 1..size, size - 1..size),
        (9..size + 9, 9..size),
    ] {
        let body = source
            .get_range(&whole.clone().with_range(asked.clone()))
            .await
            .expect("a range can be read");
        assert_eq!((&body.range, body.meta.size), (&got, size), "{asked:?}");
        let (start, end) =
            (usize::try_from(got.start).expect("small"), usize::try_from(got.end).expect("small"));
        assert_eq!(
            read(body).await.expect("the range can be read"),
            content[start..end],
            "{asked:?}"
        );
    }
    let error = source
        .get_range(&whole.with_range(size..size + 1))
        .await
        .expect_err("there is nothing past the end");
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

async fn empty_objects_can_be_read(fixture: &dyn Fixture) {
    fixture.put("empty/x", b"");
    let body = fixture
        .source()
        .get_range(&GetRequest::new("empty/x"))
        .await
        .expect("an empty object can be read");
    assert_eq!((&body.range, body.meta.size), (&(0..0), 0));
    assert_eq!(read(body).await.expect("there is nothing to read"), b"");
}

async fn a_replaced_object_is_noticed(fixture: &dyn Fixture) {
    fixture.put("replaced/x", b"before");
    let source = fixture.source();
    let before = source.head("replaced/x", None).await.expect("the object can be described");
    fixture.put("replaced/x", b"behind");
    let after = source.head("replaced/x", None).await.expect("the object can be described");
    assert_ne!(before.etag, after.etag, "other content has another ETag, even of the same length");

    let mut request = GetRequest::new("replaced/x");
    request.if_match = before.etag;
    let error = source.get_range(&request).await.expect_err("the object is another one");
    assert_eq!((error.kind(), error.key()), (ErrorKind::Changed, Some("replaced/x")));
    let error = source
        .get_range(&request.clone().with_range(0..1))
        .await
        .expect_err("the object is another one");
    assert_eq!(error.kind(), ErrorKind::Changed);
    request.if_match = after.etag;
    let body = source.get_range(&request).await.expect("the object is that one");
    assert_eq!(read(body).await.expect("the object can be read"), b"behind");
}

async fn awkward_keys_are_kept(fixture: &dyn Fixture) {
    let mut keys: Vec<String> =
        AWKWARD.iter().map(|name| format!("awkward/{name}/{name}")).collect();
    for key in &keys {
        fixture.put(key, key.as_bytes());
    }
    keys.sort_unstable();
    let source = fixture.source();
    let listed: Vec<ObjectMeta> =
        source.list("awkward/").try_collect().await.expect("awkward keys can be listed");
    assert_eq!(
        listed.iter().map(|object| &object.key).collect::<Vec<_>>(),
        keys.iter().collect::<Vec<_>>()
    );
    for key in &keys {
        assert_eq!(
            source.read(key).await.expect("an awkward key can be read"),
            key.as_bytes(),
            "{key:?}"
        );
        let level = source.list_level(key.trim_end_matches(|character| character != '/')).await;
        assert_eq!(level.expect("an awkward level can be listed").objects.len(), 1, "{key:?}");
    }
}

async fn what_is_missing_is_named(fixture: &dyn Fixture) {
    let source = fixture.source();
    for key in ["missing/x", "missing/../x", "missing//x"] {
        let errors = [
            source.head(key, None).await.err(),
            source.get_range(&GetRequest::new(key)).await.err(),
        ];
        for error in errors {
            let error = error.expect("a missing object is an error");
            assert_eq!((error.kind(), error.key()), (ErrorKind::KeyNotFound, Some(key)));
            assert_eq!(error.bucket(), Some(source.bucket().as_str()));
        }
    }
    if let Some(missing) = fixture.missing() {
        let error = missing
            .list_page(&ListRequest::everything(""))
            .await
            .expect_err("the bucket is missing");
        assert_eq!(
            (error.kind(), error.bucket()),
            (ErrorKind::BucketNotFound, Some(missing.bucket().as_str()))
        );
        let error =
            missing.get_range(&GetRequest::new("x")).await.expect_err("the bucket is missing");
        assert_eq!(error.kind(), ErrorKind::BucketNotFound);
    }
}

async fn read(mut body: ObjectBody) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    while let Some(bytes) = body.bytes.try_next().await? {
        content.extend_from_slice(&bytes);
    }
    Ok(content)
}
