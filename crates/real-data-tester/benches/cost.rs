//! What a run costs beside the step itself: a step that does nothing, and pipelines of more and more small steps.
//!
//! `cargo bench -p reenact-real-data-tester --bench cost` prints two tables. In the first the program alone and its replay take turns, so
//! that whatever else the machine does slows down both.

#![expect(
    clippy::cast_precision_loss,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has to stop, and what it found is for people"
)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reenact_downloader::InMemory;
use reenact_real_data_tester::{Runner, Scenario};
use reenact_validator::Verdict;
use reenact_workspace_cache::CacheOptions;
use tempfile::TempDir;

/// How often the program and its replay take turns.
const TURNS: usize = 60;
/// How many bytes each object has.
const OBJECT_BYTES: usize = 20 * 1024;

fn main() {
    println!("| cached objects | the program alone | its replay | overhead, median | least |");
    println!("|---:|---:|---:|---:|---:|");
    for objects in [1, 10, 100] {
        println!("{}", replays(objects));
    }
    println!("\n| steps | whole run | per step |");
    println!("|---:|---:|---:|");
    for steps in [125, 250, 500, 1_000, 2_000] {
        println!("{}", pipelines(steps));
    }
}

/// Replays a program that does nothing on so many objects that are in the cache; there is nothing that it could be compared with.
fn replays(objects: usize) -> String {
    let bucket = InMemory::new("acme-production");
    for object in 0..objects {
        let key = format!("pipelines/sales/1/extract/output/rows/part-{object:05}.bin");
        bucket.put(key, vec![0; OBJECT_BYTES]);
    }
    bucket.put("pipelines/sales/1/nothing/output/none/empty", "");
    let scenario = Scenario::builder("sales")
        .step("nothing", |step| step.command(["true"]).input("rows", "extract.rows"));
    let home = tempfile::tempdir().unwrap();
    let runner = settle(Runner::new(scenario.build().unwrap(), Arc::new(bucket)), home.path());
    let replay = || {
        let report = runner.replay_blocking("nothing", "latest").unwrap();
        assert!(report.steps[0].outcome.as_ref().unwrap().succeeded(), "{}", report.reason);
    };
    replay();
    let (mut alone, mut replayed) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        alone.push(time(|| assert!(Command::new("true").status().unwrap().success())));
        replayed.push(time(replay));
    }
    let (alone, replayed) = (sorted(alone), sorted(replayed));
    let median = |times: &[f64]| times[times.len() / 2];
    format!(
        "| {objects} | {:.1} ms | {:.1} ms | {:.1} ms | {:.1} ms |",
        median(&alone),
        median(&replayed),
        median(&replayed) - median(&alone),
        replayed[0] - alone[0]
    )
}

/// Runs a pipeline of so many steps, each of which copies what the one before it in its row of ten wrote.
fn pipelines(steps: usize) -> String {
    let name = |step: usize| format!("s{step:05}");
    let mut scenario = Scenario::builder("sales");
    for step in 0..steps {
        scenario = scenario.step(name(step), |described| {
            let described = described.outputs(["o"]);
            match step.checked_sub(10) {
                None => described.command(["cp", "/etc/hostname", "{outputs.o}/a"]).no_inputs(),
                Some(before) => described
                    .command(["cp", "{inputs.i}/a", "{outputs.o}/a"])
                    .input("i", format!("{}.o", name(before))),
            }
        });
    }
    let home = TempDir::new().unwrap();
    let runner = settle(Runner::offline(scenario.build().unwrap()), home.path());
    let taken = time(|| {
        let report = runner.pipeline_blocking().unwrap();
        assert_eq!(report.verdict, Verdict::Pass, "{}", report.reason);
    });
    format!("| {steps} | {:.2} s | {:.2} ms |", taken / 1e3, taken / steps as f64)
}

fn settle(runner: Runner, home: &Path) -> Runner {
    runner
        .with_cache(CacheOptions::default().with_location(home.join("cache")))
        .with_workspace_root(home.join("runs"))
}

/// Returns how long something takes, in milliseconds.
fn time(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    let taken: Duration = started.elapsed();
    taken.as_secs_f64() * 1e3
}

fn sorted(mut times: Vec<f64>) -> Vec<f64> {
    times.sort_by(f64::total_cmp);
    times
}
