//! Discovery over HTTP, where listings come in pages.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::DateTime;
use futures::future::BoxFuture;
use reenact_downloader::{
    Bucket, DiscoverOptions, Discovery, GetRequest, InMemory, ListPage, ListRequest, LocalSource,
    ObjectBody, ObjectMeta, ObjectSource, Result,
};
use reenact_registry::{ExecutionId, Layout, PipelineName};

use crate::fixture::World;

fn flights() -> PipelineName {
    PipelineName::parse("flights").unwrap()
}

#[tokio::test]
async fn d5_h14_executions_beyond_the_first_page_are_found() {
    let world = World::new().await;
    for index in 0..1_203_u32 {
        let written = DateTime::from_timestamp(i64::from(index % 100), 0).unwrap();
        world.bucket.put_at(&format!("pipelines/flights/{index}/s/output/o/x"), "x", written);
    }
    let discovery = Discovery::new(Arc::clone(&world.source), Layout::seed());
    let found = discovery.executions(&flights(), &DiscoverOptions::default()).await.unwrap();
    let found = found.executions;
    assert_eq!(found.len(), 1_203);
    let newest: Vec<_> = found.iter().take(3).map(|execution| execution.id.as_str()).collect();
    assert_eq!(newest, ["999", "99", "899"], "of one date, the greatest id first");
}

#[tokio::test]
async fn d5_h14_objects_beyond_the_first_page_are_found() {
    let world = World::new().await;
    for index in 0..2_001 {
        world.bucket.put(&format!("pipelines/flights/1/s/output/o/{index}"), "x");
    }
    let discovery = Discovery::new(Arc::clone(&world.source), Layout::seed());
    let execution =
        discovery.execution(&flights(), &ExecutionId::parse("1").unwrap()).await.unwrap();
    assert_eq!((execution.outputs[0].objects.len(), execution.bytes()), (2_001, 2_001));
}

#[tokio::test]
async fn a_directory_is_discovered_like_the_bucket_it_mirrors() {
    let world = World::new().await;
    for key in [
        "flights/1/clean/output/table/a/x",
        "flights/1/clean/output/table/b",
        "flights/1/clean/code/main.py",
    ] {
        let key = format!("pipelines/{key}");
        world.bucket.put(&key, "x");
        let path = world.directory().join(&key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "x").unwrap();
    }
    let mirror = Arc::new(LocalSource::new(world.directory()).unwrap());
    let id = ExecutionId::parse("1").unwrap();
    let [here, there] = [
        Discovery::new(mirror, Layout::seed()),
        Discovery::new(Arc::clone(&world.source), Layout::seed()),
    ];
    let (here, there) = (
        here.execution(&flights(), &id).await.unwrap(),
        there.execution(&flights(), &id).await.unwrap(),
    );
    let summary = |execution: &reenact_downloader::DiscoveredExecution| {
        let outputs = execution.outputs.iter().map(|output| {
            let keys: Vec<_> = output.objects.iter().map(|object| object.key.clone()).collect();
            (output.key.clone(), output.root.clone(), keys)
        });
        (outputs.collect::<Vec<_>>(), execution.ignored.clone())
    };
    assert_eq!(summary(&here), summary(&there));
    assert_eq!(here.ignored.len(), 1);
}

/// A source that counts how many listings are under way.
#[derive(Debug)]
struct Counting {
    bucket: InMemory,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl ObjectSource for Counting {
    fn bucket(&self) -> &Bucket {
        self.bucket.bucket()
    }

    fn list_page<'a>(&'a self, request: &'a ListRequest) -> BoxFuture<'a, Result<ListPage>> {
        Box::pin(async move {
            let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.fetch_max(now, Ordering::Relaxed);
            // Lets the others begin.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            let page = self.bucket.list_page(request).await;
            self.now.fetch_sub(1, Ordering::Relaxed);
            page
        })
    }

    fn head<'a>(
        &'a self,
        key: &'a str,
        version_id: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ObjectMeta>> {
        self.bucket.head(key, version_id)
    }

    fn get_range<'a>(&'a self, request: &'a GetRequest) -> BoxFuture<'a, Result<ObjectBody>> {
        self.bucket.get_range(request)
    }
}

#[tokio::test]
async fn listings_run_side_by_side_and_no_more_of_them_than_are_allowed() {
    let bucket = InMemory::new("prod");
    for execution in 0..4 {
        // Each takes more than two pages, so that its folders are listed side by side, too.
        for folder in 0..5 {
            for object in 0..450 {
                bucket.put(format!("pipelines/flights/{execution}/{folder}/output/o/{object}"), "");
            }
        }
    }
    for allowed in [1, 3, 7] {
        let counting = Counting {
            bucket: bucket.clone(),
            now: AtomicUsize::default(),
            most: AtomicUsize::default(),
        };
        let source = Arc::new(counting);
        let discovery =
            Discovery::new(Arc::clone(&source) as Arc<dyn ObjectSource>, Layout::seed())
                .with_concurrency(NonZeroUsize::new(allowed).unwrap());
        let found = discovery.executions(&flights(), &DiscoverOptions::default()).await.unwrap();
        assert_eq!(found.executions.len(), 4);
        let objects = found.executions[0].outputs.iter().map(|output| output.objects.len());
        assert_eq!(objects.sum::<usize>(), 5 * 450);
        assert_eq!(source.most.load(Ordering::Relaxed), allowed);
    }
}
