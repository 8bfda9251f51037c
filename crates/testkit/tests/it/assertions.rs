//! Assertions fail where they ought to: each is met by what it is there to find.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use reenact_testkit::{Fault, Matcher, Operation, S3Server};

/// What an assertion that fails says.
fn failure(assertion: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).expect_err("it has to fail");
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_write_is_noticed_also_if_it_was_refused() {
    let server = S3Server::start().unwrap();
    server.bucket("bucket").put("key", "body");
    let client = server.client();
    client.get_object().bucket("bucket").key("key").send().await.unwrap();
    server.assert_only_read();
    server.bucket("bucket").deny(reenact_testkit::Action::Delete, "");
    client.delete_object().bucket("bucket").key("key").send().await.unwrap_err();
    assert!(failure(|| server.assert_only_read()).contains("DeleteObject"));
}

#[tokio::test]
async fn only_whole_reads_of_the_same_range_count_as_twice() {
    let server = S3Server::start().unwrap();
    server.bucket("bucket").put("key", "0123456789");
    server.faults().on(Matcher::operation(Operation::GetObject).first(1), Fault::InternalError);
    let client = server.client();
    let read = |range: &str| client.get_object().bucket("bucket").key("key").range(range).send();
    read("bytes=0-4").await.unwrap_err();
    read("bytes=0-4").await.unwrap();
    read("bytes=5-9").await.unwrap();
    server.assert_nothing_read_twice();
    read("bytes=5-9").await.unwrap();
    assert!(failure(|| server.assert_nothing_read_twice()).contains("bytes=5-9"));
}

#[test]
fn a_fault_that_nobody_met_is_noticed() {
    let server = S3Server::start().unwrap();
    server.faults().assert_all_played();
    server.faults().on(Matcher::any().key("key"), Fault::Refuse);
    assert!(failure(|| server.faults().assert_all_played()).contains("Refuse"));
}

#[test]
fn what_landed_is_compared_byte_for_byte() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("bucket");
    bucket.put("a/x", "one");
    bucket.put("a/sub/y", "two");
    bucket.put("b/z", "not below the prefix");
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::create_dir(path("sub")).unwrap();
    fs::write(path("x"), "one").unwrap();
    let landed = || bucket.assert_landed("a/", directory.path());
    assert!(failure(landed).contains("a/sub/y did not land"));
    fs::write(path("sub/y"), "owt").unwrap();
    assert!(failure(landed).contains("a/sub/y landed with other bytes"));
    fs::write(path("sub/y"), "two").unwrap();
    landed();
    fs::write(path("more"), "").unwrap();
    assert!(failure(landed).contains("more"));
}
