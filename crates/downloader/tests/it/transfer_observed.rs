//! What a transfer tells: progress to observers, and nothing secret to anyone.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use reenact_downloader::{Plan, PlanOptions, ProgressMeter, S3Source, Transfer};
use reenact_testkit::{Fault, Matcher, Operation};
use tracing_subscriber::fmt::MakeWriter;

use crate::fixture::{BUCKET, World, content, impatient, options};

const KEY: &str = "run/out/part-0.bin";

#[tokio::test]
async fn totals_come_out_even_whatever_happens_on_the_way() {
    let world = World::new().await;
    let keys: Vec<String> = (0..5).map(|number| format!("run/out/part-{number}.bin")).collect();
    let mut objects = Vec::new();
    for key in &keys {
        world.bucket.put(key, content(100_000));
        objects.push(world.listed(key).await);
    }
    let reads = |number: usize| Matcher::operation(Operation::GetObject).key(&keys[number]).nth(1);
    world.server.faults().on(reads(0), Fault::Truncate { after: 30_000 });
    world.server.faults().on(reads(1), Fault::Corrupt { at: 7 });
    world.server.faults().on(reads(2), Fault::InternalError);
    let plan = Plan::new("run/out/", &objects, &PlanOptions::default()).unwrap();
    let meter = ProgressMeter::new();
    let report = world.transfer().run(&plan, world.directory(), &meter).await.unwrap();
    assert!(report.is_complete());
    let progress = meter.progress();
    assert_eq!((progress.objects, progress.objects_done, progress.objects_failed), (5, 5, 0));
    assert_eq!((progress.bytes, progress.bytes_done), (500_000, 500_000));
    assert_eq!(progress.retries, 3);
    assert!(progress.bytes_per_second > 0.0);
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn spans_name_the_object_and_tell_no_secret() {
    let (world, object) = World::with(KEY, content(1_000)).await;
    world.server.faults().on(Matcher::operation(Operation::GetObject).nth(1), Fault::InternalError);
    let log = Log::default();
    let only_ours = tracing_subscriber::filter::Targets::new()
        .with_target("reenact_downloader", tracing::Level::TRACE);
    let subscriber = tracing_subscriber::layer::SubscriberExt::with(
        tracing_subscriber::registry(),
        tracing_subscriber::Layer::with_filter(
            tracing_subscriber::fmt::layer().with_writer(log.clone()),
            only_ours,
        ),
    );
    let _guard = tracing::subscriber::set_default(subscriber);
    let token = "the-session-token-of-this-test";
    let (id, secret) = (world.server.access_key_id(), world.server.secret_access_key());
    let options = options(&world.server).with_access_keys(id, secret, Some(token.to_owned()));
    let source = S3Source::connect(BUCKET, &options).await.unwrap();
    let transfer = Transfer::new(Arc::new(source), impatient());
    transfer.fetch(&object, &world.destination(), &()).await.unwrap();
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains(KEY) && text.contains("repeating a request"), "{text}");
    for hidden in [secret, token, "Signature=", "X-Amz-"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
}
