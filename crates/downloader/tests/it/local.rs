//! What only a directory can do to a source.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, SystemTime};

use futures::TryStreamExt;
use reenact_downloader::{
    Bucket, ErrorKind, GetRequest, LocalSource, ObjectMeta, ObjectSource, ObjectSourceExt,
};

async fn keys(directory: &Path) -> Vec<String> {
    let source = LocalSource::new(directory).unwrap();
    let objects: Vec<ObjectMeta> = source.list("").try_collect().await.unwrap();
    objects.into_iter().map(|object| object.key).collect()
}

#[tokio::test]
async fn h21_links_are_neither_listed_nor_followed() {
    let [directory, elsewhere] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    fs::write(elsewhere.path().join("secret"), "x").unwrap();
    fs::write(directory.path().join("plain"), "x").unwrap();
    symlink(elsewhere.path(), directory.path().join("folder")).unwrap();
    symlink(elsewhere.path().join("secret"), directory.path().join("file")).unwrap();
    symlink(directory.path(), directory.path().join("loop")).unwrap();
    assert_eq!(keys(directory.path()).await, ["plain"]);
    let source = LocalSource::new(directory.path()).unwrap();
    for key in
        ["folder/secret", "file", "loop/plain", "../plain", "/etc/passwd", "plain/", "plain\0"]
    {
        let error = source.head(key, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::KeyNotFound, "{key:?}");
    }
    assert!(source.list("folder/").try_collect::<Vec<_>>().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_no_file_is_no_object() {
    use std::os::unix::ffi::OsStrExt;
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path().join("empty/emptier")).unwrap();
    File::create(directory.path().join(std::ffi::OsStr::from_bytes(b"\xff"))).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(directory.path().join("socket")).unwrap();
    assert!(keys(directory.path()).await.is_empty());
    let level = LocalSource::new(directory.path()).unwrap().list_level("").await.unwrap();
    assert!(level.common_prefixes.is_empty());
}

#[tokio::test]
async fn d14_a_change_shows_even_if_the_date_is_set_back() {
    let directory = tempfile::tempdir().unwrap();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_hours(1);
    let write = |name: &str, content: &str| {
        let mut file = File::create(directory.path().join(name)).unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file.set_modified(long_ago).unwrap();
    };
    write("x", "before");
    let source = LocalSource::new(directory.path()).unwrap();
    let before = source.head("x", None).await.unwrap();
    write("new", "behind");
    fs::rename(directory.path().join("new"), directory.path().join("x")).unwrap();
    let after = source.head("x", None).await.unwrap();
    assert_eq!((before.size, before.last_modified), (after.size, after.last_modified));
    assert_ne!(before.etag, after.etag);
}

#[tokio::test]
async fn h2_a_file_that_grows_while_it_is_read_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x");
    fs::write(&path, vec![7; 1_000_000]).unwrap();
    let source = LocalSource::new(directory.path()).unwrap();
    let mut body = source.get_range(&GetRequest::new("x")).await.unwrap();
    assert!(body.bytes.try_next().await.unwrap().is_some());
    File::options().append(true).open(&path).unwrap().write_all(b"more").unwrap();
    let error = body.bytes.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.key()), (ErrorKind::Changed, Some("x")));
}

#[test]
fn d3_one_directory_has_one_name() {
    let [plain, slash] =
        ["file:///mnt/mirror", "file:///mnt/mirror/"].map(|text| text.parse::<Bucket>().unwrap());
    assert_eq!(plain, slash);
    assert_eq!(slash.as_str(), "file:///mnt/mirror");
}
