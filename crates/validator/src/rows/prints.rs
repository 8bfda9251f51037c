//! Fingerprints of any number of rows in ascending order: held, and beyond the memory in sorted runs on disk.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::spill::cannot_keep;
use crate::Result;
use crate::budget::{Budget, Holding};

/// The bytes of a fingerprint.
const PRINT: usize = size_of::<u64>();

/// The part of what is left of the memory that one run may take.
const RUN_PART: u64 = 4;

/// The fewest fingerprints of a run.
const LEAST_RUN: u64 = 8_192;

/// The fewest fingerprints that are read of a run at once.
const LEAST_READ: usize = 512;

/// What may be held, and where what is more may be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Space<'a> {
    pub(crate) budget: &'a Budget,
    /// By default where the system keeps temporary files.
    pub(crate) directory: Option<&'a Path>,
}

impl Space<'_> {
    fn directory(self) -> PathBuf {
        self.directory.map_or_else(std::env::temp_dir, Path::to_path_buf)
    }
}

/// Fingerprints that are gathered.
#[derive(Debug)]
pub(crate) struct Prints {
    /// Those that are not written, of which there is room for so many.
    run: Vec<u64>,
    room: usize,
    count: u64,
    written: Option<Runs>,
    directory: PathBuf,
    held: Holding,
}

/// Sorted runs, one behind the other in a file without a name.
#[derive(Debug)]
struct Runs {
    file: File,
    /// How many fingerprints each holds.
    lengths: Vec<u64>,
}

impl Prints {
    /// Starts without one. There are to be no more than so many.
    pub(crate) fn new(most: u64, space: Space<'_>) -> Self {
        let part = space.budget.left() / RUN_PART / PRINT as u64;
        let room = most.min(part.max(LEAST_RUN));
        let held = space.budget.hold_anyway(room * PRINT as u64);
        let directory = space.directory();
        Self { run: Vec::new(), room: room as usize, count: 0, written: None, directory, held }
    }

    /// Returns how many there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn add(&mut self, prints: impl IntoIterator<Item = u64>) -> Result<()> {
        if self.run.capacity() == 0 {
            self.run.reserve_exact(self.room);
        }
        for print in prints {
            if self.run.len() == self.room {
                self.write()?;
            }
            self.run.push(print);
            self.count += 1;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<()> {
        let cannot = |error| cannot_keep(&self.directory, error);
        self.run.sort_unstable();
        let runs = if let Some(runs) = &mut self.written {
            runs
        } else {
            let file = tempfile::tempfile_in(&self.directory).map_err(cannot)?;
            self.written.insert(Runs { file, lengths: Vec::new() })
        };
        let mut bytes = Vec::with_capacity(LEAST_READ * PRINT);
        for prints in self.run.chunks(LEAST_READ) {
            bytes.clear();
            bytes.extend(prints.iter().flat_map(|print| print.to_le_bytes()));
            runs.file.write_all(&bytes).map_err(cannot)?;
        }
        runs.lengths.push(self.run.len() as u64);
        self.run.clear();
        Ok(())
    }

    /// Returns all of them, the least first.
    pub(crate) fn ascending(mut self) -> Result<Ascending> {
        if self.written.is_some() && !self.run.is_empty() {
            self.write()?;
        }
        let Self { mut run, room, written, directory, held, .. } = self;
        let Some(Runs { file, lengths }) = written else {
            run.sort_unstable();
            return Ok(Ascending { source: Source::Held(run.into_iter()), _held: held });
        };
        drop(run);
        let at_once = (room / lengths.len()).max(LEAST_READ);
        let mut start = 0;
        let run = |length: u64| {
            let run = Run { next: start, left: length, read: Vec::new().into_iter() };
            start += length * PRINT as u64;
            run
        };
        let runs = lengths.into_iter().map(run).collect();
        let mut merged = Merged { file, directory, runs, at_once, heads: BinaryHeap::new() };
        for run in 0..merged.runs.len() {
            merged.advance(run)?;
        }
        Ok(Ascending { source: Source::Merged(merged), _held: held })
    }
}

/// Fingerprints, the least first.
#[derive(Debug)]
pub(crate) struct Ascending {
    source: Source,
    _held: Holding,
}

#[derive(Debug)]
enum Source {
    Held(std::vec::IntoIter<u64>),
    Merged(Merged),
}

/// Runs that are merged.
#[derive(Debug)]
struct Merged {
    file: File,
    directory: PathBuf,
    runs: Vec<Run>,
    /// How many are read of a run at once.
    at_once: usize,
    /// The next of each run.
    heads: BinaryHeap<Reverse<(u64, usize)>>,
}

/// A run that is read.
#[derive(Debug)]
struct Run {
    /// The place in the file, and how many are not yet read from there on.
    next: u64,
    left: u64,
    read: std::vec::IntoIter<u64>,
}

impl Merged {
    /// Puts the next of a run among the heads, if there is one.
    fn advance(&mut self, index: usize) -> Result<()> {
        let run = &mut self.runs[index];
        if run.read.len() == 0 && run.left > 0 {
            let count = run.left.min(self.at_once as u64);
            let mut bytes = vec![0; count as usize * PRINT];
            let read = self.file.seek(SeekFrom::Start(run.next));
            read.and_then(|_| self.file.read_exact(&mut bytes))
                .map_err(|error| cannot_keep(&self.directory, error))?;
            let (prints, _) = bytes.as_chunks::<PRINT>();
            let prints: Vec<u64> = prints.iter().map(|print| u64::from_le_bytes(*print)).collect();
            run.read = prints.into_iter();
            run.next += bytes.len() as u64;
            run.left -= count;
        }
        self.heads.extend(run.read.next().map(|print| Reverse((print, index))));
        Ok(())
    }
}

impl Iterator for Ascending {
    type Item = Result<u64>;

    fn next(&mut self) -> Option<Result<u64>> {
        match &mut self.source {
            Source::Held(prints) => prints.next().map(Ok),
            Source::Merged(merged) => {
                let Reverse((print, run)) = merged.heads.pop()?;
                Some(merged.advance(run).map(|()| print))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_on_disk_give_what_memory_does() {
        let prints: Vec<u64> =
            (0..100_000_u64).map(|i| (i % 70_001).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        let mut sorted = prints.clone();
        sorted.sort_unstable();
        for (limit, on_disk) in [(1 << 30, false), (1 << 20, true), (0, true)] {
            let budget = Budget::new(limit);
            let space = Space { budget: &budget, directory: None };
            let mut gathered = Prints::new(prints.len() as u64, space);
            prints.chunks(977).try_for_each(|some| gathered.add(some.iter().copied())).unwrap();
            assert_eq!((gathered.count(), gathered.written.is_some()), (100_000, on_disk));
            let ascending = gathered.ascending().unwrap();
            assert_eq!(ascending.collect::<Result<Vec<_>>>().unwrap(), sorted);
            assert!(budget.peak() <= (limit / RUN_PART).max(8 * LEAST_RUN));
            assert_eq!(budget.left(), limit);
        }
    }

    #[test]
    fn none_and_what_can_not_be_written() {
        let budget = Budget::new(0);
        let absent = std::env::temp_dir().join("absent").join("directory");
        let space = Space { budget: &budget, directory: Some(&absent) };
        assert_eq!(Prints::new(0, space).ascending().unwrap().count(), 0);
        let error = Prints::new(u64::MAX, space).add(0..=LEAST_RUN).unwrap_err();
        assert_eq!(error.path(), Some(absent.as_path()));
    }
}
