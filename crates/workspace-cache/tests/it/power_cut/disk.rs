//! A model of a disk that knows what was flushed and what was not, and so what a power cut may leave.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;

use super::trace::Operation;

/// What a power cut takes away.
#[derive(Debug, Clone, Copy)]
pub(super) enum Loss {
    /// Nothing, as when the process is killed.
    Nothing,
    /// All that was not flushed: bytes of files, and names in directories.
    Unflushed,
    /// Any of the writes that were not flushed; of the names, those that came last.
    Some { seed: u64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Directory,
    File(usize),
}

type Names = BTreeMap<PathBuf, Node>;

/// A file, with or without a name.
#[derive(Debug, Default)]
struct File {
    bytes: Vec<u8>,
    flushed: Vec<u8>,
    since: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Length(usize),
    Write(usize, Vec<u8>),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Length(length) => bytes.resize(*length, 0),
            Self::Write(offset, written) => {
                let end = offset + written.len();
                bytes.resize(bytes.len().max(end), 0);
                bytes[*offset..end].copy_from_slice(written);
            }
        }
    }
}

/// The disk. All paths are relative to one directory.
#[derive(Debug, Default)]
pub(super) struct Disk {
    files: Vec<File>,
    /// The names since the last flush, the current ones last.
    names: Vec<Names>,
    flushed: Names,
}

impl Disk {
    /// Returns a disk with everything that is in a directory, flushed.
    pub(super) fn like(root: &Path) -> Self {
        let mut disk = Self::default();
        for (path, bytes) in tree(root) {
            let node = bytes.map_or(Node::Directory, |bytes| {
                disk.files.push(File { flushed: bytes.clone(), bytes, since: Vec::new() });
                Node::File(disk.files.len() - 1)
            });
            disk.flushed.insert(path, node);
        }
        disk.names.push(disk.flushed.clone());
        disk
    }

    pub(super) fn apply(&mut self, operation: &Operation) {
        let mut names = self.names.last().unwrap().clone();
        match operation {
            Operation::Flush(path) => return self.flush(path),
            Operation::Write(path, offset, bytes) => {
                let end = self.file(path).bytes.len();
                return self.change(path, Change::Write(offset.unwrap_or(end), bytes.0.clone()));
            }
            Operation::Truncate(path, length) => {
                return self.change(path, Change::Length(*length));
            }
            Operation::MakeFile(path) if names.contains_key(path) => return,
            Operation::MakeFile(path) => {
                self.files.push(File::default());
                names.insert(path.clone(), Node::File(self.files.len() - 1));
            }
            Operation::MakeDirectory(path) => {
                names.insert(path.clone(), Node::Directory);
            }
            Operation::Remove(path) => {
                names.remove(path).unwrap();
            }
            Operation::Rename(from, to) => rename(&mut names, from, to),
        }
        self.names.push(names);
    }

    fn names(&self) -> &Names {
        self.names.last().unwrap()
    }

    fn file(&mut self, path: &Path) -> &mut File {
        let Some(Node::File(at)) = self.names().get(path).copied() else {
            panic!("{} is no file", path.display())
        };
        &mut self.files[at]
    }

    fn change(&mut self, path: &Path, change: Change) {
        let file = self.file(path);
        change.apply(&mut file.bytes);
        file.since.push(change);
    }

    /// Flushing a file flushes its bytes, flushing a directory the names in it. Journals of file systems keep the order of
    /// names, so a flush of either is the earliest to which the names of all directories may go back.
    fn flush(&mut self, path: &Path) {
        self.names.drain(..self.names.len() - 1);
        if self.names().get(path) != Some(&Node::Directory) && !path.as_os_str().is_empty() {
            let file = self.file(path);
            file.flushed.clone_from(&file.bytes);
            file.since.clear();
            return;
        }
        let inside = |name: &Path| name.parent() == Some(path);
        let now = self.names().clone();
        let gone =
            |name: &Path| name.ancestors().any(|above| inside(above) && !now.contains_key(above));
        self.flushed.retain(|name, _| !gone(name));
        self.flushed.extend(
            now.iter().filter(|(name, _)| inside(name)).map(|(name, node)| (name.clone(), *node)),
        );
    }

    /// The text of a file that has nothing to do with the cache.
    pub(super) fn text(&self, path: &str) -> String {
        match self.names().get(Path::new(path)) {
            Some(Node::File(at)) => String::from_utf8(self.files[*at].bytes.clone()).unwrap(),
            _ => String::new(),
        }
    }

    /// Puts what a power cut leaves into an empty directory.
    pub(super) fn lay_out(&self, loss: Loss, directory: &Path) {
        let mut random = match loss {
            Loss::Some { seed } => Rng::with_seed(seed),
            _ => Rng::with_seed(0),
        };
        let names = match loss {
            Loss::Nothing => self.names(),
            Loss::Unflushed => &self.flushed,
            Loss::Some { .. } => &self.names[random.usize(..self.names.len())],
        };
        for (path, node) in names {
            let place = directory.join(path);
            match node {
                // What lies in a directory whose own name was lost is lost with it.
                _ if !place.parent().unwrap().is_dir() => {}
                Node::Directory => fs::create_dir(place).unwrap(),
                Node::File(at) => {
                    fs::write(place, self.files[*at].after(loss, &mut random)).unwrap();
                }
            }
        }
    }
}

impl File {
    fn after(&self, loss: Loss, random: &mut Rng) -> Vec<u8> {
        match loss {
            Loss::Nothing => self.bytes.clone(),
            Loss::Unflushed => self.flushed.clone(),
            Loss::Some { .. } => {
                let mut bytes = self.flushed.clone();
                self.since
                    .iter()
                    .filter(|_| random.bool())
                    .for_each(|change| change.apply(&mut bytes));
                bytes
            }
        }
    }
}

/// Renames a file, or a directory with all that is in it.
fn rename(names: &mut Names, from: &Path, to: &Path) {
    let moved: Vec<PathBuf> = names.keys().filter(|name| name.starts_with(from)).cloned().collect();
    for name in moved {
        let node = names.remove(&name).unwrap();
        let rest = name.strip_prefix(from).unwrap();
        let to = if rest.as_os_str().is_empty() { to.to_path_buf() } else { to.join(rest) };
        names.insert(to, node);
    }
}

/// Everything in a directory: its path below it and its bytes, if it is a file. `SQLite`'s shared memory is left out: it is
/// written without a call, and made anew by the first who opens the index after a crash.
pub(super) fn tree(root: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(directory) = pending.pop() {
        for file in fs::read_dir(directory).unwrap() {
            let path = file.unwrap().path();
            if path.to_str().unwrap().ends_with("-shm") {
                continue;
            }
            let name = path.strip_prefix(root).unwrap().to_path_buf();
            if path.is_dir() {
                found.insert(name, None);
                pending.push(path);
            } else {
                found.insert(name, Some(fs::read(&path).unwrap()));
            }
        }
    }
    found
}
