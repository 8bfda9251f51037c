//! What a power failure leaves: bytes are on the disk before their file has its name, as the calls that a process makes show.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use futures::TryStreamExt;
use reenact_downloader::{
    ConnectOptions, ObjectMeta, ObjectSourceExt, Plan, PlanOptions, S3Source, Transfer,
};

use crate::fixture::{BUCKET, World, assert_passed, content, files_below, impatient, skip};

/// The environment of the process that is watched.
const DIRECTORY: &str = "REENACT_TEST_DIRECTORY";
const SYNC: &str = "REENACT_TEST_SYNC";
/// The calls that matter. Not every platform has all of them.
const CALLS: &str = "?openat,?write,?writev,?pwrite64,?pwritev,?pwritev2,?fsync,?fdatasync,?sync_file_range,\
    ?rename,?renameat,?renameat2,?link,?linkat,?ftruncate";
const SEGMENT: u64 = 100_000;

#[tokio::test]
async fn bytes_are_on_the_disk_before_their_file_has_its_name() {
    let world = World::new().await;
    for index in 0..20 {
        world.bucket.put(&format!("out/{}/{index}", index % 3), content(20_000));
    }
    world.bucket.put("out/empty", "");
    world.bucket.put("out/large", content(1_000_000));
    world.bucket.put("out/replaced", content(1_000));
    for sync in [true, false] {
        let directory = world.directory().join(sync.to_string());
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join("replaced"), "what was there before").unwrap();
        let Some(trace) = trace(&world, &directory, sync) else {
            return skip("this machine does not let a process be traced");
        };
        // ext4 has whoever closes a file that was cut wait for all that was written to it since.
        assert!(!trace.contains("ftruncate("), "no file is cut that is empty anyway: {trace}");
        let names = names(&trace, &directory);
        let seen: BTreeSet<_> = names.iter().map(|name| name.path.clone()).collect();
        assert_eq!(seen, files_below(&directory).into_iter().collect(), "{trace}");
        // Of a file without bytes nothing can be lost.
        let written = names.iter().filter(|name| !name.path.ends_with("empty"));
        assert!(written.clone().all(|name| name.is_synced == sync), "{names:?}\n{trace}");
        assert_eq!(written.count(), 22);
    }
}

/// Has another process land everything, and returns which calls it made; nothing if that is not allowed.
fn trace(world: &World, directory: &Path, sync: bool) -> Option<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let strace = |program: &Path, arguments: &[&str]| {
        Command::new("strace")
            .args(["-f", "-qq", "-y", "-e", &format!("trace={CALLS}"), "-o"])
            .arg(file.path())
            .arg(program)
            .args(arguments)
            .envs(world.server.environment())
            .env(DIRECTORY, directory)
            .env(SYNC, sync.to_string())
            .output()
    };
    strace(Path::new("true"), &[]).ok().filter(|output| output.status.success())?;
    let name = "durable::process_that_is_watched";
    let test = std::env::current_exe().unwrap();
    let output = strace(&test, &["--exact", name, "--ignored", "--nocapture"]).unwrap();
    assert_passed(&output);
    Some(std::fs::read_to_string(file.path()).unwrap())
}

/// Not a test by itself: the process that the test above starts.
#[tokio::test]
#[ignore = "started by another test, as a process that is watched"]
async fn process_that_is_watched() {
    let directory = PathBuf::from(std::env::var_os(DIRECTORY).expect("started by another test"));
    let sync = std::env::var(SYNC).unwrap().parse().unwrap();
    let source = S3Source::connect(BUCKET, &ConnectOptions::default()).await.unwrap();
    let objects: Vec<ObjectMeta> = source.list("out/").try_collect().await.unwrap();
    let plan = Plan::new("out/", &objects, &PlanOptions::default()).unwrap();
    let options = impatient().with_range_size(NonZeroU64::new(SEGMENT).unwrap()).with_sync(sync);
    let report = Transfer::new(Arc::new(source), options).run(&plan, &directory, &()).await;
    report.unwrap().into_result().unwrap();
}

/// A name that a file got.
#[derive(Debug)]
struct Name {
    path: PathBuf,
    /// Whether all of its bytes were on the disk before.
    is_synced: bool,
}

/// What is known of a file.
#[derive(Default)]
struct File {
    writes: usize,
    /// How many of the writes were over when the last sync that is over began.
    synced: usize,
}

/// What a trace tells about the files of a process.
#[derive(Default)]
struct Reader {
    files: HashMap<PathBuf, File>,
    /// What is open under a number.
    open: HashMap<String, PathBuf>,
    /// Part files that had no name, by the name they got.
    links: HashMap<PathBuf, PathBuf>,
    /// Of each thread, the beginning of its call, and how many writes were over then.
    calls: HashMap<String, (String, usize)>,
    names: Vec<Name>,
}

/// Returns the names that files got in a directory, those of part files aside.
fn names(trace: &str, directory: &Path) -> Vec<Name> {
    let mut reader = Reader::default();
    for line in trace.lines() {
        let (thread, text) = line.split_once(' ').unwrap();
        reader.read(thread, text.trim_start());
    }
    reader.names.retain(|name| name.path.starts_with(directory));
    reader.names
}

impl Reader {
    /// Reads a call, or the beginning or the end of one that others came between.
    fn read(&mut self, thread: &str, text: &str) {
        if let Some((_, end)) = text.strip_prefix("<... ").and_then(|rest| rest.split_once('>')) {
            let (begin, writes) = self.calls.remove(thread).unwrap();
            self.end(&format!("{begin}{end}"), writes);
        } else if let Some(begin) = text.strip_suffix("<unfinished ...>") {
            let writes = self.begin(begin);
            self.calls.insert(thread.to_owned(), (begin.to_owned(), writes));
        } else {
            let writes = self.begin(text);
            self.end(text, writes);
        }
    }

    /// Returns how many writes to its file were over when a call began, or were not synced when it began to give a name.
    fn begin(&self, call: &str) -> usize {
        if is_naming(call) {
            let file = self.files.get(&self.renamed(call).0);
            return file.map_or(0, |file| file.writes - file.synced);
        }
        paths(call).first().and_then(|path| self.files.get(path)).map_or(0, |file| file.writes)
    }

    fn end(&mut self, call: &str, writes: usize) {
        let (name, result) = (call.split('(').next().unwrap(), call.rsplit(" = ").next().unwrap());
        if result.starts_with('-') {
            return;
        }
        let paths = paths(call);
        match (name, paths.first()) {
            _ if is_naming(call) => {
                let (from, to) = self.renamed(call);
                if to.file_name().unwrap().to_str().unwrap().starts_with(".reenact-") {
                    self.links.insert(to, from);
                } else {
                    self.names.push(Name { path: to, is_synced: writes == 0 });
                }
            }
            ("openat", _) => {
                let number = result.split('<').next().unwrap().to_owned();
                self.open.extend(paths.last().map(|path| (number, path.clone())));
            }
            ("write" | "writev" | "pwrite64" | "pwritev" | "pwritev2", Some(path)) => {
                self.files.entry(path.clone()).or_default().writes += 1;
            }
            ("fsync" | "fdatasync", Some(path)) => {
                let file = self.files.entry(path.clone()).or_default();
                file.synced = file.synced.max(writes);
            }
            _ => {}
        }
    }

    /// Returns which file a call gives a name, and which name.
    fn renamed(&self, call: &str) -> (PathBuf, PathBuf) {
        let (directories, words) = (paths(call), texts(call));
        let to = directories.last().unwrap().join(words.last().unwrap());
        let from = match (words[0], words[0].strip_prefix("/proc/self/fd/")) {
            (_, Some(number)) => self.open[number].clone(),
            ("", None) => directories[0].clone(),
            (word, None) => directories[0].join(word),
        };
        (self.links.get(&from).cloned().unwrap_or(from), to)
    }
}

fn is_naming(call: &str) -> bool {
    ["link(", "linkat(", "rename(", "renameat(", "renameat2("]
        .iter()
        .any(|name| call.starts_with(name))
}

/// The paths of the descriptors in a call, such as `7</tmp/x>`.
fn paths(call: &str) -> Vec<PathBuf> {
    call.split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|(path, _)| path.into())
        .collect()
}

/// The texts in a call.
fn texts(call: &str) -> Vec<&str> {
    call.split('"').skip(1).step_by(2).collect()
}
