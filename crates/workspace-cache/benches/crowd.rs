//! How many hits a second a crowd of processes gets from one warm cache, and what each of them costs.
//!
//! `cargo bench -p reenact-workspace-cache --bench crowd` prints a table. If processes had to wait for each other, more of
//! them would get fewer hits together, or would need more processor time for each.

#![expect(
    clippy::cast_precision_loss,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has to stop, and what it found is for people"
)]

use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::DateTime;
use reenact_workspace_cache::{Cache, CacheOptions, Identity, Reserved, Retention, Revision};
use wait4::Wait4 as _;

/// Where the cache of a process of the crowd is; only set for those.
const DIRECTORY: &str = "REENACT_BENCH_DIRECTORY";

/// How many objects every process wants, and how often.
const OBJECTS: usize = 1_000;
const PASSES: usize = 20;

fn main() {
    match env::var_os(DIRECTORY) {
        Some(directory) => be_one_of_the_crowd(Path::new(&directory)),
        None => measure(),
    }
}

fn measure() {
    let directory = tempfile::tempdir().unwrap();
    let cache = open(directory.path());
    for number in 0..OBJECTS {
        if let Reserved::Fill(reservation) = cache.reserve(&object(number)).unwrap() {
            reservation.commit_from(&*number.to_string().repeat(100).into_bytes()).unwrap();
        }
    }
    println!("| processes | hits/s together | median hit | 99th percentile | CPU per hit |");
    println!("|---:|---:|---:|---:|---:|");
    for processes in [1, 2, 8, 20] {
        println!("{}", row(directory.path(), processes, None));
    }
    println!("{}", row(directory.path(), 20, Some(&cache)));
}

/// Has a crowd hit all objects, while `evictor`, if there is one, carries out evictions.
fn row(directory: &Path, processes: usize, evictor: Option<&Cache>) -> String {
    let mut crowd: Vec<Child> = (0..processes).map(|_| start(directory)).collect();
    let mut outputs: Vec<_> =
        crowd.iter_mut().map(|child| BufReader::new(child.stdout.take().unwrap())).collect();
    let mut read_line = |at: usize| {
        let mut line = String::new();
        outputs[at].read_line(&mut line).unwrap();
        line
    };
    (0..processes).for_each(|at| drop(read_line(at)));
    let start = Instant::now();
    for child in &mut crowd {
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
    }
    let longest = evictor.map(|cache| evict(cache, 20));
    let mut latencies: Vec<u64> = Vec::new();
    for at in 0..processes {
        latencies.extend(read_line(at).split_whitespace().map(|text| text.parse::<u64>().unwrap()));
    }
    let wall = start.elapsed();
    let cpu: Duration = crowd
        .into_iter()
        .map(|child| child.wait4().unwrap().rusage)
        .map(|used| used.utime + used.stime)
        .sum();
    latencies.sort_unstable();
    let hits = latencies.len();
    let microseconds = |nanoseconds: u64| nanoseconds as f64 / 1e3;
    format!(
        "| {processes}{} | {:.0} | {:.1} µs | {:.1} µs | {:.1} µs |",
        longest.map_or_else(String::new, |longest| format!(
            " and an evictor, whose longest turn over {OBJECTS} blobs took {} ms",
            longest.as_millis()
        )),
        hits as f64 / wall.as_secs_f64(),
        microseconds(latencies[hits / 2]),
        microseconds(latencies[hits / 100 * 99]),
        // The pass that warms a process up counts too.
        cpu.as_secs_f64() * 1e6 / (hits + processes * OBJECTS) as f64
    )
}

/// Carries out a plan over and over, until `turns` are done, and returns how long the longest took. All blobs are in the
/// plan, and none of them goes, since it says that they were used since; but the gate is closed as for any other plan.
fn evict(cache: &Cache, turns: usize) -> Duration {
    let mut plan = cache.plan(&Retention::unlimited().with_max_bytes(Some(1))).unwrap();
    plan.evictions.iter_mut().for_each(|eviction| eviction.last_used = DateTime::UNIX_EPOCH);
    let turn = |_| {
        let start = Instant::now();
        assert_eq!(cache.apply(&plan).unwrap().freed_bytes(), 0);
        start.elapsed()
    };
    (0..turns).map(turn).max().unwrap_or_default()
}

fn start(directory: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .env(DIRECTORY, directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Hits every object once to be warm, waits to be told, and says how many nanoseconds each further hit took.
fn be_one_of_the_crowd(directory: &Path) {
    let cache = open(directory);
    for number in 0..OBJECTS {
        hit(&cache, number);
    }
    println!("ready");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let offset = usize::try_from(std::process::id()).unwrap();
    let mut latencies = String::new();
    for turn in 0..PASSES * OBJECTS {
        // 7 has no common divisor with the number of objects, so each comes once in a pass.
        latencies.push_str(&hit(&cache, (offset + 7 * turn) % OBJECTS).as_nanos().to_string());
        latencies.push(' ');
    }
    println!("{latencies}");
}

fn hit(cache: &Cache, number: usize) -> Duration {
    let identity = object(number);
    let start = Instant::now();
    let entry = cache.lookup(&identity).unwrap().unwrap();
    drop(entry);
    start.elapsed()
}

fn open(directory: &Path) -> Cache {
    Cache::open(CacheOptions::default().with_location(directory)).unwrap()
}

fn object(number: usize) -> Identity {
    let size = number.to_string().len() as u64 * 100;
    let key = format!("pipelines/flights/2013-03/clean/output/table/part-{number:04}.parquet");
    Identity::new("lake", key, Revision::ETag(format!("{number:032x}")), size).unwrap()
}
