//! A crowd of processes that want the same objects at once, while some of them are killed, one collects garbage, and the
//! index gets lost.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use reenact_workspace_cache::{Cache, Depth, EvictionResult, Reserved, Retention};

use crate::common::{assert_agreement, content, object, options};
use crate::second_process::{SecondProcess, say_ready};

/// How many processes there are, how many objects they want, and when one more of them is to be killed.
struct Crowd<K: FnMut(usize) -> bool> {
    processes: usize,
    objects: usize,
    seed: u64,
    goes_on: K,
}

impl<K: FnMut(usize) -> bool> Crowd<K> {
    /// Has every process want every object over and over, in an order of its own, from a cache that may hold only half of
    /// them, and kills one after the other wherever it happens to be. Then looks whether anything came to harm.
    fn run(mut self, directory: &Path) {
        println!("seed {}", self.seed);
        let limit = (0..self.objects).map(|number| object(number).size()).sum::<u64>() / 2;
        let mut random = Rng::with_seed(self.seed);
        let mut collector = SecondProcess::start(&format!("collect {limit}"), directory);
        collector.wait_until_ready();
        let start = |random: &mut Rng| {
            SecondProcess::start(&format!("want {} {}", random.u64(..), self.objects), directory)
        };
        let mut crowd: Vec<SecondProcess> =
            (0..self.processes).map(|_| start(&mut random)).collect();
        let mut killed = 0;
        while (self.goes_on)(killed) {
            let victim = random.usize(..crowd.len());
            // It ends by itself only if something is wrong, which this notices.
            (0..random.usize(1..20)).for_each(|_| crowd[victim].wait_until_ready());
            crowd[victim].kill();
            crowd[victim] = start(&mut random);
            killed += 1;
        }
        for survivor in crowd {
            assert!(survivor.finish(), "what a survivor read was not what was stored");
        }
        assert!(collector.finish());
        self.check(directory, limit);
    }

    fn check(&self, directory: &Path, limit: u64) {
        let cache = Cache::open(options(directory)).unwrap();
        assert_eq!(cache.take_notices(), []);
        let plan = cache.plan(&Retention::unlimited().with_max_bytes(Some(limit))).unwrap();
        cache.apply(&plan).unwrap();
        assert_agreement(&cache);
        assert!(cache.usage().unwrap().blobs.bytes <= limit);
        for number in 0..self.objects {
            drop(get(&cache, number));
        }
        assert_agreement(&cache);
        assert_eq!(cache.objects().unwrap().len(), self.objects);
    }
}

#[test]
fn killing_some_of_a_crowd_harms_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let goes_on = |killed| killed < 40;
    Crowd { processes: 8, objects: 50, seed: 20_130_301, goes_on }.run(directory.path());
}

#[test]
#[ignore = "takes two minutes; before a release it is run by `.ci/release`"]
fn killing_some_of_a_large_crowd_for_two_minutes_harms_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let goes_on = |killed: usize| {
        let goes_on = start.elapsed() < Duration::from_mins(2);
        if !goes_on {
            println!("{killed} processes were killed");
        }
        goes_on
    };
    Crowd { processes: 20, objects: 200, seed: fastrand::u64(..), goes_on }.run(directory.path());
}

/// Whoever cleans up by hand, and starts with the wrong file, costs at most some fetches.
#[test]
fn losing_the_index_meanwhile_makes_nobody_fail() {
    const PROCESSES: u64 = 8;
    const OBJECTS: usize = 50;
    let directory = tempfile::tempdir().unwrap();
    let start = |seed| SecondProcess::start(&format!("want {seed} {OBJECTS}"), directory.path());
    let mut processes: Vec<SecondProcess> = (0..PROCESSES).map(start).collect();
    for turn in 0..5 * OBJECTS {
        let at = turn % processes.len();
        processes[at].wait_until_ready();
        let harmed: &[&str] = match turn % 75 {
            0 => &["index.sqlite"],
            25 => &["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"],
            50 => &["index.sqlite-wal"],
            _ => &[],
        };
        for name in harmed {
            // Another process may be replacing it at this very moment.
            drop(fs::remove_file(directory.path().join("v1").join(name)));
        }
    }
    for process in processes {
        assert!(process.finish());
    }

    let cache = Cache::open(options(directory.path())).unwrap();
    for number in 0..OBJECTS {
        drop(get(&cache, number));
    }
    assert_agreement(&cache);
}

/// Gets an object, from the cache or by storing it, and reads it.
fn get(cache: &Cache, number: usize) -> reenact_workspace_cache::Entry {
    let entry = match cache.reserve(&object(number)).unwrap() {
        Reserved::Ready(entry) => entry,
        Reserved::Fill(reservation) if number.is_multiple_of(2) => {
            reservation.commit_from(&*content(number)).unwrap()
        }
        Reserved::Fill(reservation) => {
            let part = reservation.path().with_extension("part");
            fs::write(&part, content(number)).unwrap();
            fs::rename(&part, reservation.path()).unwrap();
            reservation.commit().unwrap()
        }
    };
    assert_eq!(fs::read(entry.path()).unwrap(), content(number), "object {number}");
    entry
}

/// Wants all objects over and over, each time in another order, until its standard input ends; is ready after each.
pub(crate) fn want(cache: &Cache, wish: &str) {
    let (seed, objects) = wish.split_once(' ').unwrap();
    let mut random = Rng::with_seed(seed.parse().unwrap());
    let mut numbers: Vec<usize> = (0..objects.parse().unwrap()).collect();
    until_told_to_end(|| {
        random.shuffle(&mut numbers);
        for number in &numbers {
            drop(get(cache, *number));
            say_ready();
        }
    });
}

/// Collects garbage, and evicts what exceeds a limit that is too small for all, until its standard input ends.
pub(crate) fn collect(cache: &Cache, limit: u64) {
    say_ready();
    until_told_to_end(|| {
        let retention = Retention::unlimited().with_max_bytes(Some(limit));
        let report = cache.apply(&cache.plan(&retention).unwrap()).unwrap();
        let failed = |result: &EvictionResult| matches!(result, EvictionResult::Failed(_));
        assert!(!report.results.iter().any(|(_, result)| failed(result)), "{report:?}");
        cache.sweep().unwrap();
        let verified = cache.verify(Depth::Quick, |_| ()).unwrap();
        assert!(verified.quarantined.is_empty() && verified.missing.is_empty(), "{verified:?}");
    });
}

/// Does something over and over. A panic ends the process, whether or not it was told to end.
fn until_told_to_end(mut body: impl FnMut()) {
    let listener = thread::spawn(|| io::stdin().read_to_end(&mut Vec::new()));
    while !listener.is_finished() {
        body();
    }
}
