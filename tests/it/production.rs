//! Production's `flights` pipeline, run for two months and left on an S3 server in this process.

use std::path::Path;
use std::sync::Arc;

use reenact::cache::CacheOptions;
use reenact::downloader::{ObjectSource, S3Source};
use reenact_examples::flights::{BUCKET, PIPELINE, Production};
use reenact_testkit::S3Server;
use tempfile::TempDir;

/// A server with what production wrote, and room for a cache.
pub(crate) struct Published {
    server: S3Server,
    home: TempDir,
}

impl Published {
    pub(crate) fn new() -> Self {
        let server = S3Server::start().unwrap();
        let home = tempfile::tempdir().unwrap();
        let production = Production::new(home.path().join("bucket"));
        for (month, written) in
            [("2013-01", "2013-02-01T03:00:00Z"), ("2013-02", "2013-03-01T03:00:00Z")]
        {
            let execution =
                production.execute(Path::new(env!("CARGO_BIN_EXE_flights")), month).unwrap();
            let prefix = format!("pipelines/{PIPELINE}/{month}/");
            server
                .bucket(BUCKET)
                .publish_dir(&prefix, &execution, written.parse().unwrap())
                .unwrap();
        }
        Self { server, home }
    }

    /// Returns production's bucket.
    pub(crate) fn bucket(&self) -> Arc<dyn ObjectSource> {
        Arc::new(S3Source::from_client(BUCKET, &self.server.client()).unwrap())
    }

    /// Returns a cache of this test's own.
    pub(crate) fn cache(&self) -> CacheOptions {
        CacheOptions::default().with_location(self.home.path().join("cache"))
    }
}
