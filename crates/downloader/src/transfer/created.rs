//! The files that a part file consists of: one that is to appear under a name, and perhaps a journal beside it.
//!
//! What nobody is to go on with has no name until it is complete: where the process is killed, it is gone, and nobody else ever meets
//! it. Everything else, and everything on file systems that know no files without a name, has one that follows from that of its
//! destination, so that whoever comes after a killed process finds it. It is locked while it is in use; where it is in use
//! already, or is not what we would have made, another name is taken. The lock goes with the process, and a name is trusted
//! only if it still leads to the file that is locked. The lock covers the journal, too.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Deref;
use std::sync::Arc;

use rustix::fs::{self, AtFlags, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::directory::{Destination, Directory};
use crate::path;
use crate::transfer::journal::{Entry, Heading};
use crate::transfer::unnamed;

const OPEN: OFlags =
    OFlags::RDWR.union(OFlags::CREATE).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// What the process's umask leaves of this is what new files get.
pub(super) const FILE_MODE: Mode = Mode::from_bits_retain(0o666);
/// How often a name is tried that others make and remove at the same time.
const TRIES: usize = 8;
/// A journal of as many segments as there may be is shorter.
const LONGEST_JOURNAL: u64 = 4 * 1024 * 1024;

/// An open file, its journal, and the names of both.
#[derive(Debug)]
pub(super) struct Created {
    directory: Arc<Directory>,
    /// What it is to be called.
    name: OsString,
    /// What it is called.
    part_name: Option<OsString>,
    file: Arc<OwnFile>,
    journal: Option<Arc<File>>,
}

/// An open file that others may lock as soon as this is dropped.
#[derive(Debug)]
pub(crate) struct OwnFile(File);

/// A file that is locked.
struct Locked {
    name: OsString,
    file: OwnFile,
    /// Whether it has the name under which it will be looked for.
    is_usual: bool,
    /// Whether a killed process has left it, perhaps with a journal.
    is_left: bool,
}

impl Created {
    /// Creates a file that is empty and has no journal.
    pub(super) fn new(destination: &Destination) -> io::Result<Self> {
        let (directory, name) = destination.open()?;
        // What a killed process has left is to go, so it is taken over.
        let usual = path::part_name(&name, None);
        let unnamed = if exists(&directory, &usual) { None } else { unnamed::create(&directory) };
        match unnamed {
            Some(file) => {
                let file = Arc::new(OwnFile(file));
                Ok(Self { directory, name, part_name: None, file, journal: None })
            }
            None => Self::named(directory, name),
        }
    }

    /// Creates a file under the name of a part file.
    fn named(directory: Arc<Directory>, name: OsString) -> io::Result<Self> {
        let locked = Locked::open(&directory, &name)?;
        if locked.is_left {
            empty(&locked.file)?;
            remove(&directory, &path::journal_name(&name));
        }
        Ok(Self {
            directory,
            name,
            part_name: Some(locked.name),
            file: locked.file.into(),
            journal: None,
        })
    }

    /// Opens the file and its journal, and returns what that says if it is about the same object. If not, both start empty.
    pub(super) fn with_journal(
        destination: &Destination,
        heading: &Heading,
    ) -> io::Result<(Self, Vec<Entry>)> {
        let (directory, name) = destination.open()?;
        let locked = Locked::open(&directory, &name)?;
        let journal = locked.is_usual.then(|| path::journal_name(&name));
        let journal = journal.and_then(|name| open_own(&directory, &name, OFlags::APPEND));
        let entries = if let Some(journal) = &journal {
            read_journal(journal, &locked.file, heading)?
        } else {
            empty(&locked.file)?;
            Vec::new()
        };
        let part_name = Some(locked.name);
        let (file, journal) = (Arc::new(locked.file), journal.map(Arc::new));
        Ok((Self { directory, name, part_name, file, journal }, entries))
    }

    pub(super) fn file(&self) -> Arc<OwnFile> {
        Arc::clone(&self.file)
    }

    pub(super) fn journal(&self) -> Option<Arc<File>> {
        self.journal.clone()
    }

    /// Gives the file its name, over whatever file had it.
    pub(super) fn commit(mut self) -> io::Result<()> {
        if self.part_name.is_none() {
            match unnamed::link(&self.file, &self.directory, &self.name) {
                Err(Errno::EXIST) => self.part_name = Some(self.link_as_part()?),
                linked => return Ok(linked?),
            }
        }
        self.remove_journal();
        let Some(part_name) = &self.part_name else { return Ok(()) };
        let handle = self.directory.handle();
        fs::renameat(handle, part_name, handle, &self.name).map_err(|error| {
            remove(&self.directory, part_name);
            error.into()
        })
    }

    /// Gives a file that has no name that of a part file.
    fn link_as_part(&self) -> io::Result<OsString> {
        // As soon as it has a name, others may find it.
        fs::flock(&**self.file, FlockOperation::NonBlockingLockExclusive)?;
        let mut part_name = path::part_name(&self.name, None);
        loop {
            match unnamed::link(&self.file, &self.directory, &part_name) {
                Ok(()) => return Ok(part_name),
                Err(Errno::EXIST) => part_name = other_name(&self.name),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Removes what has a name.
    pub(super) fn remove(self) {
        self.remove_journal();
        if let Some(part_name) = &self.part_name {
            remove(&self.directory, part_name);
        }
    }

    fn remove_journal(&self) {
        if self.journal.is_some() {
            remove(&self.directory, &path::journal_name(&self.name));
        }
    }
}

impl Deref for OwnFile {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        // Closing it would not do while a process that another thread is just starting has it, too: until that one runs its
        // program, the file would be in use.
        let unlocked = fs::flock(&self.0, FlockOperation::Unlock);
        debug_assert!(unlocked.is_ok(), "an open file can be unlocked");
    }
}

impl Locked {
    /// Opens the part file of `name`, with what a killed process may have left in it.
    fn open(directory: &Directory, name: &OsStr) -> io::Result<Self> {
        let usual = path::part_name(name, None);
        if let Some((file, is_left)) = open_locked(directory, &usual) {
            return Ok(Self { name: usual, file, is_usual: true, is_left });
        }
        loop {
            let other = other_name(name);
            match fs::openat(directory.handle(), &other, OPEN | OFlags::EXCL, FILE_MODE) {
                Ok(file) => {
                    let file = OwnFile(file.into());
                    return Ok(Self { name: other, file, is_usual: false, is_left: false });
                }
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Opens or creates the file `name` and locks it, and tells whether it was there already; nothing if it is in use, or is none
/// that we would have made.
fn open_locked(directory: &Directory, name: &OsStr) -> Option<(OwnFile, bool)> {
    for _ in 0..TRIES {
        let new = fs::openat(directory.handle(), name, OPEN | OFlags::EXCL, FILE_MODE);
        let (file, is_left) = match new {
            Ok(file) => (File::from(file), false),
            Err(_) => (open_own(directory, name, OFlags::empty())?, true),
        };
        fs::flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
        // Who had the lock before may have given the file another name, or removed it.
        let file = OwnFile(file);
        if leads_to(directory, name, &file) {
            return Some((file, is_left));
        }
    }
    None
}

/// Opens or creates the file `name`; nothing if it is a link, or no file, or has a second name, or belongs to someone else.
fn open_own(directory: &Directory, name: &OsStr, flags: OFlags) -> Option<File> {
    let file: File = fs::openat(directory.handle(), name, OPEN | flags, FILE_MODE).ok()?.into();
    let stat = fs::fstat(&file).ok()?;
    let is_own = FileType::from_raw_mode(stat.st_mode).is_file()
        && stat.st_nlink <= 1
        && stat.st_uid == rustix::process::geteuid().as_raw();
    is_own.then_some(file)
}

fn leads_to(directory: &Directory, name: &OsStr, file: &File) -> bool {
    let named = fs::statat(directory.handle(), name, AtFlags::SYMLINK_NOFOLLOW);
    match (named, fs::fstat(file)) {
        (Ok(named), Ok(open)) => (named.st_dev, named.st_ino) == (open.st_dev, open.st_ino),
        _ => false,
    }
}

fn exists(directory: &Directory, name: &OsStr) -> bool {
    fs::statat(directory.handle(), name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
}

fn remove(directory: &Directory, name: &OsStr) {
    match fs::unlinkat(directory.handle(), name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(error) => {
            let path = directory.path().join(name);
            tracing::warn!(path = %path.display(), %error, "a part file could not be removed");
        }
    }
}

fn other_name(name: &OsStr) -> OsString {
    path::part_name(name, Some(fastrand::u64(..)))
}

/// Takes what is in a file out of it. One that is empty is left alone: ext4 would have whoever closes it wait for all that was
/// written to it meanwhile.
fn empty(file: &File) -> io::Result<()> {
    if file.metadata()?.len() == 0 { Ok(()) } else { file.set_len(0) }
}

fn read_journal(mut journal: &File, file: &File, heading: &Heading) -> io::Result<Vec<Entry>> {
    let mut text = Vec::new();
    journal.take(LONGEST_JOURNAL).read_to_end(&mut text)?;
    let entries = heading.entries(&text);
    if entries.is_none() {
        empty(file)?;
        empty(journal)?;
        journal.write_all(heading.line()?.as_bytes())?;
    } else if !text.ends_with(b"\n") {
        // Ends a line that was cut off.
        journal.write_all(b"\n")?;
    }
    Ok(entries.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;
    use std::path::Path;

    use super::*;

    fn names(directory: &Path) -> Vec<OsString> {
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    fn commit(created: Created, directory: &Path) {
        created.file().write_all_at(b"new", 0).unwrap();
        created.commit().unwrap();
        assert_eq!(std::fs::read_to_string(directory.join("data.csv")).unwrap(), "new");
        assert_eq!(names(directory), ["data.csv"]);
    }

    #[test]
    fn h8_a_killed_process_leaves_nothing_of_a_file_that_has_no_name_yet() {
        let directory = tempfile::tempdir().unwrap();
        if unnamed::create(&Directory::open(directory.path()).unwrap()).is_none() {
            println!("skipped: this file system knows no files without a name");
            return;
        }
        let destination = Destination::At(directory.path().join("data.csv"));
        for before in [None, Some("old")] {
            if let Some(old) = before {
                std::fs::write(directory.path().join("data.csv"), old).unwrap();
            }
            let there = names(directory.path());
            let created = Created::new(&destination).unwrap();
            assert_eq!(names(directory.path()), there);
            commit(created, directory.path());
            std::fs::remove_file(directory.path().join("data.csv")).unwrap();
        }
    }

    #[test]
    fn where_a_file_needs_a_name_it_has_that_of_a_part_file() {
        let directory = tempfile::tempdir().unwrap();
        let create = || {
            let directory = Directory::open(directory.path()).unwrap();
            Created::named(directory.into(), "data.csv".into()).unwrap()
        };
        let created = create();
        assert_eq!(names(directory.path()), [path::part_name(OsStr::new("data.csv"), None)]);
        created.remove();
        assert!(names(directory.path()).is_empty());
        commit(create(), directory.path());
        commit(create(), directory.path());
    }

    #[test]
    fn h8_a_file_that_gets_its_name_by_way_of_another_is_locked_as_long_as_others_may_find_it() {
        let directory = tempfile::tempdir().unwrap();
        let open = Arc::new(Directory::open(directory.path()).unwrap());
        let Some(file) = unnamed::create(&open) else { return };
        let (name, file) = (OsString::from("data.csv"), Arc::new(OwnFile(file)));
        let created =
            Created { directory: Arc::clone(&open), name, part_name: None, file, journal: None };
        let part_name = created.link_as_part().unwrap();
        assert!(open_locked(&open, &part_name).is_none());
        drop(created);
        assert!(open_locked(&open, &part_name).is_some());
    }

    #[test]
    fn what_is_given_up_is_free_though_a_process_that_is_being_started_has_it_open() {
        let directory = tempfile::tempdir().unwrap();
        let directory = Directory::open(directory.path()).unwrap();
        let create = || Locked::open(&directory, OsStr::new("data.csv")).unwrap();
        let first = create();
        let inherited = first.file.try_clone().unwrap();
        assert!(!create().is_usual);
        drop(first);
        assert!(create().is_usual);
        drop(inherited);
    }
}
