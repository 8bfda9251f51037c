//! All three sources pass the suite, S3 over HTTP.

use std::path::PathBuf;
use std::sync::Arc;

use reenact_downloader::conformance::{Fixture, run};
use reenact_downloader::{InMemory, LocalSource, ObjectSource, S3Source};
use reenact_testkit::{S3Server, TestBucket};

struct Memory(InMemory);

impl Fixture for Memory {
    fn source(&self) -> Arc<dyn ObjectSource> {
        Arc::new(self.0.clone())
    }

    fn put(&self, key: &str, content: &[u8]) {
        self.0.put(key, content.to_vec());
    }
}

struct Directory(PathBuf);

impl Fixture for Directory {
    fn source(&self) -> Arc<dyn ObjectSource> {
        Arc::new(LocalSource::new(&self.0).unwrap())
    }

    fn put(&self, key: &str, content: &[u8]) {
        let path = self.0.join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let new = path.with_file_name("new");
        std::fs::write(&new, content).unwrap();
        std::fs::rename(new, path).unwrap();
    }

    fn missing(&self) -> Option<Arc<dyn ObjectSource>> {
        Some(Arc::new(LocalSource::new(self.0.join("missing-bucket")).unwrap()))
    }
}

struct Server {
    server: S3Server,
    bucket: TestBucket,
}

impl Fixture for Server {
    fn source(&self) -> Arc<dyn ObjectSource> {
        Arc::new(S3Source::from_client(self.bucket.name(), &self.server.client()).unwrap())
    }

    fn put(&self, key: &str, content: &[u8]) {
        self.bucket.put(key, content.to_vec());
    }

    fn missing(&self) -> Option<Arc<dyn ObjectSource>> {
        Some(Arc::new(S3Source::from_client("missing-bucket", &self.server.client()).unwrap()))
    }
}

#[tokio::test]
async fn memory_conforms() {
    run(&Memory(InMemory::new("memory"))).await;
}

#[tokio::test]
async fn a_directory_conforms() {
    let directory = tempfile::tempdir().unwrap();
    run(&Directory(directory.path().to_owned())).await;
}

#[tokio::test]
async fn s3_conforms_over_http() {
    let server = S3Server::start().unwrap();
    let bucket = server.bucket("lake");
    run(&Server { server, bucket }).await;
}
