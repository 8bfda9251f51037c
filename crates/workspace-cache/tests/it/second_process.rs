//! A second process for the tests that need one: this test binary, started again to play a part.

use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use reenact_workspace_cache::Cache;

use crate::common::options;
use crate::{crowd, eviction, other_clock, poor_disk, power_cut, single_flight, staging};

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
        Self::start_by::<&str>(&[], part, directory)
    }

    /// Starts a part in a mount name space of its own, so that what it mounts is seen by nobody else and goes with it.
    /// `None` if this machine does not allow that.
    pub(crate) fn start_with_mounts(part: &str, directory: &Path) -> Option<Self> {
        // Whoever is root may have one at once, all others as the root of a name space of users.
        let ways: [&[&str]; 2] = [&["--mount"], &["--map-root-user", "--mount"]];
        let way = ways.into_iter().find(|way| {
            let mount = ["mount", "-t", "tmpfs", "tmpfs"];
            let tried = Command::new("unshare").args(*way).args(mount).arg(directory).output();
            tried.is_ok_and(|outcome| outcome.status.success())
        })?;
        Some(Self::start_by(&[&["unshare"], way].concat(), part, directory))
    }

    /// Starts a part and has what it asks of the file system written to `trace`. `None` if this machine does not allow
    /// that.
    pub(crate) fn start_traced(
        part: &str,
        directory: &Path,
        calls: &str,
        trace: &Path,
    ) -> Option<Self> {
        let tried = Command::new("strace").args(["-qq", "true"]).output();
        if !tried.is_ok_and(|outcome| outcome.status.success()) {
            return None;
        }
        // All text in hexadecimal digits, all descriptors with their paths, only what succeeded.
        let how = ["strace", "-f", "-qq", "-xx", "-y", "-z", "-s", "100000000", "-o"];
        let mut tracer: Vec<OsString> = how.map(OsString::from).to_vec();
        tracer.extend([trace.into(), "-e".into(), format!("trace={calls}").into()]);
        Some(Self::start_by(&tracer, part, directory))
    }

    fn start_by<S: Into<OsString> + Clone>(before: &[S], part: &str, directory: &Path) -> Self {
        let mut words: Vec<OsString> = before.iter().cloned().map(Into::into).collect();
        words.push(env::current_exe().unwrap().into());
        let mut child = Command::new(&words[0])
            .args(&words[1..])
            .args(["--exact", "second_process::play_the_part_that_was_given"])
            .args(["--nocapture", "--test-threads=1"])
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
        let ended_well = self.child.wait().unwrap().success();
        if !ended_well {
            println!("{rest}");
        }
        ended_well
    }
}

impl Drop for SecondProcess {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.kill();
        }
    }
}

/// Tells the first process that the part has come to its point.
pub(crate) fn say_ready() {
    println!("{READY}");
}

/// Tells the first process that the part has come to its point, and waits to be told to go on.
pub(crate) fn say_ready_and_wait() {
    say_ready();
    io::stdin().read_line(&mut String::new()).unwrap();
}

/// Does nothing unless this process was started to play a part.
#[test]
fn play_the_part_that_was_given() {
    let Ok(part) = env::var(PART) else { return };
    let directory = PathBuf::from(env::var_os(DIRECTORY).unwrap());
    let cache = || Cache::open(options(&directory)).unwrap();
    match part.split_once(' ').unwrap_or((&part, "")) {
        ("collect", limit) => crowd::collect(&cache(), limit.parse().unwrap()),
        ("fill-half", number) => single_flight::fill_half(&cache(), number.parse().unwrap()),
        ("fill-when-told", number) => {
            single_flight::fill_when_told(&cache(), number.parse().unwrap());
        }
        ("find-it-read-only", _) => poor_disk::find_it_read_only(&directory),
        ("harm-reflinks", _) => staging::harm_reflinks(&directory),
        ("live", _) => power_cut::live(&directory),
        ("read-on", number) => eviction::read_on(&cache(), number.parse().unwrap()),
        ("survive-small-disks", unit) => poor_disk::survive_small_disks(&directory, unit),
        ("use-at", offset) => other_clock::use_at(&directory, offset),
        ("want", wish) => crowd::want(&cache(), wish),
        other => panic!("no such part: {other:?}"),
    }
}
