//! Reads the trace of a process: what it did to files and directories, in its order.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The calls that change files and directories, and are understood here.
const UNDERSTOOD: &str =
    "openat,mkdir,rename,unlink,unlinkat,rmdir,write,pwrite64,ftruncate,fsync,fdatasync";

/// The other ones. If one of them is made, the model of the disk has to learn it.
const NOT_UNDERSTOOD: &str = "open,creat,mkdirat,renameat,renameat2,link,linkat,symlink,symlinkat,\
    truncate,writev,pwritev,pwritev2,fallocate,copy_file_range,sendfile,splice,lseek";

/// Something that was done to the disk.
#[derive(Debug)]
pub(super) enum Operation {
    Flush(PathBuf),
    MakeDirectory(PathBuf),
    /// Makes an empty file unless there is one.
    MakeFile(PathBuf),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf),
    Truncate(PathBuf, usize),
    /// Without an offset: at the end.
    Write(PathBuf, Option<usize>, Bytes),
}

/// What was written. Shown as how much it is.
pub(super) struct Bytes(pub(super) Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes", self.0.len())
    }
}

/// What to ask the tracer for.
pub(super) fn calls() -> String {
    format!("{UNDERSTOOD},{NOT_UNDERSTOOD}")
}

/// Returns what was done below `root`, with paths relative to it.
pub(super) fn operations(trace: &str, root: &Path) -> Vec<Operation> {
    let mut reader = Reader { root, positions: HashMap::new() };
    trace.lines().flat_map(|line| reader.operations(line)).collect()
}

struct Reader<'a> {
    root: &'a Path,
    /// Where the next write of each descriptor goes; `None` is the end of the file.
    positions: HashMap<String, Option<usize>>,
}

impl Reader<'_> {
    /// Reads a line such as `4711 pwrite64(3<\x2f\x61>, "\x62", 1, 100) = 1`.
    fn operations(&mut self, line: &str) -> Vec<Operation> {
        let Some((call, arguments, result)) = parts(line) else { return Vec::new() };
        let in_root = |path: PathBuf| path.strip_prefix(self.root).map(Path::to_path_buf).ok();
        let first = arguments[0];
        match call {
            "openat" => {
                let path = below(first, arguments[1]);
                let flag = |flag| arguments[2].split('|').any(|set| set == flag);
                let start = if flag("O_APPEND") { None } else { Some(0) };
                self.positions.insert(number(result), start);
                let Some(path) = in_root(path) else { return Vec::new() };
                let made = flag("O_CREAT").then_some(Operation::MakeFile(path.clone()));
                let emptied = flag("O_TRUNC").then_some(Operation::Truncate(path, 0));
                made.into_iter().chain(emptied).collect()
            }
            "write" => {
                let bytes = text(arguments[1]);
                let position = self.positions.entry(number(first)).or_insert(None);
                let at = *position;
                *position = at.map(|at| at + bytes.len());
                in_root(descriptor(first))
                    .map(|path| Operation::Write(path, at, Bytes(bytes)))
                    .into_iter()
                    .collect()
            }
            _ => self.simple(call, &arguments).into_iter().collect(),
        }
    }

    fn simple(&self, call: &str, arguments: &[&str]) -> Option<Operation> {
        let in_root = |path: PathBuf| path.strip_prefix(self.root).map(Path::to_path_buf).ok();
        let named = |at: usize| in_root(PathBuf::from(string(arguments[at])));
        let opened = || in_root(descriptor(arguments[0]));
        match call {
            "mkdir" => named(0).map(Operation::MakeDirectory),
            "rename" => Some(Operation::Rename(named(0)?, named(1)?)),
            "unlink" | "rmdir" => named(0).map(Operation::Remove),
            "unlinkat" => in_root(below(arguments[0], arguments[1])).map(Operation::Remove),
            "pwrite64" => {
                let offset = arguments[3].parse().unwrap();
                Some(Operation::Write(opened()?, Some(offset), Bytes(text(arguments[1]))))
            }
            "ftruncate" => Some(Operation::Truncate(opened()?, arguments[1].parse().unwrap())),
            "fsync" | "fdatasync" => opened().map(Operation::Flush),
            _ => {
                let somewhere = arguments.iter().map(|argument| argument.trim_matches('"'));
                let root = self.root.to_str().unwrap();
                assert!(
                    !somewhere.into_iter().any(|text| decode(text).starts_with(root.as_bytes())),
                    "{call} has to be understood"
                );
                None
            }
        }
    }
}

/// The name of a call, its arguments, and its result. No text has a comma or a parenthesis, since all is in hexadecimal digits.
fn parts(line: &str) -> Option<(&str, Vec<&str>, &str)> {
    let (_, call) = line.split_once(' ')?;
    let (name, rest) = call.trim_start().split_once('(')?;
    let (arguments, result) = rest.rsplit_once(')')?;
    let result = result.trim_start().strip_prefix("= ")?;
    Some((name, arguments.split(", ").map(str::trim).collect(), result))
}

/// The number of a descriptor such as `3<\x2f\x61>`.
fn number(descriptor: &str) -> String {
    descriptor.split('<').next().unwrap_or_default().to_owned()
}

/// The path of a descriptor. A file that has none any more is nobody's.
fn descriptor(descriptor: &str) -> PathBuf {
    let inside = descriptor.split_once('<').and_then(|(_, rest)| rest.strip_suffix('>'));
    String::from_utf8(decode(inside.unwrap_or_default())).unwrap_or_default().into()
}

/// A path that may be relative to an open directory.
fn below(directory: &str, path: &str) -> PathBuf {
    descriptor(directory).join(string(path))
}

fn string(argument: &str) -> String {
    String::from_utf8(text(argument)).unwrap_or_default()
}

fn text(argument: &str) -> Vec<u8> {
    decode(argument.trim_matches('"'))
}

/// Turns `\x61\x62` into `ab`.
fn decode(hexadecimal: &str) -> Vec<u8> {
    let digits = hexadecimal.split("\\x").skip(1);
    digits.filter_map(|digits| u8::from_str_radix(digits.get(..2)?, 16).ok()).collect()
}
