//! Part files: files in the making, beside their destination, that appear there whole or not at all.
//!
//! The part file of a large object has a journal of what it holds beside it, so that whoever comes after a killed process goes on
//! from there. That of a small one has no name at all, where the file system allows that.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use crate::blocking::start;
use crate::directory::Destination;
use crate::error::{Error, Result};
use crate::transfer::created::{Created, OwnFile};
use crate::transfer::journal::{Entry, Heading};
use crate::transfer::verify;
use crate::transfer::write::AtWork;

/// A file in the making.
///
/// Dropped before [`commit`](Self::commit), it is gone, unless it is to be [kept](Self::keep).
#[derive(Debug)]
pub(crate) struct PartFile {
    destination: Destination,
    state: Mutex<State>,
    is_kept: AtomicBool,
    /// Why bytes did not get to the disk, which the system tells once only. Held while they are on their way there.
    lost: Mutex<Option<Errno>>,
}

#[derive(Debug, Default)]
struct State {
    created: Option<Created>,
    /// Nothing is created any more, whoever still wants to write.
    is_over: bool,
}

/// The right to a part file. When it is dropped, the part file is gone at once, whoever may still be writing to it.
#[derive(Debug)]
pub(super) struct Claim(Arc<PartFile>);

impl PartFile {
    /// A part file that is created, empty, when it is first written to.
    pub(crate) fn new(destination: Destination) -> Self {
        let is_kept = AtomicBool::new(false);
        Self { destination, state: Mutex::default(), is_kept, lost: Mutex::default() }
    }

    /// Opens or creates a part file with a journal, and returns what the journal says. Blocks.
    pub(super) fn with_journal(
        destination: Destination,
        heading: &Heading,
    ) -> Result<(Self, Vec<Entry>)> {
        let part = Self::new(destination);
        let opened = Created::with_journal(&part.destination, heading);
        let (created, entries) = opened.map_err(|error| part.error(error))?;
        part.state().created = Some(created);
        Ok((part, entries))
    }

    /// Returns the open file, which exists from now on. Blocks.
    pub(crate) fn file(&self) -> Result<Arc<OwnFile>> {
        let mut state = self.state();
        if let Some(created) = &state.created {
            return Ok(created.file());
        }
        if state.is_over {
            return Err(self.error(io::ErrorKind::Interrupted.into()));
        }
        let new = Created::new(&self.destination).map_err(|error| self.error(error))?;
        Ok(state.created.insert(new).file())
    }

    /// Adds a segment to the journal, if there is one. Blocks.
    pub(super) fn note(&self, entry: &Entry) -> Result<()> {
        let journal = self.state().created.as_ref().and_then(Created::journal);
        // In one piece, so that lines of several writers do not mingle.
        journal
            .map_or(Ok(()), |journal| (&*journal).write_all(entry.line().as_bytes()))
            .map_err(|error| self.error(error))
    }

    /// Forces to the disk what is written. Blocks.
    pub(super) fn sync(&self) -> Result<()> {
        self.sync_while(self.lost.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins to force to the disk what is written so far, unless that is going on already, so that less is left for the end.
    pub(super) fn begin_sync(self: &Arc<Self>, at_work: AtWork) {
        let part = Arc::clone(self);
        drop(start(move || {
            let synced = part.lost.try_lock().map_or(Ok(()), |lost| part.sync_while(lost));
            drop(part);
            drop(at_work);
            synced
        }));
    }

    fn sync_while(&self, mut lost: MutexGuard<'_, Option<Errno>>) -> Result<()> {
        let synced = self.file()?.sync_all();
        let failed = synced.err().map(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO));
        *lost = lost.or(failed);
        lost.map_or(Ok(()), |lost| Err(self.error(lost.into())))
    }

    /// Sets whether the part file stays, with its journal, when it is dropped.
    pub(super) fn keep(&self, keep: bool) {
        self.is_kept.store(keep, Ordering::Relaxed);
    }

    /// Gives the file its name, over whatever file had it. The content has to be complete and synced.
    pub(super) fn commit(&self) -> Result<()> {
        let created = self.end();
        let Some(created) = created else { return Err(self.error(Errno::NOENT.into())) };
        created.commit().map_err(|error| self.error(error))
    }

    pub(super) fn error(&self, source: io::Error) -> Error {
        Error::io(self.destination.path(), source)
    }

    /// Removes the part file, unless it is to be kept.
    fn abandon(&self) {
        if self.is_kept.load(Ordering::Relaxed) {
            self.state().is_over = true;
        } else if let Some(created) = self.end() {
            created.remove();
        }
    }

    fn end(&self) -> Option<Created> {
        let mut state = self.state();
        state.is_over = true;
        state.created.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        self.abandon();
    }
}

impl Claim {
    pub(super) fn new(part: PartFile) -> Self {
        Self(Arc::new(part))
    }
}

impl Deref for Claim {
    type Target = Arc<PartFile>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// Removes from a half file and its journal what is not to be believed: hashes the segments that are said to be there, and
/// returns those whose bytes have their digest. Blocks.
pub(super) fn check_entries(file: &File, entries: Vec<Entry>) -> Vec<Entry> {
    entries.into_iter().filter(|entry| has_digest(file, entry).unwrap_or(false)).collect()
}

fn has_digest(file: &File, entry: &Entry) -> io::Result<bool> {
    let found = verify::read_checksum(file, entry.range.clone(), entry.digest.algorithm())?;
    Ok(found == entry.digest)
}

#[cfg(test)]
mod tests {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::fs::{FileExt, symlink};
    use std::path::Path;

    use super::*;
    use crate::checksum::{Algorithm, Checksum};
    use crate::directory::{Directory, Tree};
    use crate::path;
    use crate::source::ObjectMeta;
    use crate::transfer::division::Division;

    fn names(directory: &Path) -> Vec<OsString> {
        let mut names: Vec<_> =
            std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    fn write(part: &PartFile, content: &[u8]) {
        part.file().unwrap().write_all_at(content, 0).unwrap();
    }

    fn heading(etag: &str) -> Heading {
        let mut object = ObjectMeta::new("data.csv", 100);
        object.etag = Some(etag.to_owned());
        Heading::new("prod", &object, &Division::new(100, 10, None, None)).unwrap()
    }

    fn entry(content: &[u8]) -> Entry {
        Entry {
            range: 0..content.len() as u64,
            digest: Checksum::of(Algorithm::Crc64Nvme, content),
        }
    }

    /// Leaves what a killed process leaves.
    fn kill(part: PartFile) {
        part.keep(true);
        drop(part);
    }

    #[test]
    fn d13_a_file_appears_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data.csv");
        let part = PartFile::new(Destination::At(path.clone()));
        write(&part, b"half");
        assert!(!path.exists());
        drop(part);
        assert!(names(directory.path()).is_empty());

        let part = PartFile::new(Destination::At(path.clone()));
        write(&part, b"whole");
        part.commit().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(directory.path()), ["data.csv"]);
    }

    #[test]
    fn bytes_that_did_not_get_to_the_disk_stay_lost_although_the_system_tells_it_once() {
        let directory = tempfile::tempdir().unwrap();
        let part = PartFile::new(Destination::At(directory.path().join("data.csv")));
        write(&part, b"content");
        part.sync().unwrap();
        *part.lost.lock().unwrap() = Some(Errno::IO);
        for _ in 0..2 {
            part.sync().expect_err("an earlier sync has failed");
        }
    }

    #[test]
    fn d12_a_part_file_that_is_given_up_goes_although_someone_still_writes() {
        let directory = tempfile::tempdir().unwrap();
        let claim = Claim::new(PartFile::new(Destination::At(directory.path().join("data.csv"))));
        let writer = Arc::clone(&claim);
        write(&writer, b"half");
        drop(claim);
        assert!(names(directory.path()).is_empty());
        writer.file().expect_err("nothing is created any more");
        writer.commit().expect_err("nothing is there");
        assert!(names(directory.path()).is_empty());
    }

    #[test]
    fn h8_what_a_killed_process_left_is_found_and_goes_when_it_is_no_longer_needed() {
        let directory = tempfile::tempdir().unwrap();
        let destination = || Destination::At(directory.path().join("data.csv"));
        let (part, entries) = PartFile::with_journal(destination(), &heading("a")).unwrap();
        assert_eq!(entries, []);
        write(&part, b"0123456789");
        part.note(&entry(b"0123456789")).unwrap();
        kill(part);
        assert_eq!(names(directory.path()).len(), 2);

        let (part, entries) = PartFile::with_journal(destination(), &heading("a")).unwrap();
        assert_eq!(entries, [entry(b"0123456789")]);
        assert_eq!(check_entries(&part.file().unwrap(), entries.clone()), entries);
        write(&part, b"x");
        assert_eq!(check_entries(&part.file().unwrap(), entries), []);
        kill(part);

        let (part, entries) = PartFile::with_journal(destination(), &heading("b")).unwrap();
        assert_eq!(entries, [], "another object");
        assert_eq!(part.file().unwrap().metadata().unwrap().len(), 0);
        kill(part);

        let small = PartFile::new(destination());
        write(&small, b"small");
        small.commit().unwrap();
        assert_eq!(names(directory.path()), ["data.csv"]);
    }

    #[test]
    fn two_at_work_on_one_destination_do_not_meet() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data.csv");
        let destination = || Destination::At(path.clone());
        let (first, _) = PartFile::with_journal(destination(), &heading("a")).unwrap();
        let (second, _) = PartFile::with_journal(destination(), &heading("a")).unwrap();
        let third = PartFile::new(destination());
        for (part, content) in [(&first, "first"), (&second, "second"), (&third, "third")] {
            write(part, content.as_bytes());
        }
        for (part, content) in [(&third, "third"), (&first, "first"), (&second, "second")] {
            part.commit().unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
        }
        assert_eq!(names(directory.path()), ["data.csv"]);
    }

    #[test]
    fn h21_nothing_planted_under_the_name_of_a_part_file_is_written_to() {
        let directory = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let victim = elsewhere.path().join("victim");
        let part_path = directory.path().join(path::part_name(OsStr::new("data.csv"), None));
        let plant: [&dyn Fn() -> io::Result<()>; 3] = [
            &|| symlink(&victim, &part_path),
            &|| std::fs::hard_link(&victim, &part_path),
            &|| std::fs::create_dir(&part_path),
        ];
        for plant in plant {
            std::fs::write(&victim, "precious").unwrap();
            plant().unwrap();
            let part = PartFile::new(Destination::At(directory.path().join("data.csv")));
            write(&part, b"new");
            part.commit().unwrap();
            assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
            assert_eq!(std::fs::read_to_string(directory.path().join("data.csv")).unwrap(), "new");
            if part_path.is_dir() && !part_path.is_symlink() {
                std::fs::remove_dir(&part_path).unwrap();
            } else {
                std::fs::remove_file(&part_path).unwrap();
            }
        }
    }

    #[test]
    fn h21_a_link_in_the_destination_does_not_redirect_a_write() {
        let directory = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        symlink(elsewhere.path(), directory.path().join("train")).unwrap();
        let tree = Arc::new(Tree::new(Directory::open(directory.path()).unwrap()));
        let part = PartFile::new(Destination::Below(tree, "train/data.csv".into()));
        let error = part.file().expect_err("the link must not be followed");
        assert_eq!(error.path(), Some(directory.path().join("train/data.csv").as_path()));
        assert!(names(elsewhere.path()).is_empty());
    }

    #[test]
    fn a_destination_that_is_a_directory_leaves_no_debris() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("taken")).unwrap();
        let part = PartFile::new(Destination::At(directory.path().join("taken")));
        part.file().unwrap();
        part.commit().expect_err("a directory cannot be replaced by a file");
        assert_eq!(names(directory.path()), ["taken"]);
    }
}
