//! What S3 charges for: the cost tables of docs/performance.md, counted as the real client makes requests to a server.

use std::fmt::{self, Write as _};
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::Path;
use std::sync::Arc;

use futures::TryStreamExt;
use reenact::cache::CacheOptions;
use reenact::downloader::{
    ConnectOptions, DiscoverOptions, DiscoveredExecution, Discovery, ObjectMeta, ObjectSource,
    ObjectSourceExt, Plan, PlanOptions, Preflight, PreflightRequest, S3Source, Transfer,
    TransferOptions,
};
use reenact::registry::{ExecutionId, Layout, OutputKey, PipelineName};
use reenact::tester::Fetcher;
use reenact_testkit::{Operation, S3Server, TestBucket};

use crate::tidy;

const BUCKET: &str = "lake";
const LATEST: &str = "2013-01-20";
/// Prices of us-east-1 for the standard class, in dollars for 1,000 requests.
const PRICE_OF_LISTS: f64 = 0.005;
const PRICE_OF_READS: f64 = 0.0004;

/// Requests, by what they are charged as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Count {
    lists: u32,
    reads: u32,
}

impl Count {
    fn dollars(self) -> f64 {
        (f64::from(self.lists) * PRICE_OF_LISTS + f64::from(self.reads) * PRICE_OF_READS) / 1_000.0
    }
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |count: u32, name: &str| match count {
            0 => None,
            1 => Some(format!("1 {name}")),
            _ => Some(format!("{count} {name}s")),
        };
        let parts: Vec<_> =
            [part(self.lists, "list"), part(self.reads, "read")].into_iter().flatten().collect();
        formatter.write_str(if parts.is_empty() { "none" } else { "" })?;
        formatter.write_str(&parts.join(", "))
    }
}

/// A server, a bucket on it, and somebody who reads it.
struct Bill {
    server: S3Server,
    bucket: TestBucket,
    source: Arc<dyn ObjectSource>,
    home: tempfile::TempDir,
}

impl Bill {
    fn new() -> Self {
        let server = S3Server::start().unwrap();
        let bucket = server.bucket(BUCKET);
        let source = Arc::new(S3Source::from_client(BUCKET, &server.client()).unwrap());
        Self { server, bucket, source, home: tempfile::tempdir().unwrap() }
    }

    /// A bill for reading a pipeline of twenty executions, of so many objects in each of some steps.
    fn of_executions(steps: &[(&str, usize)]) -> Self {
        let bill = Self::new();
        for day in 1..=20 {
            for (step, objects) in steps {
                for object in 0..*objects {
                    let place = format!("2013-01-{day:02}/{step}/output/table/{object:04}");
                    bill.bucket.put(&format!("pipelines/flights/{place}"), "x");
                }
            }
        }
        bill
    }

    /// Returns what was asked since the last time.
    fn count(&self) -> Count {
        let mut count = Count { lists: 0, reads: 0 };
        for request in self.server.take_requests() {
            if request.operation == Operation::ListObjectsV2 {
                count.lists += 1;
            } else {
                let reads = [Operation::GetObject, Operation::HeadObject];
                assert!(reads.contains(&request.operation), "{request:?} is not in the tables");
                count.reads += 1;
            }
        }
        count
    }

    fn discovery(&self) -> Discovery {
        Discovery::new(Arc::clone(&self.source), Layout::seed())
    }

    /// A discovery that knows when executions began.
    fn dated(&self) -> Discovery {
        self.discovery().with_dated_ids("%Y-%m-%d")
    }

    async fn latest(&self, discovery: Discovery) -> DiscoveredExecution {
        let found = discovery.select(&flights(), &"latest".parse().unwrap()).await.unwrap();
        assert_eq!(found.steps().len(), found.outputs.len());
        found
    }

    async fn put_and_fetch(&self, size: usize, options: TransferOptions) {
        self.bucket.put("object", vec![7; size]);
        let mut object = ObjectMeta::new("object", size.try_into().unwrap());
        object.etag = self.bucket.etag("object");
        let transfer = Transfer::new(Arc::clone(&self.source), options.with_sync(false));
        transfer.fetch(&object, &self.home.path().join("object"), &()).await.unwrap();
    }

    /// Fetches one output of an execution through the cache.
    async fn fetch(&self, execution: &DiscoveredExecution, into: &str) {
        let cache = CacheOptions::default().with_location(self.home.path().join("cache"));
        let output = execution.output(&OutputKey::parse("clean.table").unwrap()).unwrap();
        let fetcher = Fetcher::new(Arc::clone(&self.source)).with_cache(cache);
        fetcher.fetch(&[output], &self.home.path().join(into)).await.unwrap();
    }
}

fn flights() -> PipelineName {
    PipelineName::parse("flights").unwrap()
}

async fn listing() -> Count {
    let bill = Bill::new();
    (0..2_500).for_each(|index| bill.bucket.put(&format!("{index:04}"), "x"));
    let listed: Vec<ObjectMeta> = bill.source.list("").try_collect().await.unwrap();
    assert_eq!(listed.len(), 2_500);
    bill.count()
}

async fn finding_executions() -> Count {
    let bill = Bill::of_executions(&[("clean", 10)]);
    let none = DiscoverOptions::default().with_since("2014-01-01T00:00:00Z".parse().unwrap());
    bill.dated().executions(&flights(), &none).await.unwrap();
    bill.count()
}

async fn the_latest(is_dated: bool) -> Count {
    let bill = Bill::of_executions(&[("clean", 10)]);
    let discovery = if is_dated { bill.dated() } else { bill.discovery() };
    bill.latest(discovery).await;
    bill.count()
}

async fn a_large_execution() -> Count {
    let bill = Bill::new();
    for step in ["clean", "ingest"] {
        for object in 0..2_000 {
            let place = format!("{LATEST}/{step}/output/table/{object:04}");
            bill.bucket.put(&format!("pipelines/flights/{place}"), "x");
        }
    }
    let id = ExecutionId::parse(LATEST).unwrap();
    let execution = bill.discovery().execution(&flights(), &id).await.unwrap();
    assert_eq!(execution.bytes(), 4_000);
    bill.count()
}

async fn an_object(size: usize) -> Count {
    let bill = Bill::new();
    let range = NonZeroU64::new(500_000).unwrap();
    bill.put_and_fetch(size, TransferOptions::default().with_range_size(range)).await;
    bill.count()
}

async fn a_preflight() -> Count {
    let bill = Bill::new();
    bill.bucket.put("object", "x");
    let report = Preflight::new(Arc::clone(&bill.source)).check(&PreflightRequest::default()).await;
    assert!(report.is_ready(), "{report:?}");
    bill.count()
}

async fn twice_in_another_region() -> Count {
    let bill = Bill::new();
    bill.bucket.put("object", "x");
    let elsewhere = ConnectOptions::default()
        .with_endpoint_url(bill.server.endpoint_url())
        .with_region("eu-north-1")
        .with_access_keys(bill.server.access_key_id(), bill.server.secret_access_key(), None);
    let source = S3Source::connect(BUCKET, &elsewhere).await.unwrap();
    for _ in 0..2 {
        source.head("object", None).await.unwrap();
    }
    bill.count()
}

async fn a_cached_object() -> Count {
    let bill = Bill::of_executions(&[("clean", 1)]);
    let execution = bill.latest(bill.dated()).await;
    bill.fetch(&execution, "first").await;
    bill.count();
    bill.fetch(&execution, "second").await;
    bill.count()
}

async fn of_each_kind() -> String {
    let mut table = "| what | requests | for example | counted |\n|---|---|---|---|\n".to_owned();
    for (what, requests, example, count) in [
        ("listing", "1 list per 1,000 keys and common prefixes", "2,500 keys", listing().await),
        (
            "finding executions by a layout",
            "1 list per 1,000 executions, and for each level above them",
            "20 executions",
            finding_executions().await,
        ),
        (
            "the latest execution",
            "1 more list per execution, or more where one has over 1,000 objects: S3 tells no times of prefixes",
            "of 20 of 10 objects each",
            the_latest(false).await,
        ),
        (
            "the latest, with `with_start_times` or `with_dated_ids`",
            "1 more list: nothing is listed that is not wanted",
            "of 20 of 10 objects each",
            the_latest(true).await,
        ),
        (
            "an execution of over 2,000 objects",
            "3 lists, and 1 per folder or per 1,000 objects; up to 64 folders side by side",
            "4,000 objects in two folders",
            a_large_execution().await,
        ),
        ("a small object", "1 read: its checksum comes with it", "20 KB", an_object(20_000).await),
        (
            "a large object",
            "1 read that asks for its checksum, and 1 per range",
            "5 MB in ranges of 500 KB",
            an_object(5_000_000).await,
        ),
        (
            "an object that is in the cache",
            "none",
            "an output of 1 object",
            a_cached_object().await,
        ),
        ("a preflight", "1 list, 1 read of one byte", "a prefix", a_preflight().await),
        (
            "another region, a clock that is off, credentials that ran out",
            "1 more of the kind that failed, once",
            "2 reads",
            twice_in_another_region().await,
        ),
    ] {
        writeln!(table, "| {what} | {requests} | {example} | {count} |").unwrap();
    }
    table
}

async fn of_one_output() -> String {
    let bill = Bill::of_executions(&[("ingest", 1_080), ("clean", 20)]);
    let mut rows = Vec::new();

    let keys: Vec<ObjectMeta> = bill.source.list("pipelines/flights/").try_collect().await.unwrap();
    let latest = format!("pipelines/flights/{LATEST}/");
    let objects: Vec<_> =
        keys.into_iter().filter(|object| object.key.starts_with(&latest)).collect();
    let plan = Plan::new(&latest, &objects, &PlanOptions::default()).unwrap();
    let quickly = TransferOptions::default()
        .with_concurrency(NonZeroUsize::new(16).unwrap())
        .with_sync(false);
    let transfer = Transfer::new(Arc::clone(&bill.source), quickly);
    let report = transfer.run(&plan, &bill.home.path().join("everything"), &()).await.unwrap();
    assert!(report.is_complete());
    rows.push(("every key of the pipeline listed, the whole execution fetched", bill.count()));

    let execution = bill.latest(bill.discovery()).await;
    bill.fetch(&execution, "undated").await;
    rows.push(("the output found by layout and fetched, times not known", bill.count()));

    std::fs::remove_dir_all(bill.home.path().join("cache")).unwrap();
    let execution = bill.latest(bill.dated()).await;
    bill.fetch(&execution, "dated").await;
    rows.push(("the same, beginnings known", bill.count()));

    let execution = bill.latest(bill.dated()).await;
    bill.fetch(&execution, "again").await;
    rows.push(("the same again, from the cache", bill.count()));

    let mut table = "| one output of 20 objects, of the latest of 20 executions of 1,100 objects | lists | reads | per run |\n\
                     |---|---:|---:|---:|\n"
        .to_owned();
    for (what, count) in rows {
        let Count { lists, reads } = count;
        writeln!(table, "| {what} | {lists} | {reads} | ${:.6} |", count.dollars()).unwrap();
    }
    table
}

/// Replaces the table that begins with the same line.
fn replace(page: &str, table: &str) -> String {
    let header = table.lines().next().unwrap();
    assert!(page.contains(header), "no table begins with {header}");
    let start = page.find(header).unwrap();
    let length = page[start..].find("\n\n").map_or(page.len() - start, |end| end + 1);
    [&page[..start], table, &page[start + length..]].concat()
}

/// `REENACT_UPDATE=1` writes the tables anew.
#[test]
fn the_cost_tables_are_what_the_client_asks_for() {
    let page = Path::new("docs/performance.md");
    let path = tidy::workspace_root().join(page);
    let before = std::fs::read_to_string(&path).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let tables = runtime.block_on(async { [of_each_kind().await, of_one_output().await] });
    let after = tables.iter().fold(before.clone(), |page, table| replace(&page, table));
    if std::env::var("REENACT_UPDATE").is_ok_and(|value| value == "1") {
        std::fs::write(&path, after).unwrap();
    } else {
        assert_eq!(before, after, "REENACT_UPDATE=1 writes the tables anew");
    }
}
