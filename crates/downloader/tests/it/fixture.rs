//! A server, a bucket on it, a source that reads it and a directory to land in.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt;
use reenact_downloader::{
    ConnectOptions, Error, ErrorKind, Event, Landed, ObjectMeta, ObjectSource, ObjectSourceExt,
    Observer, RetryPolicy, S3Source, Transfer, TransferOptions,
};
use reenact_testkit::{Fault, S3Server, TestBucket};

pub(crate) const BUCKET: &str = "lake";

pub(crate) struct World {
    pub(crate) server: S3Server,
    pub(crate) bucket: TestBucket,
    pub(crate) source: Arc<dyn ObjectSource>,
    directory: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let server = S3Server::start().unwrap();
        let bucket = server.bucket(BUCKET);
        let source = Arc::new(S3Source::connect(BUCKET, &options(&server)).await.unwrap());
        Self { server, bucket, source, directory: tempfile::tempdir().unwrap() }
    }

    /// A world with one object in it, and what a listing says about it.
    pub(crate) async fn with(key: &str, content: impl Into<Bytes>) -> (Self, ObjectMeta) {
        let world = Self::new().await;
        world.bucket.put(key, content);
        let object = world.listed(key).await;
        (world, object)
    }

    pub(crate) async fn listed(&self, key: &str) -> ObjectMeta {
        let objects: Vec<ObjectMeta> = self.source.list(key).try_collect().await.unwrap();
        objects.into_iter().find(|object| object.key == key).unwrap()
    }

    pub(crate) fn transfer(&self) -> Transfer {
        Transfer::new(Arc::clone(&self.source), impatient())
    }

    pub(crate) fn destination(&self) -> PathBuf {
        self.directory.path().join("landed")
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) async fn fetch(&self, object: &ObjectMeta) -> Result<Landed, Error> {
        self.transfer().fetch(object, &self.destination(), &()).await
    }

    /// Everything at or beside the destination.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        files_below(self.directory.path())
    }
}

pub(crate) fn options(server: &S3Server) -> ConnectOptions {
    ConnectOptions::default()
        .with_endpoint_url(server.endpoint_url())
        .with_region(server.region())
        .with_access_keys(server.access_key_id(), server.secret_access_key(), None)
}

/// Options that retry at once.
pub(crate) fn impatient() -> TransferOptions {
    TransferOptions::default().with_retry(at_once())
}

pub(crate) fn at_once() -> RetryPolicy {
    RetryPolicy::default()
        .with_base_delay(Duration::ZERO)
        .with_max_attempts(NonZeroU32::new(3).unwrap())
}

pub(crate) fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// Checks that a process that was to run one test ran it, and that it passed.
pub(crate) fn assert_passed(output: &std::process::Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "{text}");
}

/// Says visibly that a test was skipped, unless everything optional is required.
pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("REENACT_REQUIRE").is_none_or(|value| value != "1"), "{why}");
    println!("skipped: {why}");
}

/// Bytes without a pattern that a mistake could hide in.
pub(crate) fn content(length: usize) -> Bytes {
    let mut state = 0x9e37_79b9_u32;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    (0..length).map(next).collect::<Vec<u8>>().into()
}

/// Remembers the names of the events.
#[derive(Default)]
pub(crate) struct Recorder(Mutex<Vec<String>>);

impl Recorder {
    pub(crate) fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Observer for Recorder {
    fn on_event(&self, event: &Event<'_>) {
        let text = match event {
            Event::Planned { objects, bytes, .. } => format!("planned {objects} {bytes}"),
            Event::Started { object, .. } => format!("started {}", object.key),
            Event::Bytes { .. } => "bytes".to_owned(),
            Event::Retried { attempt, error, .. } => {
                format!("retried {attempt} {:?}", error.kind())
            }
            Event::Finished { landed, .. } => format!("finished {}", landed.bytes),
            Event::Failed { error, .. } => format!("failed {:?}", error.kind()),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(text);
    }
}

/// Faults that a later attempt does not meet, and what they are told as where every attempt meets them.
pub(crate) fn passing_faults() -> [(Fault, ErrorKind); 5] {
    [
        (Fault::Refuse, ErrorKind::Unreachable),
        (Fault::InternalError, ErrorKind::ServerFailure),
        (Fault::SlowDown { retry_after: None }, ErrorKind::Throttled),
        (Fault::SlowDown { retry_after: Some(Duration::ZERO) }, ErrorKind::Throttled),
        (Fault::ExpiredToken, ErrorKind::ExpiredCredentials),
    ]
}
