//! Staging goes on beside the steps that do not need it, and waits for other processes within sight.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use reenact_downloader::InMemory;
use reenact_real_data_tester::{
    Event, FnExecutor, Interrupt, Reporter, Runner, Scenario, StepError, StepRequest,
};
use reenact_validator::Verdict;
use reenact_workspace_cache::{Cache, CacheOptions, Identity, Reservation, Reserved, Revision};

use crate::setting::Setting;

/// A run that waits longer than this for an object has failed.
const LONGEST: Duration = Duration::from_mins(1);

fn cache_options(setting: &Setting) -> CacheOptions {
    CacheOptions::default().with_location(setting.path("cache")).with_wait_limit(LONGEST)
}

/// Puts an object into the bucket, and takes the right to bring it into the cache, as another process would.
fn held(setting: &Setting, bucket: &InMemory, key: &str, body: &str) -> Reservation {
    let object = bucket.put(key, body.to_owned());
    let etag = Revision::ETag(object.etag.unwrap());
    let identity = Identity::new("acme", key, etag, object.size).unwrap();
    let cache = Cache::open(cache_options(setting)).unwrap();
    let reserved = cache.reserve(&identity).unwrap();
    let Reserved::Fill(reservation) = reserved else { unreachable!("nothing is in the cache yet") };
    reservation
}

/// A closure that hands over what it holds, once.
fn once(
    step: impl FnOnce(&StepRequest) -> Result<(), StepError> + Send + 'static,
) -> impl Fn(&StepRequest) -> Result<(), StepError> + Send + Sync {
    let step = Mutex::new(Some(step));
    move |request| {
        let step = step.lock().unwrap_or_else(PoisonError::into_inner).take();
        step.ok_or("it ran twice")?(request)
    }
}

fn copy(request: &StepRequest, from: &str, to: &str) -> Result<(), StepError> {
    std::fs::copy(request.input(from).join("a.csv"), request.output(to).join("a.csv"))?;
    Ok(())
}

#[test]
fn a_step_begins_while_what_others_read_and_its_own_reference_are_still_fetched() {
    let setting = Setting::new();
    let bucket = InMemory::new("acme");
    let key = |place: &str| format!("pipelines/sales/1/{place}/a.csv");
    bucket.put(key("join/output/joined"), "id\n2\n");
    // Neither can be staged before the step `first` lets go of it.
    let input = held(&setting, &bucket, &key("extract/output/rows"), "id\n2\n");
    let reference = held(&setting, &bucket, &key("first/output/ones"), "id\n1\n");
    let first = once(move |request| {
        input.commit_from(&b"id\n2\n"[..])?;
        reference.commit_from(&b"id\n1\n"[..])?;
        Ok(std::fs::write(request.output("ones").join("a.csv"), "id\n1\n")?)
    });
    let scenario = Scenario::builder("sales")
        .step("first", |step| step.executor(FnExecutor::new("first", first)).no_inputs())
        .step("join", |step| {
            let join = FnExecutor::new("join", |request| copy(request, "rows", "joined"));
            step.executor(join).input("ones", "first.ones").input("rows", "extract.rows")
        });
    let runner = Runner::new(scenario.build().unwrap(), Arc::new(bucket))
        .with_cache(cache_options(&setting))
        .with_workspace_root(setting.path("runs"));
    let report = runner.replay_chain_blocking("first", "1").unwrap();
    report.assert_matches_production();
    assert_eq!(report.steps.len(), 2);
}

/// Tells when the run waits for another process.
#[derive(Debug)]
struct Waits(Mutex<mpsc::Sender<u64>>);

impl Reporter for Waits {
    fn report(&self, event: &Event) {
        if let Event::ObjectAwaited { size, .. } = event {
            // Whoever heard it once need not listen on.
            let _told = self.0.lock().unwrap_or_else(PoisonError::into_inner).send(*size);
        }
    }
}

/// Returns a runner of a step whose input another process is fetching, that process's right, and what hears of the waiting.
fn waiting(setting: &Setting) -> (Runner, Reservation, mpsc::Receiver<u64>) {
    let bucket = InMemory::new("acme");
    bucket.put("pipelines/sales/1/copy/output/rows/a.csv", "id\n1\n");
    let held = held(setting, &bucket, "pipelines/sales/1/extract/output/rows/a.csv", "id\n1\n");
    let scenario = Scenario::builder("sales").step("copy", |step| {
        let copy = FnExecutor::new("copy", |request| copy(request, "rows", "rows"));
        step.executor(copy).input("rows", "extract.rows")
    });
    let (sender, heard) = mpsc::channel();
    let runner = Runner::new(scenario.build().unwrap(), Arc::new(bucket))
        .with_cache(cache_options(setting))
        .with_workspace_root(setting.path("runs"))
        .with_reporter(Arc::new(Waits(Mutex::new(sender))));
    (runner, held, heard)
}

#[test]
fn it_is_told_that_another_process_fetches_what_is_waited_for() {
    let setting = Setting::new();
    let (runner, held, heard) = waiting(&setting);
    let report = std::thread::scope(|scope| {
        scope.spawn(move || {
            assert_eq!(heard.recv().unwrap(), 5, "the size of the object");
            held.commit_from(&b"id\n1\n"[..]).unwrap();
        });
        runner.replay_blocking("copy", "1").unwrap()
    });
    report.assert_matches_production();
    let events = std::fs::read_to_string(report.events_path()).unwrap();
    assert!(!events.contains("object_awaited"), "it is for whoever watches");
}

#[test]
fn an_interrupt_ends_the_waiting_for_another_process() {
    let setting = Setting::new();
    let (runner, held, heard) = waiting(&setting);
    let interrupt = Interrupt::default();
    let runner = runner.with_interrupt(interrupt.clone());
    let report = std::thread::scope(|scope| {
        scope.spawn(move || {
            heard.recv().unwrap();
            interrupt.raise();
        });
        runner.replay_blocking("copy", "1").unwrap()
    });
    assert!(report.interrupted);
    assert_eq!(report.verdict, Verdict::Inconclusive);
    drop(held);
}
