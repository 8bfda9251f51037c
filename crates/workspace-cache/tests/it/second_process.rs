//! A second process for the tests that need one: this test binary, started again to play a part.

use std::env;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use reenact_workspace_cache::{Cache, Depth, EvictionResult, Reserved, Retention};

use crate::common::{content, object, options};

const PART: &str = "REENACT_TEST_PART";
const DIRECTORY: &str = "REENACT_TEST_DIRECTORY";
const READY: &str = "the part has come to its point";

/// A process that plays a part and dies at the latest with this handle.
pub(crate) struct SecondProcess {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl SecondProcess {
    /// Starts a part, with the cache in `directory`.
    pub(crate) fn start(part: &str, directory: &Path) -> Self {
        Self::start_by(Command::new(env::current_exe().unwrap()), part, directory)
    }

    /// Starts a part with the cache in `directory`, on a disk of its own with these mount options. `None` if this machine
    /// does not let us mount one.
    pub(crate) fn start_on_disk(part: &str, directory: &Path, options: &str) -> Option<Self> {
        let mount = format!("mount -t tmpfs -o {options} tmpfs \"${DIRECTORY}\"");
        let unshare = |script: &str| {
            let mut command = Command::new("unshare");
            command
                .args(["--map-root-user", "--mount", "sh", "-c", script, "sh"])
                .env(DIRECTORY, directory);
            command
        };
        if !unshare(&mount).output().is_ok_and(|outcome| outcome.status.success()) {
            return None;
        }
        let mut command = unshare(&format!("{mount} && exec \"$@\""));
        command.arg(env::current_exe().unwrap());
        Some(Self::start_by(command, part, directory))
    }

    fn start_by(mut command: Command, part: &str, directory: &Path) -> Self {
        let mut child = command
            .args(["--exact", "second_process::play_the_part_that_was_given", "--nocapture"])
            .env(PART, part)
            .env(DIRECTORY, directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    /// Waits until the part has come to its point.
    pub(crate) fn wait_until_ready(&mut self) {
        let mut line = String::new();
        while !line.contains(READY) {
            line.clear();
            assert_ne!(
                self.output.read_line(&mut line).unwrap(),
                0,
                "the second process ended early"
            );
        }
    }

    /// Kills the process as `kill -9` does, and waits until it is dead.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Lets the part go on, if it waits to be told, and waits for its end; says whether all went well.
    pub(crate) fn finish(mut self) -> bool {
        drop(self.child.stdin.take());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        self.child.wait().unwrap().success()
    }
}

impl Drop for SecondProcess {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.kill();
        }
    }
}

/// Does nothing unless this process was started to play a part.
#[test]
fn play_the_part_that_was_given() {
    let Ok(part) = env::var(PART) else { return };
    let directory = env::var_os(DIRECTORY).unwrap();
    if part == "find-it-read-only" {
        return crate::poor_disk::find_it_read_only(Path::new(&directory));
    }
    let cache = Cache::open(options(Path::new(&directory))).unwrap();
    match part.split_once(' ').unwrap_or((&part, "")) {
        ("fill-half", number) => fill_half(&cache, number.parse().unwrap()),
        ("fill-when-told", number) => fill_when_told(&cache, number.parse().unwrap()),
        ("read-on", number) => read_on(&cache, number.parse().unwrap()),
        ("fill-the-disk", _) => crate::poor_disk::fill_the_disk(&cache),
        ("collect", limit) => collect(&cache, limit.parse().unwrap()),
        ("want-all", seed) => want_all(&cache, seed.parse().unwrap()),
        other => panic!("no such part: {other:?}"),
    }
}

/// Writes half of an object and a part file, then goes on for ever.
fn fill_half(cache: &Cache, number: usize) {
    let Reserved::Fill(reservation) = cache.reserve(&object(number)).unwrap() else {
        panic!("it is there")
    };
    let half = &content(number)[..content(number).len() / 2];
    fs::write(reservation.path(), half).unwrap();
    fs::write(reservation.path().with_extension("part"), half).unwrap();
    say_ready_and_wait();
}

/// Reserves an object, and stores it when it is told.
fn fill_when_told(cache: &Cache, number: usize) {
    let Reserved::Fill(reservation) = cache.reserve(&object(number)).unwrap() else {
        panic!("it is there")
    };
    say_ready_and_wait();
    fs::write(reservation.path(), content(number)).unwrap();
    reservation.commit().unwrap();
}

/// Holds an entry for ever.
fn read_on(cache: &Cache, number: usize) {
    let entry = cache.lookup(&object(number)).unwrap().unwrap();
    say_ready_and_wait();
    drop(entry);
}

fn say_ready_and_wait() {
    println!("{READY}");
    io::stdin().read_line(&mut String::new()).unwrap();
}

/// Wants each object once, in an order of its own, stores what is missing and reads what is there; is ready after each.
fn want_all(cache: &Cache, seed: usize) {
    for step in 0..crate::many_processes::OBJECTS {
        // 7 does not divide the number of objects, so every one comes once.
        let number = (seed * 11 + step * 7) % crate::many_processes::OBJECTS;
        let entry = match cache.reserve(&object(number)).unwrap() {
            Reserved::Ready(entry) => entry,
            Reserved::Fill(reservation) => {
                let part = reservation.path().with_extension("part");
                fs::write(&part, content(number)).unwrap();
                fs::rename(&part, reservation.path()).unwrap();
                reservation.commit().unwrap()
            }
        };
        assert_eq!(fs::read(entry.path()).unwrap(), content(number), "object {number}");
        println!("{READY}");
    }
}

/// Collects garbage, and evicts what exceeds a limit that is too small for all, until its standard input ends.
fn collect(cache: &Cache, limit: u64) {
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        println!("{READY}");
        scope.spawn(|| {
            io::stdin().read_line(&mut String::new()).unwrap();
            ended.store(true, Ordering::Relaxed);
        });
        while !ended.load(Ordering::Relaxed) {
            let retention = Retention::unlimited().with_max_bytes(Some(limit));
            let report = cache.apply(&cache.plan(&retention).unwrap()).unwrap();
            assert!(
                !report
                    .results
                    .iter()
                    .any(|(_, result)| matches!(result, EvictionResult::Failed(_))),
                "{report:?}"
            );
            cache.sweep().unwrap();
            let verified = cache.verify(Depth::Quick, |_| ()).unwrap();
            assert!(verified.quarantined.is_empty() && verified.missing.is_empty(), "{verified:?}");
        }
    });
}
